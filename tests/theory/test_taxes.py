"""The book of taxes against sums worked out by hand."""

from types import SimpleNamespace

import pytest

from sim.changes import TaxRule
from sim.ledger import Ledger
from sim.model.taxes import LumpSums, TaxBook, Treasury

FLAT = TaxRule("kia", "export", "per_t", 35_000.0, "pangwa")
SHARE = TaxRule("kia", "export", "ad_valorem", 0.1, "pangwa")
LOAD = {"value_cny": 1_000_000.0, "tonnes": 20.0, "vehicles": 2.0}


def due(book: TaxBook, actor: str = "kia", point: str = "export", place: str = "pangwa") -> float:
    return book.due_cny(actor, point, place, **LOAD)


def test_rules_of_one_actor_add_up_and_bite_at_their_own_point_and_place_only():
    trucks = TaxRule("kia", "export", "per_vehicle", 500.0, "pangwa")
    book = TaxBook((FLAT, SHARE, trucks))
    assert due(book) == pytest.approx(35_000 * 20 + 0.1 * 1_000_000 + 500 * 2)
    assert due(book, place="lweje") == due(book, point="site") == due(book, actor="uwsa") == 0.0


def test_what_is_taken_in_kind_or_at_once_is_no_part_of_what_a_shipment_pays():
    kept = TaxRule("kia", "site", "in_kind", 0.05, "pangwa")
    more = TaxRule("kia", "site", "in_kind", 0.02, "pangwa")
    lump = TaxRule("kia", "site", "lump_sum", 700.0, "pangwa")
    book = TaxBook((kept, more, lump))
    assert due(book, point="site") == 0.0
    assert book.in_kind_share("kia", "site", "pangwa") == pytest.approx(0.07)
    assert book.lump_sum_cny_per_d("kia", "pangwa") == 700.0
    assert book.in_kind_share("uwsa", "site", "pangwa") == book.lump_sum_cny_per_d("kia", "lweje") == 0.0


@pytest.mark.parametrize(
    ("stack", "strength", "expected"),
    [
        (True, 1.0, 35_000 * 20 + 100_000),
        (True, 0.25, 35_000 * 20 + 25_000),
        (False, 1.0, 100_000),
        (False, 0.25, 0.75 * 35_000 * 20 + 25_000),
    ],
)
def test_an_event_s_rules_come_on_top_or_take_the_place_of_the_actor_s_own_as_far_as_its_ramp_is(
    stack, strength, expected
):
    elsewhere = TaxRule("kia", "export", "per_t", 35_000.0, "lweje")
    book = TaxBook((FLAT, elsewhere))
    book.apply("law", (SHARE,), stack, strength)
    assert due(book) == pytest.approx(expected)
    assert due(book, place="lweje") == 35_000 * 20
    book.lift("law")
    assert due(book) == 35_000 * 20


def test_an_event_that_ends_takes_away_its_own_rules_only():
    book = TaxBook((FLAT,))
    book.apply("one", (SHARE,), True)
    book.apply("two", (SHARE,), True)
    book.lift("one")
    book.lift("never_was")
    assert due(book) == pytest.approx(35_000 * 20 + 100_000)


def test_a_later_event_replaces_what_an_earlier_one_put_there():
    book = TaxBook((FLAT,))
    book.apply("one", (SHARE,), True)
    book.apply("two", (TaxRule("kia", "export", "per_t", 1_000.0, "pangwa"),), False)
    assert due(book) == 1_000 * 20


def test_a_fee_that_stands_apart_is_paid_whatever_replaces_the_taxes_of_the_place():
    fee = TaxRule("kia", "export", "per_vehicle", 500.0, "pangwa")
    book = TaxBook((FLAT,))
    book.apply("escort", (fee,), True, apart=True)
    book.apply("law", (SHARE,), False)
    book.apply("more", (SHARE,), True)
    assert due(book) == pytest.approx(2 * 100_000 + 2 * 500)
    book.lift("escort")
    assert due(book) == pytest.approx(2 * 100_000)


