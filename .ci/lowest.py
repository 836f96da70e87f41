"""Prints pip constraints that pin every dependency to the lowest version pyproject.toml allows.

`python .ci/lowest.py EXTRA…` takes the extras' dependencies in, too.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
BOUND = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*>=\s*([0-9.]+)")


def lowest(extras: list[str]) -> list[str]:
    """`name==version` for every direct dependency with a lower bound. ValueError where one has none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted, extras = [*project["dependencies"]], [*extras]
    for extra in extras:
        for requirement in project["optional-dependencies"][extra]:
            if requirement.startswith(project["name"]):
                extras += re.findall(r"[a-z]+", requirement.partition("[")[2])
            else:
                wanted.append(requirement)
    bounds = {}
    for requirement in wanted:
        match = BOUND.match(requirement)
        if match is None:
            raise ValueError(f"{requirement}: has no lower bound")
        bounds[match[1]] = match[2]
    return [f"{name}=={version}" for name, version in sorted(bounds.items())]


if __name__ == "__main__":
    print(*lowest(sys.argv[1:]), sep="\n")
