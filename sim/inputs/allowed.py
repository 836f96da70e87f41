"""What the number of a parameter can be: its unit, and its ends."""

from dataclasses import dataclass
from math import inf

from sim.inputs.quantity import FieldError, Quantity

ROUNDING = 1e-9
"""What changes of unit leave behind."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """low, high: least and greatest value in `unit`; above: `low` itself is not allowed."""

    unit: str
    low: float = -inf
    high: float = inf
    above: bool = False

    def fitted(self, quantity: Quantity) -> Quantity:
        """The quantity in this unit. Raises FieldError unless all that can be drawn of it is allowed."""
        own = quantity.to(self.unit)
        lowest, highest = own.law.support
        told, hint = (self._told(lowest), "") if own.is_fixed else (own.text, "Bound it with `min` and `max`")
        if wrong := self._below(lowest, told) or self._beyond(highest, told):
            raise FieldError(wrong, hint)
        return own

    def objection(self, value: float) -> str:
        """What is wrong with a value in this unit; empty: nothing."""
        told = self._told(value)
        return self._below(value, told) or self._beyond(value, told)

    def _below(self, value: float, told: str) -> str:
        if value > self.low or (value == self.low and not self.above):
            return ""
        needed = "above" if self.above else "at least"
        return f"{told} is too low: {needed} {self._told(self.low)} is needed"

    def _beyond(self, value: float, told: str) -> str:
        if value <= self.high * (1.0 + ROUNDING):
            return ""
        return f"{told} is too high: at most {self._told(self.high)} is needed"

    def _told(self, value: float) -> str:
        return f"{value:g}" if self.unit == "1" else f"{value:g} {self.unit}"
