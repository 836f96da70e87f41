"""What the manifest says of parameters, of the command and of the checkout."""

import subprocess
from datetime import date

import pytest

from sim.evidence import Citation, Estimate
from sim.manifest import command_line, git_state, grades, parameter, software
from sim.scenario.model import Setting

ESTIMATE = Estimate(
    name="taxes.kia.export_cny_per_t",
    value=35000.0,
    low=33333.0,
    high=35000.0,
    unit="CNY/t",
    distribution="triangular",
    kind="reported",
    grade="A",
    sources=(Citation("ree_2025_03", "para 6"),),
    formula="",
    inputs=(),
    checked=date(2026, 11, 22),
    note="",
    settled_by="",
    file="seeds/parameters/taxes.yaml",
    line=3,
)


def test_a_parameter_as_the_evidence_gives_it():
    used = parameter(ESTIMATE, None)
    assert (used["value"], used["unit"], used["grade"]) == (35000.0, "CNY/t", "A")
    assert used["sources"] == [{"id": "ree_2025_03", "where": "para 6"}]
    assert (used["file"], used["line"]) == ("seeds/parameters/taxes.yaml", 3)
    assert "set" not in used


@pytest.mark.parametrize(
    ("setting", "value", "grade", "told"),
    [
        ({"value": "50000 CNY/t", "evidence": "SMM"}, 50000.0, "C", "set by the scenario: SMM"),
        ({"value": "50000 CNY/t", "assume": "a guess"}, 50000.0, "D", "set by the scenario: a guess"),
        ({"value": "50000 CNY/t", "assume": "set by the user"}, 50000.0, "D", "set by the user"),
        (
            {"uniform": [1, 2], "unit": "CNY/t", "assume": "a range"},
            "uniform(1, 2) CNY/t",
            "D",
            "set by the scenario: a range",
        ),
    ],
)
def test_a_parameter_that_is_set_has_the_grade_of_its_reason(setting, value, grade, told):
    used = parameter(ESTIMATE, Setting.model_validate(setting))
    assert (used["value"], used["grade"], used["set"]) == (value, grade, told)
    assert used["evidence_value"] == 35000.0


def test_grades_are_counted_from_the_best():
    assert list(grades([{"grade": "D"}, {"grade": "A"}, {"grade": "D"}]).items()) == [("A", 1), ("D", 2)]


def test_the_command_keeps_no_absolute_path():
    argv = [
        "/opt/venv/bin/sim",
        "run",
        "/home/me/a b.yaml",
        "--out=/tmp/x",
        "--set",
        "a.b=1",
        "../c.yaml",
        "/",
    ]
    expected = ["sim", "run", "a b.yaml", "--out=x", "--set", "a.b=1", "../c.yaml", ""]
    assert command_line(argv) == expected


def git(folder, *words):
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *author, *words], cwd=folder, check=True, capture_output=True)


def test_the_checkout_is_told_with_its_dirty_flag(tmp_path):
    package = tmp_path / "sim"
    package.mkdir()
    assert git_state(package) is None
    git(tmp_path, "init", "-q")
    assert git_state(package) is None  # no commit yet
    (package / "a.py").write_text("", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    clean = git_state(package)
    assert len(clean["commit"]) == 40
    assert clean["dirty"] is False
    (package / "a.py").write_text("x = 1", encoding="utf-8")
    assert git_state(package)["dirty"] is True


def test_no_git_is_no_fault(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(tmp_path / "sim") is None


def test_software_names_the_libraries_a_result_stands_on():
    told = software()
    assert all(told["libraries"][name] for name in ("simpy", "numpy", "scipy"))
    assert told["python"].startswith("3.")
