"""`python -m sim.analysis docs/analysis [PAGE …]`: regenerate the pages, all or some, in minutes."""

from argparse import ArgumentParser
from pathlib import Path
from time import perf_counter

from sim.analysis import pages
from sim.analysis.runs import Bench


def main() -> None:
    """Write the pages and say how long each took."""
    parser = ArgumentParser(prog="python -m sim.analysis", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the templates are")
    parser.add_argument("pages", nargs="*", help="names of pages; none: all")
    parser.add_argument("--replications", type=int, default=20, help="of scenarios (sweeps say their own)")
    parser.add_argument("--sweeps", type=Path, default=Path("results/sweep"), help="where sweeps are kept")
    asked = parser.parse_args()
    known = pages.names(asked.folder)
    if unknown := sorted(set(asked.pages) - set(known)):
        parser.error(f"no such page: {', '.join(unknown)}; there are {', '.join(known)}")
    facts = pages.Facts(Bench(asked.replications, asked.sweeps), pages.Budget())
    for name in asked.pages or known:
        started = perf_counter()
        pages.write(name, asked.folder, facts)
        print(f"{asked.folder / name}.md  {perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
