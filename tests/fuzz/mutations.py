"""Faults put into real files: bytes, lines, words and cells replaced, cut, doubled or mixed with hostile ones."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hypothesis import strategies as st

MOST_BYTES = 100_000
"""A mutated file stays below this; the size limits of the readers have tests of their own."""

NUMBERS = (
    "0", "-1", "1", "0.5", "-0.0", "1e308", "-1e308", "1e999", "1e-320", "1e15", "1e9", "600", "999999", "nan", ".nan",
    ".inf", "-.inf", "inf", "9" * 39, "9" * 5000, "0x7fffffff", "0o17", "1_000", "1,000", "+.5", "1.", "٣", "½", "0b1",
    "1e5 %", "-5 %", "1e12 d", "1e15 CNY/t", "3 t_REO", "7 parsecs", "90d", "-90 d", "0 d", "1e-300 d", "1e15 d", "1e7 d",
    "1e15 CNY/kg", "1e15 site", "1e15 t", "1e15 %", "1e15", "{normal: [0, 1], unit: d}", "{uniform: [-1, 1e15], unit: d}",
)  # fmt: skip
DATES = (
    "2025-07-01", "0001-01-01", "9999-12-31", "2024-02-30", "2025-13-01", "1969-12-31", "2100-01-01",
    "2025-07-01T00:00:00Z", "20250701", "2025-W01-1",
)  # fmt: skip
YAML = (
    "&a", "*a", "&a [*a, *a]", "<<: *a", "!!python/object/apply:os.system ['true']", "!!binary aGk=", "!!set {a}", "!x",
    "? ", "- ", ": ", "#", "|", ">-", "'", '"', "{", "}", "[", "]", ",", "%YAML 1.1\n", "---\n", "...\n", "\t", "~",
    "null", "true", "{}", "[]", "{fixed: 1}", "{uniform: [1, 2], unit: d}", "{uniform: [2, 1]}",
    "{normal: [0, 1e308]}", "{choice: [], unit: d}", "{lognormal: [1, 1e9], unit: d}", "{triangular: [0, 0, 0]}",
    "{gamma: [1, 1e-300]}", '"\\ud800"', '"\\0"', '"\\UFFFFFFFF"', '"\\x"', "[" * 60 + "]" * 60, "{a: " * 60 + "}" * 60,
    "[" * 5000, "? " * 500, "- " * 500, "{replace: []}", "events: {replace: [1]}",
)  # fmt: skip
WORDS = (
    "baseline", "border_closure", "myanmar", "pangwa", "market.cover_exponent", "market", "events", "events.", ".", "..",
    "../../etc/passwd", "/dev/zero", "/", "a" * 300, "a" * 300 + ".yaml", "a\0.yaml", "=1+1", "+1", "@SUM(A1)",
    '=HYPERLINK("http://x")', "<script>alert(1)</script>", "__class__", "{0.__class__}", "%s%n", "$(true)", "; true",
    "စစ်ကိုင်း", "缅甸", "🙂", "\u202e", "e\u0301", "\u2028", "\x85", "\x07", "\x1b[31m", "nul", "None", "self",
    "model_config", "__proto__",
)  # fmt: skip
CELLS = ("", ",", '"', '""', '"\n"', ",,,,", "\r", ";", "\ufeff", '"unended', "x" * 140_000)
RAW = (
    b"\xff",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\x00",
    b"\xed\xa0\x80",
    b"\x80",
    b"\xc3",
    b"\r\n",
    b"\n",
    b"PK\x03\x04",
)
HOSTILE = tuple(word.encode() for word in (*NUMBERS, *DATES, *YAML, *WORDS, *CELLS)) + RAW

_WORD = re.compile(rb"[\w.%/+-]+")
_VALUE = re.compile(rb"(?<=: )[^,{}\[\]\n]+|(?<=: )\[[^\]\n]*\]|(?<=: )\{[^}\n]*\}")
_CELL = re.compile(rb"[^,\n]*")


class Fault(NamedTuple):
    """One mutation. at, to: places in the file, as a share of 2^16; pick: which of the hostile words."""

    kind: str
    at: int
    to: int
    pick: int


def faults() -> st.SearchStrategy[list[Fault]]:
    """One to four mutations, the simplest first."""
    share = st.integers(0, 2**16 - 1)
    pick = st.integers(0, len(HOSTILE) - 1)
    one = st.builds(Fault, st.sampled_from(sorted(KINDS)), share, share, pick)
    return st.lists(one, min_size=1, max_size=4)


def mutated(content: bytes, wanted: Sequence[Fault], others: Sequence[bytes]) -> bytes:
    """The content with those faults in turn. others: files to mix it with."""
    for fault in wanted:
        content = KINDS[fault.kind](content, fault, others)[:MOST_BYTES]
    return content


def _span(content: bytes, fault: Fault, longest: int = 2000) -> tuple[int, int]:
    first = fault.at * len(content) >> 16
    return first, min(len(content), first + 1 + (fault.to * longest >> 16))


def _part(pattern: re.Pattern[bytes], content: bytes, fault: Fault) -> tuple[int, int]:
    """A match of the pattern; the end of the content where there is none."""
    found = [match.span() for match in pattern.finditer(content) if match.end() > match.start()]
    return found[fault.at * len(found) >> 16] if found else (len(content), len(content))


def _replaced(pattern: re.Pattern[bytes]) -> Callable[[bytes, Fault, Sequence[bytes]], bytes]:
    def replace(content: bytes, fault: Fault, _: Sequence[bytes]) -> bytes:
        first, last = _part(pattern, content, fault)
        return content[:first] + HOSTILE[fault.pick] + content[last:]

    return replace


def _moved_word(content: bytes, fault: Fault, _: Sequence[bytes]) -> bytes:
    """A word of the file in the place of another."""
    first, last = _part(_WORD, content, fault)
    other = _part(_WORD, content, fault._replace(at=fault.to))
    return content[:first] + content[slice(*other)] + content[last:]


def _insert(content: bytes, fault: Fault, _: Sequence[bytes]) -> bytes:
    first, _last = _span(content, fault)
    return content[:first] + HOSTILE[fault.pick] + content[first:]


def _cut(content: bytes, fault: Fault, _: Sequence[bytes]) -> bytes:
    first, last = _span(content, fault)
    return content[:first] + content[last:]


def _truncate(content: bytes, fault: Fault, _: Sequence[bytes]) -> bytes:
    return content[: fault.at * len(content) >> 16]


def _double(content: bytes, fault: Fault, _: Sequence[bytes]) -> bytes:
    first, last = _span(content, fault)
    return content[:last] + content[first:]


def _flip(content: bytes, fault: Fault, _: Sequence[bytes]) -> bytes:
    first, _last = _span(content, fault)
    return (
        content[:first]
        + bytes([byte ^ (1 << fault.to % 8) for byte in content[first : first + 1]])
        + content[first + 1 :]
    )


def _lines(content: bytes, fault: Fault) -> tuple[list[bytes], int, int]:
    lines = content.splitlines(keepends=True) or [b"\n"]
    return lines, fault.at * len(lines) >> 16, fault.to * len(lines) >> 16


def _drop_line(content: bytes, fault: Fault, _: Sequence[bytes]) -> bytes:
    lines, at, _to = _lines(content, fault)
    return b"".join(lines[:at] + lines[at + 1 :])


def _copy_line(content: bytes, fault: Fault, _: Sequence[bytes]) -> bytes:
    lines, at, to = _lines(content, fault)
    return b"".join([*lines[:to], lines[at], *lines[to:]])


def _indent(content: bytes, fault: Fault, _: Sequence[bytes]) -> bytes:
    lines, at, _to = _lines(content, fault)
    lines[at] = b"  " + lines[at] if fault.to % 2 else lines[at].lstrip(b" ")
    return b"".join(lines)


def _splice(content: bytes, fault: Fault, others: Sequence[bytes]) -> bytes:
    other = others[fault.pick % len(others)]
    return content[: fault.at * len(content) >> 16] + other[fault.to * len(other) >> 16 :]


KINDS: dict[str, Callable[[bytes, Fault, Sequence[bytes]], bytes]] = {
    "a word": _replaced(_WORD),
    "a value": _replaced(_VALUE),
    "a cell": _replaced(_CELL),
    "another word": _moved_word,
    "insert": _insert,
    "cut": _cut,
    "truncate": _truncate,
    "double": _double,
    "flip a bit": _flip,
    "drop a line": _drop_line,
    "copy a line": _copy_line,
    "indent": _indent,
    "splice": _splice,
}
