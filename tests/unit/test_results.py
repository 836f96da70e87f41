"""The result folder: whole or not at all, nothing lost, nothing foreign touched."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim.report.page import save
from sim.results import DATA, SCHEMA, PlaceError, check_place, data_hash, unfinished, write

HOLD_A_SCRATCH_FOLDER = """
import sys, pathlib
from sim import results
def never_ends():
    print("writing", flush=True)
    sys.stdin.read()
    yield "x"
results.write(pathlib.Path(sys.argv[1]), {"kpi.csv": never_ends()})
"""


def files(kpi="a,b\n", wall=1.0, **more):
    manifest = json.dumps({"schema": SCHEMA, "wall_seconds": wall})
    return {"kpi.csv": [kpi], "runs.csv": [f"{wall}\n"], "reference/kpi.csv": ["r\n"], **more} | {
        "manifest.json": [manifest]
    }


def content(folder):
    """Text by file; the manifest without the hashes that writing adds."""
    found = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    if found.get("manifest.json", "").startswith("{\n"):
        manifest = json.loads(found["manifest.json"])
        del manifest["files"], manifest["seal"]
        found["manifest.json"] = json.dumps(manifest)
    return found


def expected(**kwargs):
    return {name: "".join(pieces) for name, pieces in files(**kwargs).items()}


@pytest.fixture
def place(tmp_path):
    return tmp_path / "results" / "demo"


def test_a_new_result_is_written_with_its_subfolder_and_nothing_beside_it(place):
    assert write(place, files()) is None
    assert content(place) == expected()
    assert [path.name for path in place.parent.iterdir()] == ["demo"]


def test_the_same_again_replaces_the_files_and_keeps_no_history(place):
    write(place, files(wall=1.0))
    inode = (place / "kpi.csv").stat().st_ino
    (place / "notes.txt").write_text("mine", encoding="utf-8")
    assert write(place, files(wall=2.0)) is None
    assert content(place) == expected(wall=2.0) | {"notes.txt": "mine"}
    assert (place / "kpi.csv").stat().st_ino != inode
    assert [path.name for path in place.parent.iterdir()] == ["demo"]


def test_something_else_moves_the_old_one_to_history_with_all_that_was_in_it(place):
    write(place, files(kpi="old\n"))
    (place / "notes.txt").write_text("mine", encoding="utf-8")
    hash8 = data_hash(place)[:8]
    kept = write(place, files(kpi="new\n"))
    assert kept == place.parent / ".history" / f"demo-{hash8}"
    assert content(kept) == expected(kpi="old\n") | {"notes.txt": "mine"}
    assert content(place) == expected(kpi="new\n")


def test_back_and_forth_keeps_each_content_once(place):
    for kpi in ("one\n", "two\n", "one\n", "two\n", "one\n"):
        write(place, files(kpi=kpi))
    history = sorted((place.parent / ".history").iterdir())
    assert {content(folder)["kpi.csv"] for folder in history} == {"one\n", "two\n"}
    assert len(history) == 2
    assert sorted(path.name for path in place.parent.iterdir()) == [".history", "demo"]


def test_a_kept_duplicate_is_dropped_only_if_nothing_else_is_in_it(place):
    write(place, files(kpi="one\n"))
    write(place, files(kpi="two\n"))
    write(place, files(kpi="one\n"))
    (place / "notes.txt").write_text("mine", encoding="utf-8")
    kept = write(place, files(kpi="two\n"))
    assert kept.name.endswith("-2")
    assert content(kept)["notes.txt"] == "mine"


def test_one_file_more_or_less_is_something_else(place):
    write(place, files())
    without_reference = files()
    del without_reference["reference/kpi.csv"]
    assert write(place, without_reference) is not None
    assert not (place / "reference").exists()


def test_times_are_no_difference_and_tables_are(tmp_path):
    one, two, three = (tmp_path / name for name in "abc")
    write(one, files(wall=1.0))
    write(two, files(wall=2.0))
    write(three, files(kpi="c\n"))
    assert data_hash(one) == data_hash(two) != data_hash(three)


def test_the_data_files_are_those_of_the_contract():
    assert set(DATA) == {
        *("summary.csv", "kpi.csv", "monthly.csv", "timeline.csv", "scenario.resolved.yaml"),
        *(f"reference/{name}.csv" for name in ("summary", "kpi", "monthly", "timeline")),
    }


@pytest.mark.parametrize("manifest", [None, "{}", "[]", "no json", '{"schema": "another/1"}'])
def test_a_folder_of_something_else_is_refused_and_untouched(place, manifest):
    place.mkdir(parents=True)
    (place / "thesis.txt").write_text("years of work", encoding="utf-8")
    if manifest is not None:
        (place / "manifest.json").write_text(manifest, encoding="utf-8")
    before = content(place)
    with pytest.raises(PlaceError, match="not a result folder"):
        check_place(place)
    with pytest.raises(PlaceError):
        write(place, files())
    assert content(place) == before
    assert [path.name for path in place.parent.iterdir()] == ["demo"]


def test_a_file_is_refused(place):
    place.parent.mkdir(parents=True)
    place.write_text("x", encoding="utf-8")
    with pytest.raises(PlaceError, match="not a result folder"):
        check_place(place)
    with pytest.raises(PlaceError, match="cannot be made"):
        check_place(place / "below")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which nothing can be made")
def test_a_place_that_only_says_that_it_can_be_written_to_is_refused_before_the_run():
    with pytest.raises(PlaceError, match=r"/proc/x: cannot be made in /proc: .+ Name another with --out"):
        check_place(Path("/proc/x"))


@pytest.mark.parametrize("kept_from", [os.R_OK, os.W_OK])
def test_an_earlier_result_that_is_not_to_be_replaced_is_told_before_the_run(place, monkeypatch, kept_from):
    """All replications were run, and then lost. Rights are no bar to an administrator, so they are asked."""
    write(place, files())
    (place / "gone").symlink_to("nowhere")
    monkeypatch.setattr(os, "access", lambda path, mode: not (path.is_dir() and mode & kept_from))
    with pytest.raises(PlaceError, match=r"demo of the earlier result is not to be read or replaced\. Name"):
        check_place(place)


def test_a_place_that_cannot_be_locked_is_told_before_the_run(place, monkeypatch):
    def refuse(path, _):
        raise PermissionError(13, "Permission denied", path)

    place.parent.mkdir(parents=True)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PlaceError, match=r"cannot be made in .*: Permission denied"):
        check_place(place)
    assert not list(place.parent.iterdir())


def test_a_folder_where_a_file_belongs_goes_with_the_earlier_result(place):
    """The same run again ended in a fault when all was done."""
    write(place, files())
    (place / "runs.csv").unlink(missing_ok=True)
    (place / "runs.csv").mkdir()
    (place / "runs.csv" / "notes.txt").write_text("mine", encoding="utf-8")
    kept = write(place, files() | {"runs.csv": ["new\n"]})
    assert (kept / "runs.csv" / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (place / "runs.csv").read_text(encoding="utf-8") == "new\n"


@pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + "/r", "x" * 245, "ü" * 122, "x\0", "loop", "loop/r"])
def test_a_place_that_no_folder_can_have_is_refused(tmp_path, name):
    (tmp_path / "loop").symlink_to("pool")
    (tmp_path / "pool").symlink_to("loop")
    with pytest.raises(PlaceError, match=r"cannot be made.* Name another with --out"):
        check_place(tmp_path / name)


def test_the_longest_name_that_is_taken_holds_a_result_and_its_history(tmp_path):
    place = check_place(tmp_path / ("x" * 241))
    with pytest.raises(PlaceError):
        check_place(tmp_path / ("x" * 242))
    for kpi in ("one\n", "two\n", "one\n"):
        write(place, files(kpi=kpi))
    unfinished.save(place.parent / ".unfinished" / f"{place.name}-12345678.npz", {})


def test_a_file_in_place_of_the_history_is_told_before_a_result_is_to_be_moved_there(place):
    """It was an unexpected fault once the run was over."""
    (place.parent).mkdir()
    (place.parent / ".history").touch()
    write(place, files())
    with pytest.raises(PlaceError, match=r"\.history is in the way of what it replaces"):
        check_place(place)


def test_a_link_is_followed(tmp_path):
    (tmp_path / "link").symlink_to("there")
    assert check_place(tmp_path / "link") == (tmp_path / "there").resolve()


def test_a_place_whose_name_gives_orders_to_a_terminal_is_told_with_escapes(tmp_path):
    place = tmp_path / "a\x1b[31mb\nc"
    place.write_text("x", encoding="utf-8")
    with pytest.raises(PlaceError) as refused:
        check_place(place)
    assert "/a\\x1b[31mb\\nc: exists" in str(refused.value)


def test_a_place_that_is_free_is_left_as_it_was(place):
    check_place(place)
    assert not place.parent.exists()
    place.parent.mkdir()
    check_place(place)
    assert not list(place.parent.iterdir())


def test_an_empty_folder_is_used(place):
    place.mkdir(parents=True)
    check_place(place)
    write(place, files())
    assert content(place) == expected()


class DiskFull(OSError):
    pass


def runs_full():
    yield "half a li"
    raise DiskFull(28, "No space left on device")


@pytest.mark.parametrize("earlier", [True, False])
def test_a_full_disk_leaves_what_was_there_and_nothing_half(place, earlier):
    if earlier:
        write(place, files(kpi="old\n"))
    with pytest.raises(DiskFull):
        write(place, files(kpi="new\n") | {"kpi.csv": runs_full()})
    assert [path.name for path in place.parent.iterdir()] == (["demo"] if earlier else [])
    if earlier:
        assert content(place) == expected(kpi="old\n")


def test_if_the_new_folder_cannot_be_moved_in_the_old_one_comes_back(place, monkeypatch):
    write(place, files(kpi="old\n"))
    rename = Path.rename

    def failing(self, target):
        if self.name.startswith(".tmp-"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="Input/output"):
        write(place, files(kpi="new\n"))
    assert content(place) == expected(kpi="old\n")
    assert not any(path.name.startswith(".tmp-") for path in place.parent.iterdir())


def test_what_a_killed_run_left_is_swept_and_what_a_living_one_writes_is_not(place):
    place.parent.mkdir(parents=True)
    dead = place.parent / ".tmp-demo-0123dead"
    dead.mkdir()
    (dead / "kpi.csv").write_text("half", encoding="utf-8")
    command = [sys.executable, "-c", HOLD_A_SCRATCH_FOLDER, str(place.parent / "other")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as living:
        assert living.stdout.readline() == b"writing\n"
        write(place, files())
        left = [path.name for path in place.parent.iterdir() if path.name.startswith(".tmp-")]
        assert len(left) == 1
        assert left[0].startswith(".tmp-other-")
        living.communicate()
    assert living.returncode == 0
    assert (place.parent / "other" / "kpi.csv").read_text(encoding="utf-8") == "x"


def test_a_scratch_folder_that_goes_while_it_is_looked_at_is_left_alone(place, monkeypatch):
    (place.parent / ".tmp-demo-0123dead").mkdir(parents=True)

    def gone(path):
        raise FileNotFoundError(str(path))

    monkeypatch.setattr(Path, "iterdir", gone)
    write(place, files())
    monkeypatch.undo()
    assert content(place) == expected()


WRITE_MANY = """
import json, pathlib, sys
from sim import results
folder, who = pathlib.Path(sys.argv[1]), sys.argv[2]
manifest = json.dumps({"schema": results.SCHEMA, "who": who})
for number in range(40):
    text = f"{who if number % 2 else 'common'}\\n"
    results.write(folder, {"kpi.csv": [text], "monthly.csv": [text], "manifest.json": [manifest]})
