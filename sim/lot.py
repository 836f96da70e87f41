"""The entity that moves: one truckload of concentrate."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Waybill:
    """What a truck is sent off with; many lots share one, and what they pay is found by it.

    tonnes: as loaded. gate: where it crosses; empty if it leaks. diverted: not its usual gate. owner: the
    actor that sells it; empty for the operators.
    """

    tonnes: float
    heading: str
    district: str
    gate: str
    diverted: bool = False
    owner: str = ""


class Lot:
    """One truckload.

    tonnes: less what stayed with an actor in kind. arrived_d: when it joined the queue. value_cny: quote
    times tonnes, VAT included, once sold.
    """

    __slots__ = ("arrived_d", "bill", "tonnes", "value_cny")
    arrived_d: float
    value_cny: float

    def __init__(self, bill: Waybill) -> None:
        self.bill, self.tonnes = bill, bill.tonnes
