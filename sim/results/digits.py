"""How many digits a number is told with."""

from math import floor, isnan, log10


def figure(value: float, *, sign: bool = False) -> str:
    """Three significant digits with thousands separated; empty for nan.

    >>> figure(12345.6), figure(0.01234), figure(5.0, sign=True)
    ('12,300', '0.0123', '+5.00')
    """
    if isnan(value):
        return ""
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    decimals = max(0, 2 - floor(log10(abs(rounded))))
    return f"{rounded:{'+' if sign else ''},.{decimals}f}"


def percent(value: float) -> str:
    """A change in per cent with its sign: a decimal below 100, more where that is nought; empty for nan.

    >>> percent(-5.94), percent(463.2), percent(0.0147)
    ('-5.9', '+463', '+0.0147')
    """
    if isnan(value):
        return ""
    if 0 < abs(value) < 0.05:
        return figure(value, sign=True)
    return f"{value:+.{0 if abs(value) >= 100 else 1}f}"
