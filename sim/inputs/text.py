"""Reading YAML so that every value knows its place in the file, and every fault is told at once.

The accepted language is the plain part of YAML 1.2: mappings with text keys, sequences and scalars of the
core schema plus ISO dates. Anchors, tags and directives are faults: each can hide a value, none is needed.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any

from sim.inputs import files

YamlPath = tuple[str | int, ...]

_MAX_DEPTH = 40
_CONTROL = re.compile(r"[^\t\n -~\xa0-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")
"""What orders a terminal about, or shows text in another order than it is written in."""
_TOO_DEEP = f"nested deeper than {_MAX_DEPTH} levels"
_MOST_MEGABYTES, _MOST_VALUES = 1, 10_000
"""The largest shipped file has 25 kB and 900 values; to tell all faults of a far larger one takes minutes."""
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMBER_START = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SAFE_BARE = re.compile(r"(?:[A-Za-z0-9]|-[0-9])[\w./%+-]*(?: [\w./%+-]+)*", re.ASCII)
_DATE_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:. +\-Zz]*")


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of an input file. `line` and `column` count from 1; `path` is the key path in the file."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    @property
    def place(self) -> tuple[str, int, int]:
        """Where it stands."""
        return self.file, self.line, self.column

    def __str__(self) -> str:
        """`file:line:column: path: message. hint`, as editors and terminals make it clickable."""
        parts = [f"{self.file}:{self.line}:{self.column}", self.path, self.message]
        text = ": ".join(part for part in parts if part)
        return printable(f"{text}. {self.hint}" if self.hint else text)


class InputError(Exception):
    """All faults found in the user's input, sorted by place.

    `document`: what could still be read, where only single values or keys are wrong, so that a caller can
    look for further faults.
    """

    def __init__(self, problems: Iterable[Problem], document: "Located | None" = None) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        self.document = document
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


@dataclass(frozen=True)
class Located:
    """A parsed YAML document: plain data (dict, list, str, int, float, bool, None, date) and where it stood.

    `marks` and `key_marks` map a path of keys and indexes to (line, column), counted from 1, of the value and
    of its key.
    """

    data: Any
    file: str
    marks: Mapping[YamlPath, tuple[int, int]]
    key_marks: Mapping[YamlPath, tuple[int, int]]

    def where(self, path: YamlPath) -> tuple[int, int]:
        """Line and column of the value at `path`, or of its nearest ancestor in the file."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, (1, 1))

    def key_mark(self, path: YamlPath) -> tuple[int, int]:
        """Line and column of the key at `path`; of the value where it has no key (an item of a list)."""
        return self.key_marks.get(path) or self.where(path)

    def problem(self, path: YamlPath, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """A fault of the value (or the key) at `path`."""
        line, column = self.key_mark(path) if at_key else self.where(path)
        return Problem(self.file, line, column, path_text(path), message, hint)


def path_text(path: YamlPath) -> str:
    """`events[0].gates[1]` for ("events", 0, "gates", 1)."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def suggest(word: str, known: Iterable[str]) -> str:
    """A hint naming the known word nearest to `word`, or "" if none is near."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f"Did you mean '{by_lower[near[0]]}'?" if near else ""


def load_yaml(path: Path) -> Located:
    """The one document of a YAML file, a mapping at the top level.

    Raises InputError with every fault: unreadable, not UTF-8, wrong syntax, duplicate keys, NaN, anchors.
    """
    file = str(path)
    try:
        content = files.content(path, _MOST_MEGABYTES)
    except files.UnreadableError as error:
        raise InputError([Problem(file, 1, 1, "", str(error))]) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise InputError([Problem(file, line, column, "", "is not UTF-8 text")]) from error
    document = parse_yaml(text, file)
    if not isinstance(document.data, dict):
        message = "the file is empty" if document.data is None else "a mapping of keys to values is expected"
        raise InputError([document.problem((), message)])
    return document


def parse_yaml(text: str, file: str, line: int = 1, column: int = 1) -> Located:
    """The one YAML document of `text`, whose first character stands at `line` and `column` of `file`.

    Raises InputError with every fault found.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    builder, data, readable = _Builder(file, line, column), None, False
    try:
        data, readable = builder.document(YAML(typ="safe", pure=True).parse(text)), True
    except MarkedYAMLError as error:
        message = f"is not valid YAML: {error.problem or error.context}"
        builder.fault((), message, builder.place(error.problem_mark or error.context_mark))
    except ReaderError as error:
        before = text[: error.position].split("\n")
        place = (line + len(before) - 1, len(before[-1]) + (column if len(before) == 1 else 1))
        builder.fault((), f"the character {text[error.position]!r} is not allowed in YAML", place)
    except _TooMuchError as error:
        builder.fault((), error.message, error.place)
    except (ValueError, OverflowError):
        # The parser hands escapes such as "\UFFFFFFFF" to chr() unchecked.
        builder.fault((), "is not valid YAML: an escape stands for no character", (line, column))
    document = Located(data, file, builder.marks, builder.key_marks)
    if builder.problems:
        whole = readable and isinstance(data, dict)
        raise InputError(builder.problems, document if whole else None)
    return document


class _TooMuchError(Exception):
    """`place`: line and column of the node that stands too deep, or is one too many."""

    def __init__(self, message: str, place: tuple[int, int]) -> None:
        super().__init__(message, place)
        self.message, self.place = message, place


class _Builder:
    """Plain data from the parser's events, noting marks and faults on the way."""

    def __init__(self, file: str, line: int, column: int) -> None:
        self.file = file
        self.origin = (line, column)
        self.marks: dict[YamlPath, tuple[int, int]] = {}
        self.key_marks: dict[YamlPath, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def place(self, mark: Any) -> tuple[int, int]:
        """Line and column in the file of a parser mark (counted from 0; None: the first character)."""
        if mark is None:
            return self.origin
        line, column = self.origin
        return line + mark.line, mark.column + (column if mark.line == 0 else 1)

    def fault(self, path: YamlPath, message: str, place: tuple[int, int]) -> None:
        self.problems.append(Problem(self.file, *place, path_text(path), message))

    def document(self, events: Iterator[Any]) -> Any:
        """The data of the only document; None where there is none."""
        data: Any = None
        documents = 0
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if event.version or event.tags:
                    self.fault((), "YAML directives (%) are not supported", self.place(event.start_mark))
                if documents > 1:
                    self.fault((), "only one document per file", self.place(event.start_mark))
                    break
                data = self.node(next(events), events, ())
        return data

    def node(self, event: Any, events: Iterator[Any], path: YamlPath) -> Any:
        """The data of the node that `event` opens."""
        place = self.marks[path] = self.place(event.start_mark)
        kind = type(event).__name__
        if event.anchor is not None:
            self.fault(path, "anchors and aliases are not supported: write the value out", place)
        if getattr(event, "tag", None) is not None:
            self.fault(path, f"the tag {event.tag} is not supported", place)
        if len(path) > _MAX_DEPTH:
            raise _TooMuchError(_TOO_DEEP, place)
        if len(self.marks) > _MOST_VALUES:
            raise _TooMuchError(f"more than {_MOST_VALUES:,} values", place)
        if kind == "MappingStartEvent":
            return self.mapping(events, path)
        if kind == "SequenceStartEvent":
            return self.sequence(events, path)
        return self.scalar(event, path) if kind == "ScalarEvent" else None

    def mapping(self, events: Iterator[Any], path: YamlPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while type(event := next(events)).__name__ != "MappingEndEvent":
            place = self.place(event.start_mark)
            if type(event).__name__ != "ScalarEvent" or not event.value:
                self.fault(path, "a key must be a word", place)
                self.node(event, events, (*path, ""))
                self.node(next(events), events, (*path, ""))
                continue
            key = str(event.value)
            if key in data:
                first = self.key_marks[*path, key][0]
                self.fault((*path, key), f"duplicate key (first on line {first})", place)
                self.skip(events, len(path))
                continue
            self.key_marks[*path, key] = place
            data[key] = self.node(next(events), events, (*path, key))
        return data

    def sequence(self, events: Iterator[Any], path: YamlPath) -> list[Any]:
        data: list[Any] = []
        while type(event := next(events)).__name__ != "SequenceEndEvent":
            data.append(self.node(event, events, (*path, len(data))))
        return data

    def skip(self, events: Iterator[Any], depth: int) -> None:
        """Passes over the node at that depth. A deep one is refused here, too: it takes the parser long."""
        over = depth
        while True:
            event = next(events)
            kind = type(event).__name__
            depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
            if depth > _MAX_DEPTH:
                raise _TooMuchError(_TOO_DEEP, self.place(event.start_mark))
            if depth == over:
                return

    def scalar(self, event: Any, path: YamlPath) -> Any:
        """The value of a scalar; one in quotes is always text."""
        text = str(event.value)
        try:
            return _plain(words(text)) if event.implicit[0] else words(text)
        except ValueError as error:
            self.fault(path, str(error), self.marks[path])
            return text


def words(text: str) -> str:
    """The text; ValueError if there are orders to a terminal in it, or of directions."""
    if found := _CONTROL.search(text):
        raise ValueError(f"the character {found[0]!r} is not allowed")
    return text


def _plain(text: str) -> Any:
    """The value of an unquoted scalar in the core schema, with ISO dates; ValueError says what is wrong."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    return _number_or_date(text) if text[0] in _NUMBER_START else text


def _number_or_date(text: str) -> Any:
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if not isfinite(value):
            raise ValueError(f"{text} is too large for a number")
        return value
    if _DATE.fullmatch(text):
        return _date(text)
    if _DATE_AND_TIME.fullmatch(text):
        raise ValueError(f"{text} has a time of day: write a date as YYYY-MM-DD")
    return text


def _integer(text: str) -> int:
    if len(text) > 40:
        raise ValueError("the number has more than 40 digits")
    bases = {"0o": 8, "0x": 16}
    return int(text, bases.get(text[:2], 10))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not a date of the calendar") from None


def write_yaml(data: Mapping[str, Any]) -> str:
    """The text that `parse_yaml` turns into equal data: dict, list, str, int, float, bool, None, date.

    Lists of scalars stand in one line; the layout depends on the data alone.
    """
    return "".join(f"{line}\n" for line in _mapping_lines(data))


def _mapping_lines(data: Mapping[str, Any]) -> Iterator[str]:
    for key, value in data.items():
        name = key if _SAFE_BARE.fullmatch(key) else _quoted(key)
        if isinstance(value, dict) and value:
            yield f"{name}:"
            yield from (f"  {line}" for line in _mapping_lines(value))
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield f"{name}:"
            yield from (f"  {line}" for line in _list_lines(value))
        else:
            yield f"{name}: {one_line(value)}"


def _list_lines(items: Iterable[Any]) -> Iterator[str]:
    for item in items:
        lines = list(_mapping_lines(item)) if isinstance(item, dict) and item else [one_line(item)]
        yield f"- {lines[0]}"
        yield from (f"  {line}" for line in lines[1:])


def one_line(value: Any) -> str:
    """The text, in one line, that a YAML file holds for a value."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return value if _SAFE_BARE.fullmatch(value) and _is_text(value) else _quoted(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(one_line(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{one_line(key)}: {one_line(item)}' for key, item in value.items())}}}"
    return repr(value)


def _is_text(bare: str) -> bool:
    """Whether the word, unquoted, is read as text."""
    try:
        return isinstance(_plain(bare), str)
    except ValueError:
        return False


def printable(text: str) -> str:
    """The text with an escape for what would break the line or be an order to a terminal."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _quoted(text: str) -> str:
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
