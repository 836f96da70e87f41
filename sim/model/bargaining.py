"""Rules by which a holder and China answer each other. They act only where a scenario names them.

seek_revenue    the holder moves its levy by a step each review, on while it takes more than the time before,
                back by half a step when it takes less
answer_tax      China acts when the taxes of a tonne exceed what it puts up with, for a set time; it looks
                again once that is over
answer_closure  the holder shuts its gates while China shuts one, for a set time at least

A shut gate costs its holder the taxes it forgoes (they are missing in `tax_cny`) and the other goods that do
not come in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

STEEPNESS = 2.0
"""Technical: a turn halves the step, which finds a maximum to within the last step."""


@dataclass
class RevenueSearch:
    """A levy on its way to where it brings most. CNY per tonne, revenue in CNY a day."""

    levy_cny_per_t: float
    step_cny_per_t: float
    before_cny_per_d: float = -inf

    def move(self, revenue_cny_per_d: float) -> float:
        """The next levy in CNY/t, after a spell that brought `revenue_cny_per_d`."""
        if revenue_cny_per_d < self.before_cny_per_d:
            self.step_cny_per_t *= -1.0 / STEEPNESS
        self.before_cny_per_d = revenue_cny_per_d
        self.levy_cny_per_t = max(0.0, self.levy_cny_per_t + self.step_cny_per_t)
        return self.levy_cny_per_t


@dataclass
class Answer:
    """Acts while there is a cause, and for `answer_d` days at least. `act` and `relent` do it and undo it."""

    answer_d: float
    act: Callable[[], None]
    relent: Callable[[], None]
    since_d: float = inf

    @property
    def acting(self) -> bool:
        """Whether the answer is on."""
        return self.since_d < inf

    @property
    def over_d(self) -> float:
        """The day on which the answer is over; inf without one."""
        return self.since_d + self.answer_d

    def look(self, now_d: float, *, cause: bool) -> None:
        """Begin if there is a cause, end when the time is over; a cause that stays is answered anew."""
        if self.acting and now_d >= self.since_d + self.answer_d:
            self.end()
        elif not self.acting and cause:
            self.since_d = now_d
            self.act()

    def end(self) -> None:
        """Undo it now."""
        if self.acting:
            self.since_d = inf
            self.relent()
