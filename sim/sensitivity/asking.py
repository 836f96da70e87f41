"""Whether what is asked of `sim sensitivity` goes together: methods, rows, and options that only some use."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sim.comparison import Selection
from sim.inputs.text import InputError, Problem
from sim.sensitivity import methods
from sim.sensitivity.reading import Studied

DECISION, BREACH = "--decision", "--breach"
USED_BY = {DECISION: ("information",), BREACH: ("discovery", "breach")}
"""The methods that an option is for."""
NEEDS_OPTION = {
    "information": (DECISION, "a decision with a loss: --decision FILE"),
    "discovery": (BREACH, "a threshold: --breach 'METRIC[place, element] > NUMBER'"),
}
"""What a method cannot do without: the option, and what is to be given there."""


@contextmanager
def noted(problems: list[Problem]) -> Iterator[None]:
    """Goes on after faults, which are put to the others, so that all are told at once."""
    try:
        yield
    except InputError as error:
        problems += error.problems


def check(
    studied: Studied, asked: Sequence[str], selection: Selection, given: Mapping[str, Sequence[str]]
) -> None:
    """Raises InputError for every method, row and option that does not go with the design or each other.

    asked: methods; empty for all that the design can serve. given: what options that only some methods use
    were given, by option of USED_BY.
    """
    problems: list[Problem] = []
    with noted(problems):
        methods.check(asked, studied)
    problems += [
        *selection.faults(studied.rows, "a metric of the whole run is expected"),
        *(
            Problem("sim sensitivity", 1, 1, method, f"needs {what}")
            for method, (option, what) in NEEDS_OPTION.items()
            if method in asked and not given[option]
        ),
        *_unused(studied, asked, given),
    ]
    if problems:
        raise InputError(problems)


def _unused(studied: Studied, asked: Sequence[str], given: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """What was given to no purpose, and why."""
    if not set(asked) <= methods.NEEDS.keys():  # which one was meant is not known
        return
    fitting = methods.fitting(studied)
    for option, users in USED_BY.items():
        if set(users) & set(asked or fitting):
            continue
        why, hint = "no such method was asked for", f"Ask with --method {users[0]}"
        if users[0] not in fitting:
            why, hint = methods.unfit(users[0], studied)
        for value in given[option]:
            yield Problem(option, 1, 1, value, f"is for the method {' or '.join(users)} alone: {why}", hint)
