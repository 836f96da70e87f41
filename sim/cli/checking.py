"""`sim check`: all faults of all files, and what the sound ones would do."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress

from sim import shipped
from sim.cli.showing import error_console, print_json, show_design, show_timeline
from sim.evidence import Registry
from sim.inputs.text import InputError, Problem
from sim.scenario.timeline import timeline
from sim.study import Plan, before_running, prepare
from sim.sweeps.declared import found_file, is_sweep
from sim.sweeps.plan import Plan as SweepPlan
from sim.sweeps.plan import Wish
from sim.sweeps.plan import prepare as prepare_sweep
from sim.sweeps.records import warnings

Checked = Plan | SweepPlan


def carry_out(refs: Sequence[str], sets: Sequence[str], *, as_json: bool) -> None:
    """Check and print. Raises InputError with the faults of all, after telling a person of the sound ones.

    A program gets all or nothing: an answer without the faulty ones could be taken for the whole.
    """
    registry = Registry.load(shipped.seeds_dir())
    problems: list[Problem] = []
    checked: dict[str, Checked] = {}
    for ref in refs:
        try:
            checked[ref] = _prepared(ref, sets, registry)
        except InputError as error:
            problems += error.problems
    with suppress(BrokenPipeError) if problems else nullcontext():  # a refusal is one, whoever reads on
        if not as_json:
            for plan in checked.values():
                _show(plan)
        elif not problems:
            print_json(_by_name(checked))
    for warning in [warning for plan in checked.values() for warning in _warnings(plan)]:
        error_console().print(f"warning: {warning}")
    if problems:
        raise InputError(problems)


def _prepared(ref: str, sets: Sequence[str], registry: Registry) -> Checked:
    found_file(ref)  # of what is no name at all, a scenario alone would not tell the sweeps that are near
    return prepare_sweep(Wish(ref, sets=sets), registry) if is_sweep(ref) else prepare(ref, sets, registry)


def _by_name(checked: Mapping[str, Checked]) -> dict[str, object]:
    """What there is to tell of each, by its name; where several have it, by what was asked for."""
    names = Counter(map(_name, checked.values()))
    return {_name(plan) if names[_name(plan)] == 1 else ref: _plain(plan) for ref, plan in checked.items()}


def _warnings(plan: Checked) -> Iterable[str]:
    return warnings(plan) if isinstance(plan, SweepPlan) else before_running(plan)


def _name(plan: Checked) -> str:
    return plan.name if isinstance(plan, SweepPlan) else plan.scenario.name


def _plain(plan: Checked) -> object:
    if isinstance(plan, SweepPlan):
        design = plan.design
        return {
            "design": design.kind, "levers": design.levers, "uncertainties": design.uncertainties,
            "points": len(design.rows), "replications": plan.replications,
        }  # fmt: skip
    return [moment._asdict() for moment in timeline(plan.scenario)]


def _show(plan: Checked) -> None:
    if isinstance(plan, SweepPlan):
        show_design(plan)
    else:
        show_timeline(plan.scenario, timeline(plan.scenario))
