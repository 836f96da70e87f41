"""What the arguments of the Python interface may be: all that are wrong are told at once, as in a file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from operator import index
from os import PathLike, fspath
from pathlib import Path
from typing import Any, SupportsIndex, TypeVar

from sim.inputs.text import InputError, Problem

_T = TypeVar("_T")

LONGEST_RUN_S = 1e9
"""The most that a run can be given, thirty years: longer than that not every timer waits."""
MOST_REPLICATIONS, LARGEST_SEED = 1_000_000, 2**63 - 1
"""As in a scenario. What is more is told of the option itself, not of the override that stands for it."""

Values = Mapping[str, Any] | Sequence[str] | str
"""`{"market.cover_exponent": 0.5, "events.kachin_shut.lasts": "120 d"}`, or "PATH=VALUE" texts, or one."""


class Arguments:
    """The arguments of a call, read one by one."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def done(self) -> None:
        """All are read. Raises InputError if any was wrong."""
        if self._problems:
            raise InputError(self._problems)

    def ref(self, name: str, given: str | PathLike[str]) -> str:
        """A path, or the name of something shipped."""
        if not isinstance(given, (str, PathLike)):
            return self._wrong(name, given, "a path or a shipped name is expected", "")
        return str(fspath(given))

    def place(self, name: str, given: str | PathLike[str] | None) -> Path | None:
        """A path, or None."""
        if given is None:
            return None
        if isinstance(given, (str, PathLike)):
            return Path(given)
        return self._wrong(name, given, "a path is expected", None)

    def truth(self, name: str, given: bool) -> bool:
        """True or false: a text is neither, whatever it says."""
        if isinstance(given, bool):
            return given
        return self._wrong(name, given, "True or False is expected", False)

    def count(self, name: str, given: int | None, least: int = 1, most: float = inf) -> int | None:
        """A whole number, or None."""
        is_whole = isinstance(given, SupportsIndex) and not isinstance(given, bool)
        if given is None or (is_whole and least <= index(given) <= most):
            return given
        up_to = "on" if most == inf else f"to {most}"
        return self._wrong(name, given, f"a whole number from {least} {up_to} is expected", None)

    def runs(self, replications: int | None, root_seed: int | None, ensemble: bool = False) -> list[str]:
        """The PATH=VALUE texts of what is said about the runs."""
        told = {
            "run.replications": self.count("replications", replications, 1, MOST_REPLICATIONS),
            "run.root_seed": self.count("root_seed", root_seed, 0, LARGEST_SEED),
            "run.ensemble": "true" if self.truth("ensemble", ensemble) else None,
        }
        return [f"{path}={value}" for path, value in told.items() if value is not None]

    def seconds(self, name: str, given: float) -> float:
        """A time to wait."""
        is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
        if is_number and 0 < given <= LONGEST_RUN_S:
            return given
        return self._wrong(name, given, f"seconds above 0 and up to {LONGEST_RUN_S:g} are expected", 1.0)

    def texts(self, name: str, given: Values, text_of: Callable[[object], str] = str) -> list[str]:
        """PATH=VALUE texts."""
        if isinstance(given, Mapping):
            return [f"{path}={text_of(value)}" for path, value in given.items()]
        return self.words(name, given, "a mapping of PATHs to values, or PATH=VALUE texts, are expected")

    def words(self, name: str, given: Sequence[str] | str, expected: str = "texts are expected") -> list[str]:
        """Texts, or one."""
        words = [given] if isinstance(given, str) else [*given] if isinstance(given, Iterable) else [given]
        if all(isinstance(word, str) for word in words):
            return words
        return self._wrong(name, given, expected, [])

    def _wrong(self, name: str, given: object, expected: str, instead: _T) -> _T:
        """Notes the fault, and goes on with something of the right form."""
        self._problems.append(Problem(name, 1, 1, repr(given), expected))
        return instead
