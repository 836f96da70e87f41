"""The pydantic base of every scenario model, and the field types they share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sim.inputs.quantity import FieldError, Quantity, parse_quantity, shown

ID_PATTERN = r"^[a-z][a-z0-9_]*$"
TEXT_PATTERN = r"\S"
LONGEST_NAME = 64
"""Characters of a name that becomes a folder: two fit into the name of a comparison on every system."""

RESERVED_NAMES = (
    "con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))
)  # fmt: skip
"""Names that Windows keeps for devices, whatever their ending."""

FAULTS = "faults"
"""Type of our own pydantic errors; their context holds a list of FieldError under the same word."""

QUANTITY = "x-quantity"
"""Stands in a JSON schema for a quantity of the dimensions it lists."""


class Model(BaseModel):
    """Frozen, and closed to keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def refuse(faults: Iterable[FieldError]) -> PydanticCustomError:
    """The pydantic error that carries these faults to the place where they are told."""
    found = list(faults)
    text = "; ".join(fault.message for fault in found)
    return PydanticCustomError(FAULTS, text, {FAULTS: found})


def no_folder_name(name: str) -> str:
    """Why a name cannot be that of a folder on every system; empty if it can.

    >>> no_folder_name("aux")
    'Windows keeps this name for a device: take another'
    """
    if name in RESERVED_NAMES:
        return "Windows keeps this name for a device: take another"
    return f"is longer than {LONGEST_NAME} characters" if len(name) > LONGEST_NAME else ""


def folder_name(name: str) -> str:
    """The same name; refuses one that cannot be that of a folder on every system."""
    if fault := no_folder_name(name):
        raise refuse([FieldError(fault)])
    return name


def _iso_date(raw: Any) -> date:
    if type(raw) is date:
        return raw
    try:
        return date.fromisoformat(raw) if isinstance(raw, str) and len(raw) == 10 else _no_date(raw)
    except ValueError:
        return _no_date(raw)


def _no_date(raw: Any) -> date:
    raise refuse([FieldError(f"a date YYYY-MM-DD is expected, not {shown(raw)}")])


IsoDate = Annotated[date, BeforeValidator(_iso_date, json_schema_input_type=date)]
"""A date; numbers, which pydantic would take for seconds since 1970, are faults."""


@dataclass(frozen=True)
class Dim:
    """Marks a Quantity field with the dimensions (none: any) and the range, in base units, it may have.

    `drawn`: it may be a law of several numbers. `most`: its mean, in base units, may be that much.
    """

    dimensions: tuple[str, ...] = ()
    low: float = -inf
    high: float = inf
    above: bool = False
    drawn: bool = True
    most: float = inf

    def read(self, raw: Any) -> Quantity:
        """The quantity `raw` stands for, checked."""
        try:
            quantity = parse_quantity(raw)
            if self.dimensions:
                quantity.check_dimension(self.dimensions)
            quantity.check_range(self.low, self.high, above=self.above)
            if quantity.dist.mean > self.most:
                raise FieldError(f"{quantity.text} is too long: {self.most:g} d is the most")
            if not self.drawn and not quantity.is_fixed:
                raise FieldError(f"one number is expected, not {quantity.text}")
        except FieldError as fault:
            raise refuse([fault]) from None
        return quantity

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Reads with `read`, writes with Quantity.plain."""
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(Quantity.plain)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """A mark that sim.scenario.schema writes out."""
        return {QUANTITY: list(self.dimensions)}


Text = Annotated[str, StringConstraints(pattern=TEXT_PATTERN)]
"""Words that are not blank."""

CENTURY_D = 36_525.0
Duration = Annotated[Quantity, Dim(("time",), low=0.0, most=CENTURY_D)]
"""A time that is not negative, and on average no longer than a century."""
