"""The names that scenario files, tables and the model share."""

from typing import Literal, get_args

District = Literal["pangwa", "chipwi", "momauk", "mong_hsat", "mong_bawk", "mong_yawng"]
Gate = Literal["pangwa", "kanpaiti", "lweje", "wa_menga", "mong_la", "muse", "pangsau"]
Place = Literal[District, Gate]
Oxide = Literal["Dy", "Tb"]
"""The elements that have a market of their own here; NdPr is a driver."""
Controller = Literal["ndak", "kia", "uwsa", "ndaa", "junta"]
"""The actors that can hold a district or a gate."""
Taxer = Literal[Controller, "china"]
"""The actors that can tax."""

DISTRICTS: tuple[str, ...] = get_args(District)
GATES: tuple[str, ...] = get_args(Gate)
CONTROLLERS: tuple[str, ...] = get_args(Controller)
GATES_TO_INDIA = ("pangsau",)
CHINESE_PLANTS = ("ganzhou", "guangdong", "guangxi", "jiangsu")
PLANTS = (*CHINESE_PLANTS, "irel")
MARKETS = ("china", "ex_china")
ACTORS = (*get_args(Taxer), "india", "us", "operators", "separators")
ELEMENTS = (*get_args(Oxide), "NdPr")
ORIGINS = ("myanmar", "laos", "malaysia", "other")
HEADINGS = ("oxide", "compound")
