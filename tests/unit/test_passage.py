"""What passes the gates, and what actors keep of it."""

import pytest

from sim import engine
from sim.lot import Waybill
from tests.worlds import world


def test_while_an_actor_sells_what_it_holds_another_load_may_be_kept(monkeypatch):
    """A truck that joins the queue lets those before it cross; an actor may keep a share of one of them."""
    passage = engine._Run(world(months=1), 0, ())._passage
    lot_t, sale_d = passage._world.haulage.lot_t, passage._world.in_kind_sale_d
    oxide, compound = (Waybill(lot_t, heading, "pangwa", "pangwa") for heading in ("oxide", "compound"))
    passage._keep(oxide, "kia", 1.0, 1.0)

    def arrive(lot):
        assert lot.bill.owner == "kia"
        passage._keep(compound, "kia", 0.25, 1.0)

    monkeypatch.setattr(passage.gates["pangwa"], "arrive", arrive)
    for _ in range(int(sale_d) + 1):
        passage.sell_what_actors_hold()
    held = {heading: held.tonnes for (_, _, heading), held in passage._held.items()}
    assert held == pytest.approx({"oxide": 0.0, "compound": lot_t / 4})
