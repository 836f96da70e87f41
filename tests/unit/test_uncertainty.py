"""Drawn parameters: what a draw may and may not move, and what a scenario and its reference share."""

from dataclasses import replace

import numpy as np
import pytest

from sim.build import build
from sim.evidence.records import Draw
from sim.inputs import formula
from sim.inputs.text import InputError
from sim.limits import all_allowed, allowed, checked
from sim.places import CHINESE_PLANTS
from sim.scenario.model import Run
from sim.study import prepare
from sim.uncertainty import CALIBRATED, MEMBER, drawn, ill_shared, law, table
from tests.worlds import registry, scenario

DRAWS = 60
SHARES = [f"processing.share_{region}" for region in CHINESE_PLANTS]


@pytest.fixture(scope="module")
def evidence():
    return registry()


def with_draws(**more):
    made = scenario(**more)
    return made.model_copy(update={"run": Run(replications=2, root_seed=7, draws=DRAWS)})


def values_of(evidence, name, draws=DRAWS, **more):
    own = with_draws(**more)
    return np.array([drawn(own, evidence, d)[1].parameter(name).value for d in range(draws)])


def test_every_draw_stays_in_its_range_and_gives_a_world(evidence):
    own = with_draws()
    calibrated = {one.path for one in evidence.ensemble}
    for number in range(DRAWS):
        moved = drawn(own, evidence, number)[1]
        for name, estimate in evidence.parameters.items():
            if name not in calibrated and name not in SHARES:
                assert estimate.low <= moved.parameters[name].value <= estimate.high, name
        assert sum(moved.parameter(name).value for name in SHARES) == pytest.approx(1)
        world = build(own, evidence, number * 2)
        assert min(element.demand_kg_per_d for element in world.market.elements) > 0


def test_draws_follow_the_declared_law(evidence):
    estimate = evidence.parameter("market.cover_target_months")
    got = values_of(evidence, estimate.name, 150)
    mean = (estimate.low + estimate.value + estimate.high) / 3
    assert got.mean() == pytest.approx(mean, abs=3 * got.std() / 12)
    assert got.std() == pytest.approx(np.sqrt(7 / 18), rel=0.15)  # triangular(3, 4, 6)


def test_a_fixed_parameter_never_moves(evidence):
    fixed = [one.name for one in evidence.parameters.values() if one.low == one.high]
    assert fixed
    for name in fixed:
        assert set(values_of(evidence, name, 5)) == {evidence.parameter(name).value}


def test_a_derived_parameter_moves_with_what_its_formula_reads(evidence):
    block = values_of(evidence, "mines.block_tonnage_t")
    capacity = values_of(evidence, "mines.site_capacity_t_per_yr")
    by_itself = np.array([one.own for one in rows(evidence, "mines.block_tonnage_t")])
    free = (block > 180) & (block < 450)  # where its own range does not hold it
    ratio = block[free] / by_itself[free]
    assert ratio == pytest.approx(capacity[free] / evidence.parameter("mines.site_capacity_t_per_yr").value)


def test_every_formula_over_parameters_has_a_value_to_move_from(evidence):
    for estimate in evidence.parameters.values():
        inputs = evidence.inputs_of(estimate)
        if inputs.keys() & evidence.parameters.keys():
            assert formula.evaluate(estimate.formula, inputs) != 0, estimate.name


def test_a_formula_without_a_value_is_told_and_not_filled_in(evidence):
    name = "borders.clearance_sigma"
    broken = replace(evidence.parameter(name), formula="log(-borders.clearance_d)")
    parameters = {**evidence.parameters, name: broken}
    with pytest.raises(InputError, match=name):
        drawn(with_draws(), replace(evidence, parameters=parameters), 0)


def rows(evidence, name, own=None):
    made = [own or with_draws()]
    return [row for d in range(DRAWS) for row in table(made, evidence, [name], d) if row.path == name]


def test_calibrated_numbers_come_as_whole_sets(evidence):
    names = ["market.cover_exponent", "market.tb.oxide_stock_months", "mines.site_capacity_t_per_yr"]
    by_member: dict[int, dict[str, float]] = {}
    for one in evidence.ensemble:
        if not one.scenario:
            by_member.setdefault(one.member, {})[one.path] = one.value
    sets = {tuple(values[name] for name in names) for values in by_member.values()}
    own = with_draws()
    got = set()
    for number in range(DRAWS):
        settings = drawn(own, evidence, number)[0].set
        got.add(tuple(settings[name].value.law.mean for name in names))
    assert got <= sets
    assert len(got) > len(sets) / 2


