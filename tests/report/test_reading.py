"""A large table is read another way than a small one, and nothing else about it differs."""

import numpy as np
import pytest

from sim.inputs.text import InputError
from sim.report import large as pieces
from sim.report import reading

TABLES = {"monthly.csv": "variable", "kpi.csv": "metric"}


def both(monkeypatch, read):
    """What is read of a small table and of a large one."""
    small = read()
    monkeypatch.setattr(reading, "LARGE_BYTES", 0)
    monkeypatch.setattr(reading, "_by_rows", lambda *_: pytest.fail("read as a small one"))
    return small, read()


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kind", ["run", "other"])
@pytest.mark.parametrize("rows", [pytest.param(37, marks=pytest.mark.slow), pieces.PIECE_ROWS])
def test_a_large_table_is_read_as_a_small_one(made, monkeypatch, kind, name, rows):
    monkeypatch.setattr(pieces, "PIECE_ROWS", rows)
    small, large = both(monkeypatch, lambda: reading.read_table(made[kind] / name, TABLES[name]))
    assert large[0] == small[0]
    assert (large[1].replications, large[1].months) == (small[1].replications, small[1].months)
    assert list(large[1].units.items()) == list(small[1].units.items())
    assert list(large[1].values) == list(small[1].values)
    for key, values in small[1].values.items():
        np.testing.assert_array_equal(large[1].values[key], values, strict=True)


FAULTS = {
    "cut": lambda text: text[: len(text) // 2],
    "no column": lambda text: text.replace("element,", "substance,", 1),
    "a row too few": lambda text: text[: text.rstrip().rfind("\n") + 1],
    "no number": lambda text: text[: text.rstrip().rfind(",") + 1] + "much\n",
    "a field too many": lambda text: text.rstrip() + ",1,2\n",
    "nothing": lambda _: "",
    "no rows": lambda text: text[: text.find("\n") + 1],
    "another row": lambda text: text + text.splitlines()[1].replace(",0,", ",1,", 1) + "\n",
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("damage", FAULTS.values(), ids=FAULTS)
def test_a_damaged_large_table_is_taken_as_a_small_one(made, monkeypatch, tmp_path, damage, name):
    file = tmp_path / name
    file.write_text(damage((made["run"] / name).read_text(encoding="utf-8")), encoding="utf-8")

    def said():
        try:
            return str(reading.read_table(file, TABLES[name])[1])
        except InputError as error:
            return str(error)

    small = said()
    monkeypatch.setattr(reading, "LARGE_BYTES", 0)
    assert said() == small
