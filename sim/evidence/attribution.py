"""seeds/ATTRIBUTION.md: whose reports the evidence rests on, and on what terms it is used.

`python -m sim.evidence.attribution PATH` writes it; a test keeps it in step with seeds/sources.yaml.
"""

import sys
from pathlib import Path

from sim import shipped
from sim.evidence import Registry
from sim.evidence.records import Source

_HEAD = """# Attribution

Generated from `sources.yaml` by `make docs`; do not edit.

The files of this folder hold figures, dates and facts taken from the publications below, each with its
place in the source, told in our own words. Facts are free; the publications are their publishers', no text
of theirs is copied here, and naming a source does not say that it agrees with the use made of it. The
collection itself – which facts, graded how, fitted together how – is under the licence of the project
(Apache-2.0). Who uses a number should cite its source too: `sim evidence NAME` names it.

"""


def text(registry: Registry) -> str:
    """The page: publishers in the order of the alphabet, each with what was used of it."""
    by_publisher: dict[str, list[Source]] = {}
    for source in registry.sources.values():
        by_publisher.setdefault(source.publisher, []).append(source)
    return _HEAD + "".join(
        f"**{publisher}**\n\n"
        + "".join(map(_line, sorted(by_publisher[publisher], key=lambda s: s.id)))
        + "\n"
        for publisher in sorted(by_publisher, key=str.casefold)
    )


def _line(source: Source) -> str:
    title = f"[{source.title}]({source.url})" if source.url else source.title
    return f"- {title}, {source.date} (`{source.id}`)\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(Registry.load(shipped.seeds_dir())), encoding="utf-8")
