"""What a scenario says of actors at places that these never hold, and that does nothing there."""

from collections.abc import Iterator

from sim.scenario import events
from sim.scenario.model import Scenario
from sim.world import World


def unheld(scenario: Scenario, world: World) -> Iterator[str]:
    """Policies of the start of who has no gate to come, and places of a tax that are never its actor's."""
    gates = {(gate.controller, gate.name) for gate in world.gates}
    districts = {(district.controller, district.name) for district in world.districts}
    for event in scenario.events:
        if isinstance(event, events.ControlChange):
            gates |= {(event.to, gate) for gate in event.gates}
            districts |= {(event.to, district) for district in event.districts}
    for actor in scenario.start_state.policies:
        if actor not in {holder for holder, _ in gates}:
            yield f"start_state.policies.{actor}: {actor} holds no gate, so nothing follows"
    for event in scenario.events:
        if isinstance(event, events.TaxChange):
            held = gates if event.point == "export_gate" else districts
            if idle := [place for place in event.places or () if (event.actor, place) not in held]:
                places = ", ".join(idle)
                yield f"event {event.id}: {event.actor} does not hold {places}, and takes nothing there"
