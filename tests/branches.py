"""`python -m tests.branches`: what of sim/ the tests that were counted last run; fails if too few branches.

coverage.py has one threshold, for lines and branches together, in which the many lines hide the branches.
"""

import json
import subprocess
import sys
from collections.abc import Mapping

LEAST = 95.0
"""Per cent of the branches."""
REPORT = (sys.executable, "-m", "coverage", "json", "-q", "--fail-under=0", "-o", "-")


def shares(totals: Mapping[str, int]) -> tuple[float, float]:
    """Per cent of the lines and of the branches that were run, from the totals of coverage's JSON report."""
    lines = totals["covered_lines"] / totals["num_statements"]
    branches = totals["covered_branches"] / totals["num_branches"]
    return 100 * lines, 100 * branches


if __name__ == "__main__":
    report = subprocess.run(REPORT, check=True, capture_output=True, text=True)
    lines, branches = shares(json.loads(report.stdout)["totals"])
    print(f"lines {lines:.1f} %, branches {branches:.1f} %")
    if branches < LEAST:
        sys.exit(f"of the branches at least {LEAST:g} % are asked for")
