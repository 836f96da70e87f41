"""Parametric uncertainty: what is graded is drawn from its range, in an outer loop around the replications.

A draw belongs to the evidence, not to a scenario: it depends on (root seed, draw, name of the parameter)
alone, so that a scenario and its reference share every draw, and a new parameter shifts none of the others.
- A parameter follows its declared law between low and high.
- A derived one is multiplied by what its formula gives for the drawn inputs over what it gives for the best
  ones, and kept within its own range: its own draw stands for what the formula leaves open.
- Calibrated ones come as one whole set of the ensemble, with the correlation they have there.
- Shares of a whole keep their sum.
What a scenario sets to one number stays; a law it sets is drawn once a draw.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sim import ensemble, shares
from sim.evidence import Registry
from sim.evidence.records import Draw, Estimate
from sim.inputs import formula
from sim.inputs.quantity import Quantity
from sim.inputs.sampling import Distribution, Fixed, Lognormal, Normal, Triangular, Uniform
from sim.inputs.text import InputError, Problem
from sim.places import CHINESE_PLANTS
from sim.scenario.model import Scenario, Setting
from sim.streams import Streams

CALIBRATED = "calibrated"
MEMBER = "calibrated_set"
"""What the number of the drawn set is called in the table of draws."""
WHOLES = (tuple(f"processing.share_{region}" for region in CHINESE_PLANTS),)
"""Parameters that are the shares of one whole."""
Z90 = 1.6448536269514722
"""Half the width, in standard deviations, of what holds 90 % of a normal law."""


@dataclass(frozen=True)
class Drawn:
    """One parameter in one draw, in its own unit. own: what its law gave; value: what the runs were given.

    group: the grade, or `calibrated`. in_set: whether it came with a whole calibrated set.
    """

    path: str
    unit: str
    group: str
    own: float
    value: float
    in_set: bool = False


def law(estimate: Estimate) -> Distribution:
    """The law of a parameter in its own unit. low and high of a normal or log-normal one hold 90 % of it."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if estimate.distribution == "triangular":
        return Triangular(low, value, high)
    if estimate.distribution == "uniform":
        return Uniform(low, high)
    if estimate.distribution == "lognormal":
        from math import log

        return Lognormal(value, log(high / low) / (2 * Z90))
    if estimate.distribution == "normal":
        return Normal(value, (high - low) / (2 * Z90))
    return Fixed(value)


def group(estimate: Estimate, calibrated: Iterable[str]) -> str:
    """Whose uncertainty it is: the grade, or `calibrated` where the number was fitted."""
    fitted = estimate.kind == CALIBRATED or estimate.name in calibrated
    return CALIBRATED if fitted else estimate.grade


def drawn(scenario: Scenario, registry: Registry, number: int) -> tuple[Scenario, Registry]:
    """Scenario and evidence of draw `number`. Raises InputError where a formula has no value for it."""
    streams = Streams(scenario.run.root_seed, number)
    found = _Draw(registry, streams)
    scenario = ensemble.applied(scenario, found.member)
    settings = {name: _settled(setting, streams, name) for name, setting in scenario.set.items()}
    return scenario.model_copy(update={"set": settings}), replace(registry, parameters=found.parameters())


def table(
    scenarios: Sequence[Scenario], registry: Registry, used: Iterable[str], number: int
) -> Iterator[Drawn]:
    """What draw `number` gave every parameter of `used` that it can move, the number of the set first.

    scenarios: the one asked for, and its reference if there is one. What all of them set to one number is
    left out.
    """
    found = _Draw(registry, Streams(scenarios[0].run.root_seed, number))
    own_set = drawn(scenarios[0], registry, number)[0].set
    calibrated = found.calibrated
    if found.member:
        member = float(found.member[0].member)
        yield Drawn(MEMBER, "1", CALIBRATED, member, member, True)
    for name in used:
        estimate, setting = registry.parameters[name], scenarios[0].set.get(name)
        if setting is not None and not setting.value.is_fixed:
            value = own_set[name].value.to(estimate.unit).law.mean
            yield Drawn(name, estimate.unit, "D" if setting.evidence is None else "C", value, value)
        elif name in calibrated and _is_open(name, scenarios):
            yield Drawn(name, estimate.unit, CALIBRATED, calibrated[name], calibrated[name], True)
        elif estimate.low < estimate.high and _is_open(name, scenarios):
            grade = group(estimate, calibrated)
            yield Drawn(name, estimate.unit, grade, found.own(name), found.value(name))


