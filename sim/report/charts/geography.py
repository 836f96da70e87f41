"""A schematic map of our own: outlines drawn by hand in degrees, and where the places stand on it.

Not for navigation. Borders are simplified and claim nothing. Places within a few kilometres of each other
are moved apart; the plants of eastern China stand in a column at the right, which is not to scale.
"""

from collections.abc import Mapping

LonLat = tuple[float, float]

WEST, EAST, SOUTH, NORTH = 93.6, 101.4, 19.6, 28.4
"""The drawn window, in degrees."""

MYANMAR_CHINA: tuple[LonLat, ...] = (
    (97.4, 28.3), (98.1, 27.9), (98.7, 27.5), (98.75, 26.9), (98.7, 26.2), (98.68, 25.85), (98.4, 25.6),
    (98.15, 25.4), (98.1, 25.1), (97.75, 24.85), (97.7, 24.45), (97.6, 24.3), (97.75, 23.95), (98.3, 24.05),
    (98.7, 24.1), (98.75, 23.6), (98.9, 23.15), (99.4, 22.95), (99.35, 22.4), (99.2, 22.15), (99.65, 22.05),
    (100.0, 21.7), (100.25, 21.5), (100.75, 21.5), (101.15, 21.6),
)  # fmt: skip
MYANMAR_SOUTHEAST: tuple[LonLat, ...] = (
    (101.15, 21.6), (100.6, 20.9), (100.1, 20.4), (99.5, 20.15), (98.9, 19.75), (98.3, 19.6),
)  # fmt: skip
MYANMAR_INDIA: tuple[LonLat, ...] = (
    (97.4, 28.3), (97.0, 27.75), (96.2, 27.25), (95.4, 26.7), (94.9, 25.9), (94.6, 25.1), (94.3, 24.3),
    (93.6, 23.9),
)  # fmt: skip

MYANMAR: tuple[LonLat, ...] = (
    *MYANMAR_CHINA, *MYANMAR_SOUTHEAST[1:], (93.6, 19.6), *reversed(MYANMAR_INDIA),
)  # fmt: skip
CHINA: tuple[LonLat, ...] = (
    *MYANMAR_CHINA, (101.15, 21.6), (101.4, 21.3), (101.4, 28.4), (97.3, 28.4), (97.4, 28.3),
)  # fmt: skip
INDIA: tuple[LonLat, ...] = (*MYANMAR_INDIA, (93.6, 28.4), (97.3, 28.4))

DISTRICTS: Mapping[str, LonLat] = {
    "pangwa": (98.05, 26.5), "chipwi": (97.5, 25.85), "momauk": (96.9, 24.55), "mong_hsat": (98.9, 20.6),
    "mong_bawk": (98.75, 21.7), "mong_yawng": (100.15, 21.05),
}  # fmt: skip
GATES: Mapping[str, LonLat] = {
    "pangwa": (98.68, 25.95), "kanpaiti": (98.14, 25.3), "lweje": (97.68, 24.4), "wa_menga": (99.25, 22.25),
    "mong_la": (100.0, 21.7), "muse": (97.9, 23.97), "pangsau": (96.2, 27.25),
}  # fmt: skip
HUB: LonLat = (100.7, 24.2)
"""Where the roads from all gates are drawn together."""
PLANT_HEIGHTS: Mapping[str, float] = {"jiangsu": 0.17, "ganzhou": 0.38, "guangdong": 0.6, "guangxi": 0.8}
"""Shares of the picture's height."""
