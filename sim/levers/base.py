"""What every lever has hold of, and what it must be able to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

from sim.kernel import Clock
from sim.model.borders import Gate
from sim.model.control import Control
from sim.model.exchina import AbroadMarket
from sim.model.india import IndiaRoute
from sim.model.market import Expectations, OxideMarket
from sim.model.mines import Mines
from sim.model.ore import Drivers
from sim.model.processing import OtherOrigins, Plants
from sim.model.roads import Roads
from sim.model.taxes import TaxBook

States = dict[str, str]
"""Target -> its state in words."""


@dataclass(frozen=True)
class Chain:
    """What events can take hold of. holder: (point, place) -> the actor that may tax there.

    enter: (actor, district): a new holder asks for its rights. burden_cny_per_t: (actor, points) -> the most
    it takes of a tonne at today's quote, at these points if any are named. revenue_cny: what an actor has
    taken so far, less the general trade that shut gates cost it. projects: event -> rows of the sites it may
    open.
    """

    clock: Clock
    gates: dict[str, Gate]
    roads: Roads
    mines: Mines
    control: Control
    taxes: TaxBook
    drivers: Drivers
    plants: Plants
    others: OtherOrigins
    markets: dict[str, OxideMarket]
    abroad: dict[str, AbroadMarket]
    expectations: Expectations
    india: IndiaRoute | None
    projects: Mapping[str, list[int]]
    limits: "RoadLimits"
    holder: Callable[[str, str], str]
    enter: Callable[[str, str], None]
    burden_cny_per_t: Callable[..., float]
    revenue_cny: Callable[[str], float]


class RoadLimits:
    """What events do to departures: a share of the usual traffic passes, trucks wait for convoys."""

    def __init__(self) -> None:
        self._shares: dict[str, dict[str, float]] = {}
        self._intervals: dict[str, dict[str, int]] = {}
        self.version = 0

    def limit(self, owner: str, road: str, share: float, interval_d: int = 1) -> None:
        """Set what `owner` does to a road; 1 and 1 lift it."""
        self._shares.setdefault(road, {})[owner] = share
        self._intervals.setdefault(road, {})[owner] = interval_d
        self.version += 1

    def share(self, road: str) -> float:
        """Share of the usual traffic that passes: of several events what each leaves of the others'."""
        return prod(self._shares.get(road, {}).values())

    def departs(self, road: str, day: int) -> bool:
        """Whether trucks leave on that day."""
        return day % max(self._intervals.get(road, {}).values(), default=1) == 0

    def interval_d(self, road: str) -> int:
        """Days between departures."""
        return max(self._intervals.get(road, {}).values(), default=1)


class Lever(Protocol):
    """How a kind of event takes hold. `hold` gets a strength from 0 to 1; `state` maps target to words."""

    kind: str

    def state(self) -> States:
        """What it has hold of, target by target, in words."""

    def announce(self) -> bool:
        """Let the model hear of it; False if nothing in the model listens."""

    def hold(self, strength: float) -> None:
        """Take hold, or change the strength."""

    def lift(self) -> None:
        """Let go."""

    def settle(self) -> float | None:
        """Days from the start until `settled` is due; None if the event has no such second step."""

    def settled(self) -> tuple[States, States]:
        """Take the second step; the states before and after."""

    def review_d(self) -> float | None:
        """Days until the next look at how things stand; None if it never looks."""

    def review(self) -> None:
        """Look, and act."""


class BaseLever:
    """What most kinds share: no reaction to an announcement, no second step, no reviews."""

    kind = ""

    def __init__(self, effect: Any, chain: Chain) -> None:
        self.effect, self.chain = effect, chain

    def announce(self) -> bool:
        """Nothing listens."""
        return False

    def lift(self) -> None:
        """What has no end of its own stays."""

    def settle(self) -> float | None:
        """No second step."""
        return None

    def settled(self) -> tuple[States, States]:
        """No second step."""
        return {}, {}

    def review_d(self) -> float | None:
        """No reviews."""
        return None

    def review(self) -> None:
        """No reviews."""
