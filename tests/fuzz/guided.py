"""`python -m tests.fuzz.guided TARGET`: mutated files for as long as one likes, led by the lines of sim/ they reach.

For atheris, which is no dependency (`make fuzz-guided`). It begins with the real files; half of its mutations are
those of mutations.py, half libFuzzer's own. libFuzzer's options go behind the name: -max_total_time=600, -seed=1.
"""

import random
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sim"]):
    from tests.fuzz import targets

from tests.fuzz.mutations import HOSTILE, KINDS, MOST_BYTES, Fault, mutated
from tests.fuzz.test_fuzz import judged


def mutate(target: targets.Target, content: bytes, most: int, seed: int) -> bytes:
    """The content with one to four faults, or as libFuzzer changes it."""
    drawn = random.Random(seed)
    if drawn.random() < 0.5:
        return atheris.Mutate(content, most)
    kinds, places = sorted(KINDS), 2**16
    faults = [
        Fault(
            drawn.choice(kinds),
            drawn.randrange(places),
            drawn.randrange(places),
            drawn.randrange(len(HOSTILE)),
        )
        for _ in range(drawn.randint(1, 4))
    ]
    return mutated(content, faults, target.files())[:most]


def main(name: str, *options: str) -> None:
    """Ends at libFuzzer's time limit, or with the first file that breaks a promise, which is kept as crash-*."""
    known = {target.name.replace(" ", "-"): target for target in targets.TARGETS}
    if name not in known:
        sys.exit(f"no such target: {name}; there are {', '.join(known)}")
    target = known[name]
    with atheris.instrument_imports(include=["sim"]):  # what the command imports on its way
        judged(target, target.files()[0])
    with tempfile.TemporaryDirectory(prefix="sim-guided-") as corpus:
        for number, content in enumerate(target.files()):
            (Path(corpus) / str(number)).write_bytes(content)
        limits = (f"-max_len={MOST_BYTES}", f"-timeout={2 * targets.HANGS_S:.0f}", "-rss_limit_mb=0")
        atheris.Setup(
            [sys.argv[0], corpus, *limits, *options],
            lambda content: judged(target, content),
            custom_mutator=lambda content, most, seed: mutate(target, content, most, seed),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
