"""Which events hold something back, and from when to when: what recovery and survival are measured from."""

from collections.abc import Iterator, Sequence

from sim import changes
from sim.changes import Effect
from sim.ledger import TimelineRow
from sim.world import World

_ALWAYS = (
    changes.GateClosure,
    changes.Halt,
    changes.ReagentEmbargo,
    changes.ControlChange,
    changes.RoadDisruption,
    changes.SeparationOutage,
    changes.SiteClosure,
)


def disruptions(world: World, timeline: Sequence[TimelineRow]) -> tuple[tuple[float, float], ...]:
    """Days on which an event held something back, for events that changed something."""
    changed = {row.event for row in timeline if row.effect == "changed"}
    first = world.warmup_d
    return tuple(
        (effect.window.start_d - first, _until(effect) - first)
        for effect in _single(world.effects)
        if effect.id in changed and _disrupts(effect)
    )


def _single(effects: Sequence[Effect]) -> Iterator[Effect]:
    """Every effect, and every spell of those that come by chance."""
    for effect in effects:
        if isinstance(effect, changes.Spells):
            yield from effect.spells
        else:
            yield effect


def _disrupts(effect: Effect) -> bool:
    """Whether an event holds ore, reagents, crews or plants back."""
    if isinstance(effect, changes.GateCapacity):
        return effect.factor < 1.0
    if isinstance(effect, changes.ExportPolicy):
        return effect.policy != "open"
    return isinstance(effect, _ALWAYS)


def _until(effect: Effect) -> float:
    """The day on which it lets go: a change of control once the new holder and the operators agree."""
    if isinstance(effect, changes.ControlChange):
        return min(effect.window.start_d + effect.gap_d, effect.window.end_d)
    return effect.window.end_d
