"""The structure of the chain as evidence: districts, gates, who holds them, and which months are monsoon."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.inputs.text import InputError, Located, Problem, YamlPath, load_yaml, suggest
from sim.places import CONTROLLERS, DISTRICTS, GATES

_MONTHS = range(1, 13)


@dataclass(frozen=True)
class Home:
    """Where a district lies, who holds it, and which gate its ore takes."""

    region: str
    controller: str
    gate: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Network:
    """Districts and gates in the order of the file; months are 1-12.

    gates: gate -> holder. cited: source id -> line of the file that cites it first. detours: gate -> where
    its ore turns when it is shut, the nearest first.
    """

    districts: Mapping[str, Home]
    gates: Mapping[str, str]
    cited: Mapping[str, int]
    detours: Mapping[str, tuple[str, ...]]
    monsoon_months: tuple[int, ...]
    severe_months: tuple[int, ...]
    rush_months: tuple[int, ...]

    @classmethod
    def load(cls, path: Path) -> "Network":
        """Read `network.yaml`. Raises InputError with every fault."""
        document = load_yaml(path)
        reader = _Reader(document)
        data = reader.mapping(document.data, (), ("districts", "gates", "detours", "seasons"))
        districts = reader.mapping(data["districts"], ("districts",), DISTRICTS)
        gates = reader.mapping(data["gates"], ("gates",), GATES)
        seasons = reader.mapping(
            data["seasons"], ("seasons",), ("monsoon_months", "severe_months", "rush_months")
        )
        homes = {name: reader.home(raw, ("districts", name)) for name, raw in districts.items()}
        held = {name: reader.held(raw, ("gates", name)) for name, raw in gates.items()}
        months = {name: reader.months(raw, ("seasons", name)) for name, raw in seasons.items()}
        detours = reader.detours(data["detours"], ("detours",))
        if reader.problems:
            raise InputError(reader.problems)
        holders = {name: controller for name, (controller, _) in held.items()}
        return cls(homes, holders, reader.cited, detours, **months)


class _Reader:
    """Checks one part after another and keeps what is wrong."""

    def __init__(self, document: Located) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.cited: dict[str, int] = {}

    def fault(self, path: YamlPath, message: str, hint: str = "") -> None:
        line, column = self.document.where(path)
        name = ".".join(map(str, path))
        self.problems.append(Problem(self.document.file, line, column, name, message, hint))

    def mapping(self, raw: Any, path: YamlPath, keys: tuple[str, ...]) -> dict[str, Any]:
        """A mapping with exactly these keys; missing ones are reported and stand as None."""
        found = raw if isinstance(raw, dict) else {}
        for key in found.keys() - set(keys):
            self.fault((*path, key), "unknown key", suggest(key, keys))
        for key in keys:
            if key not in found:
                self.fault(path, f"'{key}' is missing")
        return {key: found.get(key) for key in keys}

    def home(self, raw: Any, path: YamlPath) -> Home:
        fields = self.mapping(raw, path, ("region", "controller", "gate", "sources"))
        if not isinstance(fields["region"], str):
            self.fault((*path, "region"), "text is expected")
        self.one_of(fields["controller"], (*path, "controller"), CONTROLLERS)
        self.one_of(fields["gate"], (*path, "gate"), GATES)
        return Home(**fields | {"sources": self.ids(fields["sources"], (*path, "sources"))})

    def held(self, raw: Any, path: YamlPath) -> tuple[str, tuple[str, ...]]:
        """Holder of a gate, and who says so."""
        fields = self.mapping(raw, path, ("controller", "sources"))
        self.one_of(fields["controller"], (*path, "controller"), CONTROLLERS)
        return fields["controller"], self.ids(fields["sources"], (*path, "sources"))

    def ids(self, raw: Any, path: YamlPath) -> tuple[str, ...]:
        if isinstance(raw, list) and raw and all(isinstance(item, str) for item in raw):
            for item in raw:
                self.cited.setdefault(item, self.document.where(path)[0])
            return tuple(raw)
        self.fault(path, "a list of source ids is expected")
        return ()

    def detours(self, raw: Any, path: YamlPath) -> dict[str, tuple[str, ...]]:
        """Gate -> the gates that its ore turns to, the nearest first."""
        ways: dict[str, tuple[str, ...]] = {}
        for gate, others in (raw if isinstance(raw, dict) else {}).items():
            self.one_of(gate, (*path, gate), GATES)
            if not isinstance(others, list):
                self.fault((*path, gate), "a list of gates is expected")
                continue
            for other in others:
                self.one_of(other, (*path, gate), GATES)
            if len({gate, *map(str, others)}) <= len(others):
                self.fault((*path, gate), "holds a gate twice, or itself")
            ways[gate] = tuple(others)
        return ways

    def one_of(self, raw: Any, path: YamlPath, known: tuple[str, ...]) -> None:
        if raw not in known:
            self.fault(path, f"one of {', '.join(known)} is expected", suggest(str(raw), known))

    def months(self, raw: Any, path: YamlPath) -> tuple[int, ...]:
        if not isinstance(raw, list) or not all(type(month) is int and month in _MONTHS for month in raw):
            self.fault(path, "a list of months (1 to 12) is expected")
            return ()
        if len(set(raw)) < len(raw):
            self.fault(path, "holds a month twice")
        if len(set(raw)) == len(_MONTHS):
            self.fault(path, "leaves no month of the year")
        return tuple(raw)
