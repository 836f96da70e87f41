"""The input edge: what YAML is read, and how faults are told."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.inputs.text import InputError, Problem, load_yaml, parse_yaml, path_text, suggest, write_yaml


def faults(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_yaml(text, "f")
    return [str(problem) for problem in caught.value.problems]


def test_scalars_follow_yaml_1_2_with_iso_dates() -> None:
    text = "[a b, 'x', '1', 1, -2, 0x1F, 0o17, 010, 1.5, 1e3, .5, true, no, NO, null, ~, 2025-07-01, 1_0]"
    values = ["a b", "x", "1", 1, -2, 31, 15, 10, 1.5, 1000.0, 0.5, True, "no", "NO", None, None]
    assert parse_yaml(text, "f").data == [*values, date(2025, 7, 1), "1_0"]


def test_keys_are_text_whatever_they_look_like() -> None:
    assert parse_yaml("{1: a, 2025-07-01: b, yes: c, null: d}", "f").data == {
        "1": "a",
        "2025-07-01": "b",
        "yes": "c",
        "null": "d",
    }


def test_marks_point_at_values_and_keys() -> None:
    document = parse_yaml("a:\n  - b: 1\n    cc:  two\n", "f")
    assert document.where(("a", 0, "cc")) == (3, 10)
    assert document.key_mark(("a", 0, "cc")) == (3, 5)
    assert document.where(("a", 0, "missing", "deep")) == (2, 5)
    assert document.key_mark(("a", 0)) == (2, 5)
    assert str(document.problem(("a", 0, "cc"), "is odd", "Why?")) == "f:3:10: a[0].cc: is odd. Why?"


def test_marks_of_text_that_stands_inside_another_line() -> None:
    document = parse_yaml("{a: 1,\n b: 2}", "--set", line=4, column=10)
    assert document.where(("a",)) == (4, 14)
    assert document.where(("b",)) == (5, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", ["f:3:1: a: duplicate key (first on line 1)"]),
        ("a: {x: 1, x: {x: 2, x: 3}}", ["f:1:11: a.x: duplicate key (first on line 1)"]),
        ("a: .nan\nb: -.inf\nc: 1e999", [
            "f:1:4: a: .nan is not a finite number",
            "f:2:4: b: -.inf is not a finite number",
            "f:3:4: c: 1e999 is too large for a number",
        ]),
        ("a: &x 1\nb: *x", [
            "f:1:4: a: anchors and aliases are not supported: write the value out",
            "f:2:4: b: anchors and aliases are not supported: write the value out",
        ]),
        ("a: !!str 1", ["f:1:4: a: the tag tag:yaml.org,2002:str is not supported"]),
        ("%YAML 1.1\n---\na: NO", ["f:2:1: YAML directives (%) are not supported"]),
        ("a: 1\n---\nb: 1", ["f:2:1: only one document per file"]),
        ("a: 2025-02-30", ["f:1:4: a: 2025-02-30 is not a date of the calendar"]),
        ("a: 2025-07-01 10:00", ["f:1:4: a: 2025-07-01 10:00 has a time of day: write a date as YYYY-MM-DD"]),
        ("a: " + "9" * 50, ["f:1:4: a: the number has more than 40 digits"]),
        ("[x]: 1\n: 2", ["f:1:1: a key must be a word", "f:2:1: a key must be a word"]),
        ("a: [1\nb: 2", ["f:2:2: is not valid YAML: expected ',' or ']', but got ':'"]),
        ("a: 1\nb: \x01", ["f:2:4: the character '\\x01' is not allowed in YAML"]),
        ("a: 1\nb: x\u202ey", ["f:2:4: b: the character '\\u202e' is not allowed"]),
        ("a: '\u2066y'", ["f:1:4: a: the character '\\u2066' is not allowed"]),
        ('a: "\\u202a"', ["f:1:4: a: the character '\\u202a' is not allowed"]),
        ("[" * 100, ["f:1:42: nested deeper than 40 levels"]),
        ('a: "\\UFFFFFFFF"', ["f:1:1: is not valid YAML: an escape stands for no character"]),
    ],
)  # fmt: skip
def test_faults_are_told_at_their_place(text: str, expected: list[str]) -> None:
    assert faults(text) == expected


def test_a_billion_laughs_end_at_once() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30))]
    assert all("anchors" in fault for fault in faults("\n".join(lines)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "1:1: the file is empty"),
        (b"# only a comment\n", "1:1: the file is empty"),
        (b"- 1\n", "1:1: a mapping of keys to values is expected"),
        (b"a: 1\nb: \xff\n", "2:4: is not UTF-8 text"),
    ],
)
def test_a_file_is_one_mapping_in_utf8(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_yaml(path)
    assert str(caught.value) == f"{path}:{expected}"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1:1: cannot be read: No such file"):
        load_yaml(tmp_path / "nothing.yaml")
    with pytest.raises(InputError, match="1:1: cannot be read: Is a directory"):
        load_yaml(tmp_path)


def test_a_byte_order_mark_is_no_character(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    document = load_yaml(path)
    assert (document.data, document.where(("a",))) == ({"a": 1}, (1, 4))


def test_problems_are_sorted_and_told_once() -> None:
    late, early = Problem("f", 10, 1, "", "late"), Problem("f", 2, 5, "a", "early", "Hint?")
    error = InputError([late, early, late])
    assert str(error) == "f:2:5: a: early. Hint?\nf:10:1: late"


def test_paths_and_suggestions() -> None:
    assert path_text(("events", 0, "gates", 1)) == "events[0].gates[1]"
    assert path_text(()) == ""
    assert suggest("Pangva", ["pangwa", "muse"]) == "Did you mean 'pangwa'?"
    assert suggest("entirely", ["pangwa", "muse"]) == ""


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab1-.:,[]{}&*!|>'\"%#?@\n \t\\x\x85\ufeff\x00é"), max_size=40))
@example("?\n? :\n")
@example("- - -\n -")
@example("a: |2\n x")
@example("'\\")
def test_any_text_is_read_or_refused_as_input(text: str) -> None:
    try:
        document = parse_yaml(text, "f")
    except InputError as error:
        told = len(error.problems)
    else:
        told = document.where(())[0]
    assert told >= 1


TRICKY = [
    "0o17",
    ".5e3",
    "1e3",
    "2025-07-01",
    "2025-13-01",
    "NO",
    "null",
    "~",
    "-5 %",
    "90 d",
    "a: b",
    " x",
    "# c",
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\t\n"), max_size=20),
    st.dates(),
    st.sampled_from(TRICKY),
)
KEYS = st.text(min_size=1, max_size=8)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        KEYS,
        st.recursive(
            SCALARS | st.lists(SCALARS, max_size=3),
            lambda inner: (
                st.dictionaries(KEYS, inner, max_size=3)
                | st.lists(st.dictionaries(KEYS, inner, max_size=3), max_size=3)
            ),
            max_leaves=8,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_written_is_read_back(data: dict[str, object]) -> None:
    assert parse_yaml(write_yaml(data), "f").data == data