"""


def test_runs_of_the_same_name_at_once_never_mix(place):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE_MANY, str(place), who])
        for who in ("one", "two", "three")
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    folders = [place, *(place.parent / ".history").iterdir()]
    for folder in folders:
        found = content(folder)
        assert found["kpi.csv"] == found["monthly.csv"], folder
    assert not any(path.name.startswith(".tmp-") for path in place.parent.iterdir())


def test_the_page_is_made_of_the_tables_before_anybody_sees_them(place):
    write(place, files(kpi="old\n"))

    def page(folder):
        assert content(place) == expected(kpi="old\n"), "the earlier result is still in its place"
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert "kpi.csv" in manifest["files"]
        shutil.copy(folder / "kpi.csv", folder / "report.html")

    kept = write(place, files(kpi="new\n"), page)
    assert content(place) == expected(kpi="new\n") | {"report.html": "new\n"}
    assert content(kept) == expected(kpi="old\n")


def test_what_a_page_raises_ends_all_and_leaves_what_was(place):
    def page(_):
        raise KeyboardInterrupt

    write(place, files(kpi="old\n"))
    with pytest.raises(KeyboardInterrupt):
        write(place, files(kpi="new\n"), page)
    assert content(place) == expected(kpi="old\n")
    assert [path.name for path in place.parent.iterdir()] == ["demo"]


def test_a_half_page_of_a_killed_run_is_swept(place, monkeypatch):
    left = place.with_name(".tmp-demo-0123abcd")
    left.mkdir(parents=True)

    def killed(*_):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("os.replace", killed)
        patched.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(SystemExit):
            save("half", left / "report.html")
    assert [path.read_text(encoding="utf-8") for path in left.iterdir()] == ["half"]
    write(place, files())
    assert not left.exists()