def test_the_version_grows_with_every_change():
    """Sums of versions are compared, so that none may fall while another grows."""
    book = TaxBook((FLAT,))
    seen = [book.version]
    book.apply("law", (SHARE,), True)
    seen.append(book.version)
    book.lift("law")
    seen.append(book.version)
    assert seen[0] < seen[1] < seen[2]


@pytest.mark.parametrize(
    ("basis", "rate", "words"),
    [
        ("ad_valorem", 0.13, "0.13 of value"),
        ("per_t", 35_000.0, "35000 CNY/t"),
        ("per_vehicle", 500.0, "500 CNY per vehicle"),
        ("lump_sum", 1_000.0 / 365.25, "1000 CNY/yr per site"),
        ("in_kind", 0.05, "0.05 of the load"),
    ],
)
def test_a_rule_in_words(basis, rate, words):
    book = TaxBook((TaxRule("kia", "site", basis, rate, "pangwa"),))
    assert book.describe("kia", "site", "pangwa") == words
    assert book.describe("kia", "site", "lweje") == "none"


def test_rules_in_words_are_joined_and_one_without_a_rate_is_none():
    book = TaxBook((FLAT, SHARE, TaxRule("kia", "export", "per_vehicle", 0.0, "pangwa")))
    assert book.describe("kia", "export", "pangwa") == "35000 CNY/t + 0.1 of value"


def test_what_is_paid_is_collected_day_by_day_and_told_in_dollars():
    ledger = Ledger(3)
    treasury = Treasury(ledger, ("kia", "china"))
    treasury.pay("mine", "kia", 0, 700.0)
    treasury.pay("mine", "kia", 0, 70.0)
    treasury.pay("trader", "kia", 2, 7.0)
    treasury.pay("mine", "china", 2, 14.0)
    for cny_per_usd in (7.0, 6.0, 3.5):
        treasury.record(cny_per_usd)
    treasury.tell_in_dollars()
    assert treasury.paid_cny == {"mine": 784.0, "trader": 7.0}
    assert (treasury.collected_cny("kia"), treasury.collected_cny("china")) == (777.0, 14.0)
    assert list(ledger.series("tax_cny", actor="kia")) == [770.0, 0.0, 7.0]
    assert list(ledger.series("tax_usd", actor="kia")) == [110.0, 0.0, 2.0]
    balance = treasury.balance()
    assert sum(balance.entered.values()) == sum(balance.found.values()) == 791.0


def lump(actor: str, place: str, cny_per_d: float) -> TaxRule:
    return TaxRule(actor, "site", "lump_sum", cny_per_d, place)


def test_lump_sums_are_due_of_every_site_to_who_holds_its_district_whatever_changed_last():
    """A count, a tax, a holder, one at a time and each after a day on which nothing did."""
    holders = {"pangwa": "kia", "lweje": "kia"}
    control = SimpleNamespace(version=0, holder=lambda kind, place: holders[place])
    book = TaxBook((lump("kia", "pangwa", 700.0), lump("ndak", "pangwa", 50.0)))
    world = SimpleNamespace(districts=[SimpleNamespace(name=name) for name in holders])
    sums, sites = LumpSums(world, book, control), [2.0, 3.0]

    def due(*dues: tuple[str, float]) -> None:
        assert sums.dues_cny(sites) == list(dues)
        assert sums.dues_cny(sites) == list(dues)

    due(("kia", 1_400.0), ("kia", 0.0))
    sites[0] = 1.0
    due(("kia", 700.0), ("kia", 0.0))
    book.apply("law", (lump("kia", "lweje", 10.0),), True)
    due(("kia", 700.0), ("kia", 30.0))
    holders["pangwa"], control.version = "ndak", 1
    due(("ndak", 50.0), ("kia", 30.0))
    book.lift("law")
    sites[0] = 4.0
    due(("ndak", 200.0), ("kia", 0.0))
