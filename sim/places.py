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

ChinesePlant = Literal["ganzhou", "guangdong", "guangxi", "jiangsu"]
Seller = Literal["laos", "malaysia", "other", "australia", "brazil", "us", "greenland", "recycling"]
"""Where supply beside Myanmar's and China's own can come from."""

CONTROLLERS: tuple[str, ...] = get_args(Controller)
DISTRICTS: tuple[str, ...] = get_args(District)
GATES: tuple[str, ...] = get_args(Gate)
CHINESE_PLANTS: tuple[str, ...] = get_args(ChinesePlant)
GATES_TO_INDIA = ("pangsau",)
PLANTS = (*CHINESE_PLANTS, "irel")
MARKETS = ("china", "ex_china")
ACTORS = (*get_args(Taxer), "india", "us", "operators", "separators")
ELEMENTS = (*get_args(Oxide), "NdPr")
ORIGINS = ("myanmar", "laos", "malaysia", "other")
HEADINGS = ("oxide", "compound")
