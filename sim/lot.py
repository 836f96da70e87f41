"""The entity that moves: one truckload of concentrate."""

from dataclasses import dataclass


@dataclass(slots=True)
class Lot:
    """One truckload.

    gate: where it crosses; empty if it leaks. diverted: not its usual gate. owner: the actor that sells it;
    empty for the operators. arrived_d: when it joined the queue. value_cny: quote times tonnes, VAT
    included, once sold.
    """

    tonnes: float
    heading: str
    district: str
    gate: str
    diverted: bool = False
    owner: str = ""
    arrived_d: float = 0.0
    value_cny: float = 0.0
