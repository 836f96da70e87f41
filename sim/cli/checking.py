"""`sim check`: all faults of all files, and what the sound ones would do."""

from collections.abc import Iterable, Sequence

from sim import shipped
from sim.cli.showing import error_console, print_json, show_design, show_timeline
from sim.evidence import Registry
from sim.inputs.text import InputError, Problem
from sim.scenario.timeline import timeline
from sim.study import Plan, before_running, prepare
from sim.sweeps.declared import is_sweep
from sim.sweeps.plan import Plan as SweepPlan
from sim.sweeps.plan import Wish
from sim.sweeps.plan import prepare as prepare_sweep
from sim.sweeps.records import warnings


def carry_out(refs: Sequence[str], sets: Sequence[str], *, as_json: bool) -> None:
    """Check and print. Raises InputError with the faults of all."""
    registry = Registry.load(shipped.seeds_dir())
    problems: list[Problem] = []
    checked: list[Plan | SweepPlan] = []
    for ref in refs:
        try:
            if is_sweep(ref):
                checked.append(prepare_sweep(Wish(ref, sets=sets), registry))
            else:
                checked.append(prepare(ref, sets, registry))
        except InputError as error:
            problems += error.problems
    if as_json:
        print_json({_name(plan): _plain(plan) for plan in checked})
    else:
        for plan in checked:
            _show(plan)
    for warning in [warning for plan in checked for warning in _warnings(plan)]:
        error_console().print(f"warning: {warning}")
    if problems:
        raise InputError(problems)


def _warnings(plan: Plan | SweepPlan) -> Iterable[str]:
    return warnings(plan) if isinstance(plan, SweepPlan) else before_running(plan)


def _name(plan: Plan | SweepPlan) -> str:
    return plan.name if isinstance(plan, SweepPlan) else plan.scenario.name


def _plain(plan: Plan | SweepPlan) -> object:
    if isinstance(plan, SweepPlan):
        design = plan.design
        return {
            "design": design.kind, "levers": design.levers, "uncertainties": design.uncertainties,
            "points": len(design.rows), "replications": plan.replications,
        }  # fmt: skip
    return [moment._asdict() for moment in timeline(plan.scenario)]


def _show(plan: Plan | SweepPlan) -> None:
    if isinstance(plan, SweepPlan):
        show_design(plan)
    else:
        show_timeline(plan.scenario, timeline(plan.scenario))
