"""Shares of one whole, of which a scenario says some."""

from collections.abc import Collection, Mapping, Sequence
from math import fsum

CRUMB = 1e-9
"""Technical: what rounding leaves of a whole."""


def of_whole(shares: Mapping[str, float], said: Collection[str]) -> dict[str, float]:
    """The shares as parts of 1: those that were said as they are, the others make up for them.

    Where what was said fills the whole, or leaves nothing for others to make up, all stand in proportion.

    >>> of_whole({"a": 0.5, "b": 0.25, "c": 0.25}, ["a"]), of_whole({"a": 0.9, "b": 0.9}, ["a", "b"])
    ({'a': 0.5, 'b': 0.25, 'c': 0.25}, {'a': 0.5, 'b': 0.5})
    """
    left = 1.0 - fsum(share for name, share in shares.items() if name in said)
    others = fsum(share for name, share in shares.items() if name not in said)
    if not said or left < 0.0 or not others:
        whole = fsum(shares.values())
        return {name: share / whole for name, share in shares.items()}
    return {name: share if name in said else share * left / others for name, share in shares.items()}


def fit(said: Sequence[float], parts: int) -> bool:
    """Whether the shares that were said, of so many parts, can be parts of 1."""
    together = fsum(said)
    return together <= 1.0 + CRUMB if len(said) < parts else abs(together - 1.0) <= CRUMB
