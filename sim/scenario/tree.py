"""A scenario while it is put together: plain data, and for every value the file and line it came from.

Layers, each over the one before: the file that is extended, the file's own sections, its `set`, `--set`.
"""

from collections.abc import Collection, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sim.inputs.quantity import FieldError
from sim.inputs.text import Located, Problem, YamlPath, path_text, suggest
from sim.scenario.model import NOTES, read_value

SECTIONS = ("period", "run", "start_state")
ROOTS = (*SECTIONS, "events")
_SOURCE = "start_state.source"
_SINGLE = ("extends", "set", *ROOTS)


@dataclass(frozen=True)
class Origin:
    """Where a value was written: `path` in the document."""

    document: Located
    path: YamlPath

    def problem(self, rest: YamlPath, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """A fault of the value `rest` leads to from here."""
        return self.document.problem((*self.path, *rest), message, hint, at_key=at_key)

    def child(self, key: str | int) -> "Origin":
        """Where the value of `key` in this mapping or list was written."""
        return Origin(self.document, (*self.path, key))


@dataclass
class Tree:
    """The data of a scenario in the making, in the layout of a scenario file without `extends`.

    `origins` says where values were written; one that is not in it is part of its nearest ancestor that is.
    `reference` is the tree of what the scenario is compared with.
    """

    data: dict[str, Any]
    origins: dict[YamlPath, Origin]
    reference: "Tree | None" = None
    log: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def copy(self) -> "Tree":
        """One that can change without this one changing; without reference, log and problems."""
        return Tree(deepcopy(self.data), dict(self.origins))

    def whole_copy(self) -> "Tree":
        """One that can change without this one changing, with all that belongs to it."""
        reference = None if self.reference is None else self.reference.whole_copy()
        return Tree(deepcopy(self.data), dict(self.origins), reference, list(self.log), list(self.problems))

    def problem(self, path: YamlPath, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """A fault of the value at `path`, told where that value was written."""
        rest: YamlPath = ()
        while path not in self.origins:
            path, rest = path[:-1], (path[-1], *rest)
        return self.origins[path].problem(rest, message, hint, at_key=at_key)

    def drop(self, keys: Collection[str]) -> None:
        """Takes whole sections out, so that one that is missed then is missed in the file itself."""
        for key in keys:
            self.data.pop(key, None)
        self.origins = {path: at for path, at in self.origins.items() if not path or path[0] not in keys}

    def put(self, path: YamlPath, value: Any, origin: Origin) -> None:
        """Writes a value, making the mappings above it."""
        *above, last = path
        place: Any = self.data
        for key in above:
            if isinstance(place, dict) and place.get(key) is None:
                place[key] = {}
            place = place[key]
        place[last] = value
        self.origins = {known: at for known, at in self.origins.items() if known[: len(path)] != path}
        self.origins[path] = origin

    def override(self, path: YamlPath, value: Any, origin: Origin, instead_of: str, why: str = "") -> None:
        """Writes a value over another, or over `instead_of` where there was none, and logs it."""
        old = _at(self.data, path)
        told = instead_of if old is None else _told(old)
        if told != _told(value):
            self.log.append(f"{self._name(path)}: {told} → {_told(value)}{f' ({why})' if why else ''}")
        self.put(path, value, origin)

    def _name(self, path: YamlPath) -> str:
        """The PATH of a value, with an event's id in place of its number."""
        if path[0] == "set":
            return path_text(path[1:])
        if path[0] == "events":
            return path_text(("events", self.data["events"][path[1]].get("id", ""), *path[2:]))
        return path_text(path)


def layer(parent: Tree | None, document: Located) -> Tree:
    """The tree of a scenario file over the tree of what it extends."""
    tree = parent.copy() if parent else Tree({}, {})
    tree.drop([key for key in tree.data if key not in ("set", *ROOTS)])
    root = Origin(document, ())
    tree.origins[()] = root
    for key, value in document.data.items():
        if key not in _SINGLE:
            tree.put((key,), deepcopy(value), root.child(key))
    for key in SECTIONS:
        if key in document.data:
            _merge(tree, (key,), deepcopy(document.data[key]), root.child(key))
    _check_own_source(tree, parent, document)
    levels = Tree({"start_state": deepcopy(tree.data.get("start_state"))}, dict(tree.origins))
    _add_events(tree, document)
    if "set" in document.data:
        _apply_settings(tree, root.child("set"))
    tree.reference = _reference(tree, parent, levels)
    return tree


def _merge(tree: Tree, path: YamlPath, value: Any, origin: Origin) -> None:
    """Writes mappings key by key, anything else whole."""
    old = _at(tree.data, path)
    if old is None:
        tree.put(path, value, origin)
        return
    if not isinstance(value, dict) or not isinstance(old, dict):
        tree.override(path, value, origin, "")
        return
    for key, item in value.items():
        _merge(tree, (*path, key), item, origin.child(key))


def _at(data: Any, path: YamlPath) -> Any:
    """The value at `path`; None where there is none."""
    for key in path:
        if isinstance(key, str) and not isinstance(data, dict):
            return None
        data = data[key] if isinstance(key, int) else data.get(key)
    return data


def _check_own_source(tree: Tree, parent: Tree | None, document: Located) -> None:
    """The levels a file gives need that file's own source, not the one of what it extends."""
    own = document.data.get("start_state")
    if parent and isinstance(own, dict) and "source" not in own:
        tree.problems.append(document.problem(("start_state", "source"), "is missing"))


def _add_events(tree: Tree, document: Located) -> None:
    """Appends the file's events, or puts them in place of the parent's; gives an id to each without one."""
    if "events" not in document.data:
        return
    own = document.data["events"]
    origin = Origin(document, ("events",))
    if isinstance(own, dict) and "replace" in own:
        tree.problems += [
            origin.problem((key,), "unknown key beside `replace`", at_key=True)
            for key in own
            if key != "replace"
        ]
        own, origin = own["replace"], origin.child("replace")
        tree.put(("events",), [], origin)
    if not isinstance(own, list):
        tree.problems.append(origin.problem((), "a list of events, or {replace: [...]}, is expected"))
        return
    events = tree.data.setdefault("events", [])
    for index, event in enumerate(deepcopy(own)):
        if isinstance(event, dict) and "id" not in event and isinstance(event.get("kind"), str):
            number = 1 + sum(_is_kind(other, event["kind"]) for other in events)
            event = {"id": f"{event['kind']}_{number}", **event}
        tree.origins["events", len(events)] = origin.child(index)
        events.append(event)


def _is_kind(event: Any, kind: str) -> bool:
    return isinstance(event, dict) and event.get("kind") == kind


def _reference(tree: Tree, parent: Tree | None, levels: Tree) -> Tree | None:
    """What the scenario is compared with: the same without its own events and settings."""
    if "reference" in tree.data:
        return _written_reference(tree, parent)
    if parent is None:
        return None
    reference = parent.copy()
    reference.drop(("sources", "surprise"))
    for source, keys in ((tree, ("period", "run")), (levels, ("start_state",))):
        _take(reference, source, keys)
    return reference


def _written_reference(tree: Tree, parent: Tree | None) -> Tree | None:
    """The reference that a file written by a run carries."""
    written = tree.data.pop("reference")
    origin = tree.origins["reference",]
    if parent:
        tree.problems.append(origin.problem((), "cannot stand beside `extends`", at_key=True))
    if not isinstance(written, dict):
        tree.problems.append(origin.problem((), "a mapping is expected"))
        return None
    for key in ("period", "run", "reference"):
        if key in written:
            tree.problems.append(origin.problem((key,), "has no place in a reference", at_key=True))
    reference = Tree(deepcopy(written), {(): origin})
    _take(reference, tree, ("period", "run"))
    return reference


def _take(tree: Tree, source: Tree, keys: Collection[str]) -> None:
    """Copies whole sections, with their origins, from another tree."""
    tree.drop(keys)
    for key in keys:
        if source.data.get(key) is not None:
            tree.data[key] = deepcopy(source.data[key])
        tree.origins |= {path: at for path, at in source.origins.items() if path[:1] == (key,)}


def _apply_settings(tree: Tree, origin: Origin) -> None:
    """Applies the `set` section of a file; first the source of all levels, to which single ones add."""
    settings = origin.document.data["set"]
    if not isinstance(settings, dict):
        tree.problems.append(origin.problem((), "a mapping from PATH to value is expected"))
        return
    for path, ancestor in conflicts(settings):
        message = f"sets a part of '{ancestor}', which is set too"
        tree.problems.append(origin.problem((path,), message, at_key=True))
    for path, raw in sorted(settings.items(), key=lambda setting: setting[0] != _SOURCE):
        if path.split(".")[0] in ROOTS:
            value, note = _split_note(raw)
            tree.problems += set_key(tree, path, value, origin.child(path), note)
        else:
            tree.override(("set", path), deepcopy(raw), origin.child(path), "evidence")


def conflicts(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each path with the one of `paths` that it is a part of."""
    known = set(paths)
    for path in sorted(known):
        parts = path.split(".")
        yield from ((path, above) for n in range(1, len(parts)) if (above := ".".join(parts[:n])) in known)


def _split_note(raw: Any) -> tuple[Any, str]:
    """Value and note of an entry of `set`."""
    if not isinstance(raw, dict):
        return raw, ""
    note = "; ".join(str(raw[key]) for key in NOTES if key in raw)
    rest = {key: value for key, value in raw.items() if key not in NOTES}
    if "value" in rest and "unit" in rest:
        rest["fixed"] = rest.pop("value")
    return (rest["value"] if rest.keys() == {"value"} else rest), note


def set_key(tree: Tree, path: str, value: Any, origin: Origin, note: str) -> list[Problem]:
    """Sets a key of the scenario, such as `events.kachin_shut.lasts`. Returns what is wrong with the path.

    Whether the value fits is checked later, with all others.
    """
    root, *keys = path.split(".")
    target: YamlPath = (root, *keys)
    if root == "events" and keys:
        ids = {event["id"]: n for n, event in enumerate(_events(tree)) if isinstance(event.get("id"), str)}
        if keys[0] not in ids:
            return [origin.problem((), f"there is no event '{keys[0]}'", suggest(keys[0], ids), at_key=True)]
        target = (root, ids[keys[0]], *keys[1:])
    if len(target) < (3 if root == "events" else 2) or "" in target:
        return [
            origin.problem((), f"'{path}' names no key: write '{path.rstrip('.')}.' and the key", at_key=True)
        ]
    is_level = root == "start_state" and keys != ["source"]
    if is_level and not note:
        return [origin.problem((), "needs one of `evidence` and `assume`")]
    above = [_at(tree.data, target[:n]) for n in range(2 if root == "events" else 1, len(target))]
    if not all(value is None or isinstance(value, dict) for value in above):
        return [origin.problem((), f"'{path}' is no key of the scenario", at_key=True)]
    tree.override(target, deepcopy(value), origin, "nothing", note)
    if is_level:
        _add_source(tree, ".".join(keys), note, origin)
    return []


def _events(tree: Tree) -> list[dict[str, Any]]:
    """The events that are mappings; others stand as empty ones, so that numbers stay right."""
    return [event if isinstance(event, dict) else {} for event in tree.data.get("events", [])]


def _add_source(tree: Tree, key: str, note: str, origin: Origin) -> None:
    """Names the source of one level beside that of all levels."""
    state = tree.data["start_state"]
    if not isinstance(state.get("source"), str):
        tree.origins.setdefault(("start_state", "source"), origin)
        state["source"] = f"{key}: {note}"
    else:
        state["source"] += f"; {key}: {note}"


def _told(value: Any) -> str:
    """A value in one line, as the log tells it."""
    if isinstance(value, dict):
        bare = {key: item for key, item in value.items() if key not in NOTES}
        try:
            return read_value(bare).text
        except FieldError:
            return ", ".join(f"{key}: {_told(item)}" for key, item in bare.items())
    if isinstance(value, list):
        return f"[{', '.join(_told(item) for item in value)}]"
    return value.isoformat() if isinstance(value, date) else str(value)
