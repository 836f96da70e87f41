"""The entity that moves: one truckload of concentrate."""

from dataclasses import dataclass


@dataclass(slots=True)
class Lot:
    """One truckload. `value_cny` is set when it is sold at the gate (quote times tonnes, VAT included)."""

    tonnes: float
    heading: str
    district: str
    gate: str
    arrived_d: float = 0.0
    value_cny: float = 0.0
