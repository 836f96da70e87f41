"""What becomes of one run: a result, or a fault that is told in a row while the others go on."""

import os
from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

from sim.ledger import ConservationError

Item = int
"""A run goes by a number; what the number stands for is the job's to know."""

R_co = TypeVar("R_co", covariant=True)


class Fault(NamedTuple):
    """Why a run gave no result. stage: build, run, audit, measure, timeout, or worker (its process died)."""

    stage: str
    type: str
    message: str


class StagedError(Exception):
    """A run died of `error` at a stage that is not the run itself."""

    def __init__(self, stage: str, error: Exception) -> None:
        super().__init__(stage, error)
        self.stage = stage
        self.error = error


class Job(Protocol[R_co]):
    """The runs of one command. Sent once to every worker: it must be picklable."""

    def run(self, item: Item) -> R_co:
        """One run. Whatever it raises becomes its fault."""

    def keep(self, done: Sequence[tuple[Item, object]]) -> Sequence[tuple[Item, object]]:
        """Called where the runs were made, with results or faults of a batch; what goes on to the command."""

    def save(self, *, final: bool) -> bool:
        """Write what `keep` holds back, if it is time (or `final`); whether all of it is written.

        Raises OSError if it cannot be written.
        """


def attempt(job: Job[object], item: Item) -> object:
    """The result of one run, or its Fault."""
    try:
        return job.run(item)
    except ConservationError as error:
        return Fault("audit", type(error).__name__, str(error))
    except StagedError as staged:
        return fault_of(staged.stage, staged.error)
    except Exception as error:  # noqa: BLE001 - whatever a run dies of is its result, and the others go on
        return fault_of("run", error)


def fault_of(stage: str, error: Exception) -> Fault:
    """The fault that an exception stands for, with the file and line that raised it."""
    trace = error.__traceback__
    if trace is None:
        return Fault(stage, type(error).__name__, str(error))
    while trace.tb_next is not None:
        trace = trace.tb_next
    origin = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
    return Fault(stage, type(error).__name__, f"{error} ({origin})")


def timed_out(limit_s: float) -> Fault:
    """The fault of a run that took longer than it may."""
    return Fault("timeout", "TimeoutError", f"took longer than {limit_s:g} s and was ended; see --timeout")


def worker_died(code: object = None) -> Fault:
    """The fault of a run whose process ended twice under it."""
    told = f" (exit code {code})" if code is not None else ""
    message = f"a worker process ended{told}, perhaps for want of memory; run again with fewer --workers"
    return Fault("worker", "ProcessDied", message)
