"""The last of ordered steps that holds, found by halving, many questions side by side."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Asked = Sequence[tuple[int, int]]
"""Pairs of question and step."""


def last_held(holds: Callable[[Asked], Sequence[bool]], questions: int, steps: int) -> NDArray[np.intp]:
    """For each question the last of the steps 0 … steps - 1 that holds; -1 if none does.

    holds: for (question, step) pairs, whether the step holds. The answer is right where a step that holds
    means that all before it hold. The last step is asked first.
    """
    low, high = np.full(questions, -1), np.full(questions, steps - 1)
    low[np.array(holds([(one, steps - 1) for one in range(questions)]), dtype=bool)] = steps - 1
    while (still := np.flatnonzero(high - low > 1)).size:
        middle = (low + high) // 2
        asked = [(int(one), int(middle[one])) for one in still]
        for (one, step), held in zip(asked, holds(asked), strict=True):
            (low if held else high)[one] = step
    return low
