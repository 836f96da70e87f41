"""docs/assumptions.md: every parameter in prose a reader can argue with, the weakest first.

`python -m sim.evidence.assumptions PATH` writes it; a test keeps it in step with seeds/.
"""

import sys
from pathlib import Path

from sim import shipped
from sim.evidence import Registry
from sim.evidence.printing import GRADE_MEANING
from sim.evidence.records import GRADES, Estimate

_HEAD = """# Assumptions

Generated from `seeds/parameters/` by `make docs`; do not edit. The weakest come first: an answer that hangs
on the first section hangs on us. `sim evidence NAME` prints one with its formula, inputs and users.

"""


def text(registry: Registry) -> str:
    """The page."""
    estimates = list(registry.parameters.values())
    counts = " · ".join(f"{grade} {sum(e.grade == grade for e in estimates)}" for grade in GRADES)
    sections = [_section(grade, estimates) for grade in reversed(GRADES)]
    return f"{_HEAD}{len(estimates)} parameters: {counts}\n\n" + "\n".join(sections)


def _section(grade: str, estimates: list[Estimate]) -> str:
    rows = [_row(estimate) for estimate in estimates if estimate.grade == grade]
    names = ("parameter", "value", "range", "what and why", "from", "what would settle it")
    head = f"| {' | '.join(names)} |\n{'| --- ' * len(names)}|\n"
    return f"## Grade {grade}: {GRADE_MEANING[grade]}\n\n{head}" + "".join(rows)


def _row(estimate: Estimate) -> str:
    unit = "" if estimate.unit == "1" else f" {estimate.unit}"
    span = "as given" if estimate.low == estimate.high else f"{estimate.low:g} to {estimate.high:g}"
    sources = ", ".join(dict.fromkeys(citation.id for citation in estimate.sources)) or "none"
    value = f"{estimate.value:g}{unit}"
    cells = (f"`{estimate.name}`", value, span, estimate.note, sources, estimate.settled_by)
    return "| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(Registry.load(shipped.seeds_dir())), encoding="utf-8")