def ill_shared(scenario: Scenario, sampled: Collection[str] = ()) -> Iterator[str]:
    """Shares of one whole, each said as one number, that cannot make it together. sampled: said by nobody."""
    for whole in WHOLES:
        said = {name: scenario.set[name].value for name in whole if name in scenario.set}
        if not all(value.is_fixed and name not in sampled for name, value in said.items()):
            continue
        if not shares.fit([value.fixed_value for value in said.values()], len(whole)):
            yield f"set {', '.join(said)}: not 1 together, and taken in proportion"


def _is_open(name: str, scenarios: Sequence[Scenario]) -> bool:
    """Whether any of the scenarios leaves the parameter to the evidence."""
    return any(name not in scenario.set for scenario in scenarios)


def _settled(setting: Setting, streams: Streams, name: str) -> Setting:
    """One number in place of a law."""
    quantity = setting.value
    if quantity.is_fixed:
        return setting
    number = float(quantity.law.sample(streams.generator(f"uncertainty.set.{name}"), 1)[0])
    return setting.model_copy(update={"value": Quantity(Fixed(number), quantity.unit)})


@dataclass
class _Draw:
    """The numbers of one draw, each worked out when it is asked for."""

    registry: Registry
    streams: Streams
    _values: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sets = ensemble.in_sets(self.registry.ensemble)
        rng = self.streams.generator(f"uncertainty.{MEMBER}")
        self.member: list[Draw] = sets[int(rng.integers(len(sets)))] if sets else []
        self._values.update(self.calibrated)

    @property
    def calibrated(self) -> dict[str, float]:
        """Parameters that the drawn set gives, but for those that are for one history alone."""
        known = self.registry.parameters
        return {
            one.path: Quantity(Fixed(one.value), one.unit).to(known[one.path].unit).law.mean
            for one in self.member
            if not one.scenario and one.path in known
        }

    def parameters(self) -> Mapping[str, Estimate]:
        """Every estimate with its drawn value."""
        wholes = {name: self._share(name, whole) for whole in WHOLES for name in whole}
        return {
            name: replace(estimate, value=wholes.get(name, self._unscaled(name)))
            for name, estimate in self.registry.parameters.items()
        }

    def value(self, name: str) -> float:
        """What the runs of this draw are given."""
        whole = next((whole for whole in WHOLES if name in whole), None)
        return self._unscaled(name) if whole is None else self._share(name, whole)

    def own(self, name: str) -> float:
        """What the parameter's own law gave."""
        estimate = self.registry.parameters[name]
        return float(law(estimate).sample(self.streams.generator(f"uncertainty.{name}"), 1)[0])

    def _share(self, name: str, whole: tuple[str, ...]) -> float:
        best = sum(self.registry.parameters[part].value for part in whole)
        return self._unscaled(name) / sum(self._unscaled(part) for part in whole) * best

    def _unscaled(self, name: str) -> float:
        if name not in self._values:
            self._values[name] = self._worked_out(self.registry.parameters[name])
        return self._values[name]

    def _worked_out(self, estimate: Estimate) -> float:
        own = self.own(estimate.name)
        best = self.registry.inputs_of(estimate)
        moved = {name: self._unscaled(name) for name in best if name in self.registry.parameters}
        if not moved or estimate.low == estimate.high:
            return own
        try:
            ratio = formula.evaluate(estimate.formula, best | moved) / formula.evaluate(
                estimate.formula, best
            )
        except (ValueError, ZeroDivisionError) as error:
            problem = Problem(estimate.file, estimate.line, 1, estimate.name, f"drawn inputs: {error}")
            raise InputError([problem]) from error
        return min(max(own * ratio, estimate.low), estimate.high)