def test_the_table_names_the_set_its_numbers_and_whose_they_are(evidence):
    made = list(table([with_draws()], evidence, ["market.cover_exponent", "market.glut_weight"], 3))
    assert [(one.path, one.group) for one in made] == [
        (MEMBER, CALIBRATED), ("market.cover_exponent", CALIBRATED), ("market.glut_weight", "D"),
    ]  # fmt: skip
    assert [one.in_set for one in made] == [True, True, False]


def test_a_number_that_a_scenario_sets_stays_and_a_law_is_drawn_once_a_draw(evidence):
    own = with_draws(settings={"market.glut_weight": 0.05})
    assert {drawn(own, evidence, d)[0].set["market.glut_weight"].value.law.mean for d in range(4)} == {0.05}
    plain = own.plain()
    plain["set"]["market.glut_weight"] = {"uniform": [0, 0.2], "assume": "for a test"}
    law = type(own).model_validate(plain)
    got = [drawn(law, evidence, d)[0].set["market.glut_weight"].value.fixed_value for d in range(4)]
    assert len(set(got)) == 4
    assert [one.value for one in rows(evidence, "market.glut_weight", law)][:4] == got
    assert {one.group for one in rows(evidence, "market.glut_weight", law)} == {"D"}


def test_what_scenario_and_reference_both_fix_is_not_in_the_table(evidence):
    own = with_draws(settings={"market.glut_weight": 0.05})
    assert rows(evidence, "market.glut_weight", own) == []
    both = [own, with_draws()]
    assert [one.path for one in table(both, evidence, ["market.glut_weight"], 0)][1:] == [
        "market.glut_weight"
    ]


def test_a_scenario_and_its_reference_share_every_draw():
    plan = prepare("border_closure", ["run.draws=5", "run.replications=2"])
    for number in (0, 1, 7):
        ours, theirs = (build(one, plan.registry, number) for one in (plan.scenario, plan.reference))
        assert (ours.market, ours.mining, ours.separation) == (
            theirs.market,
            theirs.mining,
            theirs.separation,
        )


def test_replications_of_a_draw_share_its_numbers_and_draws_differ():
    plan = prepare("baseline", ["run.draws=5", "run.replications=2"])
    first, same, next_ = (build(plan.scenario, plan.registry, number) for number in (2, 3, 4))
    assert first.market == same.market
    assert first.market != next_.market


def test_another_parameter_of_the_evidence_shifts_no_draw(evidence):
    name = "market.glut_weight"
    fewer = {key: one for key, one in evidence.parameters.items() if key != "market.noise_sd"}
    assert values_of(replace(evidence, parameters=fewer), name, 3) == pytest.approx(
        values_of(evidence, name, 3)
    )


def test_what_is_read_to_start_with_are_the_best_values():
    assert prepare("baseline", ["run.draws=5"]).world == prepare("baseline").world


def test_draws_and_ensemble_exclude_each_other():
    with pytest.raises(InputError, match="exclude each other"):
        prepare("baseline", ["run.draws=5", "run.ensemble=true"])


def test_a_set_in_another_unit_is_the_same_set(evidence):
    one = Draw(0, 1.0, "", "processing.feed_d", 2.0, "month")
    other = replace(evidence, ensemble=(one,))
    got = next(row for row in table([with_draws()], other, ["processing.feed_d"], 0) if row.path != MEMBER)
    assert got.value == pytest.approx(2 * 30.4375)


@pytest.mark.parametrize("name", ["uniform", "lognormal", "normal", "triangular"])
def test_the_declared_ends_hold_what_each_law_says(evidence, name):
    """All of a uniform and a triangular one, nine tenths of a normal and a log-normal one."""
    made = replace(
        evidence.parameter("market.cover_target_months"), value=4.0, low=2.0, high=8.0, distribution=name
    )
    if name == "normal":
        made = replace(made, value=5.0)
    sample = law(made).sample(np.random.default_rng(5), 20_000)
    within = np.mean((sample >= 2) & (sample <= 8))
    assert within == pytest.approx(1.0 if name in ("uniform", "triangular") else 0.9, abs=0.01)
    assert law(replace(made, distribution="fixed")).mean == made.value


def test_a_law_of_the_scenario_is_drawn_and_told_with_its_grade(evidence):
    unsaid = with_draws(settings={"market.cover_exponent": {"uniform": [0.3, 0.9]}})
    name = "market.cover_exponent"
    told = [row for d in range(8) for row in table([unsaid], evidence, [name], d) if row.path == name]
    values = [row.value for row in told]
    assert len(set(values)) == 8
    assert all(0.3 <= value <= 0.9 for value in values)
    assert {row.group for row in told} == {"D"}, "assumed, since no evidence is named"
    assert [drawn(unsaid, evidence, d)[0].set[name].value.law.mean for d in range(8)] == values


