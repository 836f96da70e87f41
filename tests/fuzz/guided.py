"""`python -m tests.fuzz.guided TARGET`: mutated files for as long as one likes, led by which lines of sim/ they reach.

For atheris (`make fuzz-guided`), which is no dependency. The seeds are the real files; half of the mutations are those of
mutations.py, half libFuzzer's own. Options of libFuzzer go behind the name: -max_total_time=600, -seed=1, a file to try again.
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
    """The content with one to four faults, or with what libFuzzer does to it."""
    drawn = random.Random(seed)
    if drawn.random() < 0.5:
        return atheris.Mutate(content, min(most, MOST_BYTES))
    share = 2**16
    wanted = [
        Fault(
            drawn.choice(sorted(KINDS)),
            drawn.randrange(share),
            drawn.randrange(share),
            drawn.randrange(len(HOSTILE)),
        )
        for _ in range(drawn.randint(1, 4))
    ]
    return mutated(content, wanted, target.files())[:most]


def main(name: str, *options: str) -> None:
    """Ends with libFuzzer: at its time limit, or with the first file that breaks a promise, which it keeps."""
    target = next(one for one in targets.TARGETS if one.name == name)
    with tempfile.TemporaryDirectory(prefix="sim-guided-") as corpus:
        for number, content in enumerate(target.files()):
            (Path(corpus) / str(number)).write_bytes(content)
        words = [sys.argv[0], corpus, f"-max_len={MOST_BYTES}", f"-timeout={targets.HANGS_S:.0f}", *options]
        atheris.Setup(
            words,
            lambda content: judged(target, content),
            custom_mutator=lambda content, most, seed: mutate(target, content, most, seed),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
