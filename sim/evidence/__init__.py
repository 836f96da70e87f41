"""The evidence: where every number of the model comes from, how good it is, and what was observed.

`Registry.load(seeds_dir)` reads and checks the whole folder; nothing in it is optional or silently ignored.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from sim.evidence import belonging, reading
from sim.evidence.holidays import read_calendar
from sim.evidence.network import Network
from sim.evidence.records import Citation, Draw, Estimate, Event, Fact, Observation, Place, Source
from sim.evidence.rules import input_values, objections
from sim.inputs.text import InputError, Problem, suggest

_NO_NETWORK = Network({}, {}, {}, {}, (), (), ())

__all__ = ["Citation", "Estimate", "Event", "Fact", "Observation", "Place", "Registry", "Source"]


@dataclass(frozen=True)
class Registry:
    """All evidence of one `seeds/` folder, by name or id, each mapping in the order of its file.

    `calendar` maps a holiday (`spring_festival`) to its dates.
    """

    folder: Path
    parameters: Mapping[str, Estimate]
    sources: Mapping[str, Source]
    facts: Mapping[str, Fact]
    observations: Mapping[str, Observation]
    events: Mapping[str, Event]
    places: Mapping[str, Place]
    calendar: Mapping[str, tuple[date, ...]]
    network: Network
    ensemble: tuple[Draw, ...] = ()

    @classmethod
    def load(cls, seeds_dir: Path) -> "Registry":
        """The evidence of a folder. Raises InputError with every fault as file:line:column."""
        faults = reading.Faults()
        registry = cls(
            folder=seeds_dir,
            parameters=reading.read_parameters(seeds_dir / "parameters", faults),
            sources=reading.read_sources(seeds_dir / "sources.yaml", faults),
            facts=reading.read_facts(seeds_dir / "facts.csv", faults),
            observations=reading.read_observations(seeds_dir / "observations.csv", faults),
            events=reading.read_events(seeds_dir / "events.csv", faults),
            places=reading.read_places(seeds_dir / "places.csv", faults),
            calendar=read_calendar(seeds_dir / "calendar.csv", faults),
            ensemble=reading.read_ensemble(seeds_dir / "ensemble.csv", faults),
            network=faults.gather(lambda: Network.load(seeds_dir / "network.yaml"), _NO_NETWORK),
        )
        registry._check(faults)
        if faults.problems:
            raise InputError(faults.problems)
        return registry

    def _check(self, faults: reading.Faults) -> None:
        """Adds the faults that show only when the files are seen together."""
        for estimate in self.parameters.values():
            for key, message in objections(
                estimate, self.parameters, self.sources, self.facts, self.observations
            ):
                faults.of_parameter(estimate.name, key, message)
        self._check_citations(faults)
        self._check_names(faults)
        for path in sorted({draw.path for draw in self.ensemble if not draw.path.startswith("events.")}):
            if path not in self.parameters:
                hint = suggest(path, self.parameters)
                faults.of_line(self.folder / "ensemble.csv", 1, path, "no such parameter", hint)

    def _check_names(self, faults: reading.Faults) -> None:
        """A name leads to one thing, never back to itself, and to one of its kind."""
        for circle in belonging.circles(self.parameters):
            faults.of_parameter(circle[0], "inputs", f"go in a circle: {' → '.join([*circle, circle[0]])}")
        for name in belonging.of_two_things(self.facts, self.observations, self.parameters):
            faults.of_row(self.folder / "facts.csv", name, "is the name of an observation or parameter, too")
        for draw in self.ensemble:
            if told := belonging.misfit(draw, self.parameters):
                faults.of_row(self.folder / "ensemble.csv", draw.id, told)

    def _check_citations(self, faults: reading.Faults) -> None:
        """Facts, events and the network cite a source, observations a source or an address."""
        cited = [("facts.csv", fact.id, fact.source) for fact in self.facts.values()]
        cited += [("events.csv", event.id, event.source) for event in self.events.values()]
        cited += [
            ("observations.csv", item.id, item.reference)
            for item in self.observations.values()
            if not item.reference.startswith(("http://", "https://"))
        ]
        for table, row, source in cited:
            if source not in self.sources:
                message = f"unknown source '{source}'"
                faults.of_row(self.folder / table, row, message, suggest(source, self.sources))
        for source, line in self.network.cited.items():
            if source not in self.sources:
                hint = suggest(source, self.sources)
                path = self.folder / "network.yaml"
                faults.of_line(path, line, "sources", f"unknown source '{source}'", hint)

    def parameter(self, name: str) -> Estimate:
        """The parameter of that name. Raises InputError with the nearest name."""
        return self.select([name])[0]

    def select(self, names: list[str]) -> list[Estimate]:
        """The parameters of these names, in this order. Raises InputError for all unknown ones."""
        unknown = [name for name in names if name not in self.parameters]
        if unknown:
            raise InputError(
                Problem("evidence", 1, 1, name, "no such parameter", suggest(name, self.parameters))
                for name in unknown
            )
        return [self.parameters[name] for name in names]

    def inputs_of(self, estimate: Estimate) -> dict[str, float]:
        """What a derived estimate's formula reads, by name; empty for the others."""
        return input_values(estimate, self.parameters, self.facts, self.observations)

    def hash(self) -> str:
        """SHA-256 of what a run can depend on: comments, layout and the order of files do not count."""
        parameters = {name: asdict(estimate) for name, estimate in self.parameters.items()}
        for fields in parameters.values():
            del fields["file"], fields["line"]
        network = asdict(self.network)
        del network["cited"]
        content = {"parameters": parameters, "network": network, "calendar": dict(self.calendar)}
        text = json.dumps(content, sort_keys=True, default=str, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