def test_without_calibrated_sets_no_set_is_told(evidence):
    alone = replace(evidence, ensemble=())
    told = list(table([with_draws()], alone, ["market.cover_exponent"], 0))
    assert [row.path for row in told] == ["market.cover_exponent"]
    assert told[0].group != CALIBRATED


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("market.cover_target_months", 0.0, "0 month is too low: above 0 month is needed"),
        ("roads.lot_t", 0.5, "0.5 t is too low: at least 1 t is needed"),
        ("roads.lot_t", 1001.0, "1001 t is too high: at most 1000 t is needed"),
        ("processing.share_ganzhou", 1.5, "1.5 is too high: at most 1 is needed"),
    ],
)
def test_no_setting_leaves_what_a_parameter_can_be_at_all(evidence, name, value, told):
    estimate = evidence.parameter(name)
    assert allowed(estimate).objection(value) == told
    base = value * (estimate.base / estimate.value)
    with pytest.raises(InputError, match="is needed"):
        checked(estimate, base)
    assert checked(estimate, estimate.base) == estimate.base


def test_values_no_parameter_can_have_are_told_all_at_once_at_their_lines(tmp_path):
    """Of several the first alone was told, and those of the reference when it ran: a result without one."""
    above = "name: above\nquestion: q\nextends: baseline\nset:\n"
    above += "  market.glut_weight: {value: 300, assume: x}\n"
    above += "  mines.severe_monsoon_probability: {value: 3, assume: x}\n"
    (tmp_path / "above.yaml").write_text(above, encoding="utf-8")
    path = tmp_path / "mine.yaml"
    own = "name: mine\nquestion: q\nextends: ./above.yaml\nset:\n"
    own += "  mines.severe_monsoon_probability: {value: 30 %, assume: x}\n"
    own += "  roads.lot_t: {value: 9000 t, assume: x}\n"
    path.write_text(own, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        prepare(str(path), registry=registry())
    assert {str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems} == {
        "above.yaml:5:31: set.market.glut_weight.value: 300 is too high: at most 4 is needed",
        "above.yaml:6:45: set.mines.severe_monsoon_probability.value: 3 is too high: at most 1 is needed",
        "mine.yaml:6:24: set.roads.lot_t.value: 9000 t is too high: at most 1000 t is needed",
    }


def test_a_law_that_can_leave_what_a_parameter_can_be_is_refused():
    """It was drawn from, and the replications that fell outside failed: the rest told half of it."""
    law = "processing.run_response={normal: [0.3, 0.5]%s}"
    with pytest.raises(InputError, match=r"is too low: at least 0 is needed\. Bound it with `min` and `max`"):
        prepare("baseline", [law % ""], registry())
    assert prepare("baseline", [law % ", min: 0.1, max: 1"], registry())


def shares_set(**values):
    """The scenario that sets these plants' shares, and the shares that its plants have."""
    said = scenario(settings={f"processing.share_{plant}": value for plant, value in values.items()})
    return said, build(said, registry()).separation.regions


def test_a_share_that_a_scenario_sets_is_that_share_and_the_others_make_up_for_it():
    """It was one weight among others: 0.9 of the feed became 0.62."""
    said, regions = shares_set(ganzhou=0.9)
    assert regions["ganzhou"] == 0.9
    assert regions["guangdong"] / regions["jiangsu"] == pytest.approx(2.5)
    assert sum(regions.values()) == pytest.approx(1.0)
    assert list(ill_shared(said)) == []
    law_of_one, _ = shares_set(ganzhou={"uniform": [0.8, 1]}, guangxi=0.9)
    assert list(ill_shared(law_of_one)) == []


@pytest.mark.parametrize(
    "values",
    [{"ganzhou": 0.9, "guangxi": 0.9}, dict.fromkeys(("ganzhou", "guangdong", "guangxi", "jiangsu"), 0.2)],
)
def test_shares_that_cannot_be_of_one_whole_are_told(values):
    said, regions = shares_set(**values)
    assert regions["ganzhou"] == regions["guangxi"]
    assert sum(regions.values()) == pytest.approx(1.0)
    names = ", ".join(f"processing.share_{plant}" for plant in sorted(values))
    assert list(ill_shared(said)) == [f"set {names}: not 1 together, and taken in proportion"]
    assert list(ill_shared(said, ["processing.share_ganzhou"])) == []


def test_evidence_that_leaves_what_a_parameter_can_be_is_refused_at_its_line(evidence):
    """Draws of it went on with loads of less than nothing."""
    lot = replace(evidence.parameters["roads.lot_t"], low=-20.0)
    with pytest.raises(InputError) as caught:
        all_allowed({**evidence.parameters, lot.name: lot})
    assert [str(problem) for problem in caught.value.problems] == [
        f"{lot.file}:{lot.line}:1: roads.lot_t.low: -20 t is too low: at least 1 t is needed"
    ]
