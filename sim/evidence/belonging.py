"""What shows only when the files of the evidence are seen together: circles, double names, wrong units."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sim.evidence.records import Draw, Estimate
from sim.inputs.quantity import FieldError, Quantity
from sim.inputs.sampling import Fixed


def circles(parameters: Mapping[str, Estimate]) -> Iterator[list[str]]:
    """Derived parameters that are made of one another, round by round."""
    left: dict[str, Sequence[str]] = {name: estimate.inputs for name, estimate in parameters.items()}
    while _take_out_what_ends(left):
        way = [next(iter(left))]
        while (following := next(one for one in left[way[-1]] if one in left)) not in way:
            way.append(following)
        circle = way[way.index(following) :]
        yield circle
        for name in circle:
            del left[name]


def _take_out_what_ends(left: dict[str, Sequence[str]]) -> bool:
    """Leaves those that lead into a circle; whether there are any."""
    while over := [name for name, inputs in left.items() if not any(one in left for one in inputs)]:
        for name in over:
            del left[name]
    return bool(left)


def of_two_things(facts: Collection[str], *others: Collection[str]) -> list[str]:
    """Ids of facts that a formula could take for something else."""
    return [name for name in facts if any(name in known for known in others)]


def misfit(draw: Draw, parameters: Mapping[str, Estimate]) -> str:
    """What is wrong with the unit of a calibrated number; empty: nothing, or there is no such parameter."""
    if draw.path not in parameters:
        return ""
    try:
        Quantity(Fixed(draw.value), draw.unit).to(parameters[draw.path].unit)
    except FieldError as fault:
        return str(fault)
    return ""
