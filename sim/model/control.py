"""Who holds which place, and what a holder lets out.

A district and a gate have a holder at each date; taxes and export policy belong to it. Policies: open ·
licensed (a share of the flow) · stock_only (what lay in the yards when it began) · banned. Of several
policies in force for one actor the latest counts; when it ends, the one before it is back.
"""

from collections.abc import Mapping

OPEN = ("open", 1.0)


class Control:
    """Holders of places by kind of place (`district`, `gate`), and policies of holders."""

    def __init__(
        self, districts: Mapping[str, str], gates: Mapping[str, str], policies: Mapping[str, str]
    ) -> None:
        self._holders = {"district": dict(districts), "gate": dict(gates)}
        self._start = {actor: (policy, 1.0) for actor, policy in policies.items()}
        self._policies: dict[str, dict[str, tuple[str, float]]] = {}
        self._stays: dict[tuple[str, str], dict[str, str]] = {}
        self.version = 0

    def holder(self, kind: str, place: str) -> str:
        """Who holds a place now: the last to take it, of those that have not given it back."""
        stays = self._stays.get((kind, place))
        return list(stays.values())[-1] if stays else self._holders[kind][place]

    def hand(self, owner: str, kind: str, place: str, actor: str) -> None:
        """An event gives a place to an actor."""
        self._stays.setdefault((kind, place), {})[owner] = actor
        self.version += 1

    def hand_back(self, owner: str) -> None:
        """An event's places return."""
        for stays in self._stays.values():
            stays.pop(owner, None)
        self.version += 1

    def decree(self, owner: str, actor: str, policy: str, share: float) -> None:
        """An event sets an actor's export policy."""
        self._policies.setdefault(actor, {})[owner] = (policy, share)
        self.version += 1

    def revoke(self, owner: str) -> None:
        """An event's policy ends."""
        for decrees in self._policies.values():
            decrees.pop(owner, None)
        self.version += 1

    def policy(self, actor: str) -> tuple[str, float]:
        """The policy in force and its share."""
        decrees = self._policies.get(actor)
        return list(decrees.values())[-1] if decrees else self._start.get(actor, OPEN)
