"""How fast an account may be called, by all our processes together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.adapters.port import Capabilities
from app.connections import rules
from app.connections.models import Connection
from app.core import kv
from app.core.rate_limit import Costs, Rate, RateLimiter, Standing
from app.core.remembered import Remembered
from app.core.transport import CALL

POINTS: Final = "points"


@dataclass(frozen=True, slots=True)
class Turns:
    """The limiter of a connection, and what every call takes."""

    limiter: RateLimiter
    usual: Costs
    remembered: Remembered

    def take(self, costs: Costs) -> None:
        """Wait for what a call takes; kinds nobody limits cost nothing. Raises RateLimited."""
        named = {kind: cost for kind, cost in costs.items() if kind in self.limiter.rates}
        self.limiter({**self.usual, **named})

    def options(self) -> dict[str, Any]:
        """Return how a wire asks for its turn and says what it learned."""
        return {
            "limiter": self.take,
            "on_throttled": self.limiter.back_off,
            "on_standing": self.limiter.report,
            "spend": self.spend,
            "on_budget": self.learn,
            "remembered": self.remembered,
        }

    def spend(self, points: float) -> None:
        """Wait for the points of a call where the far side counts points."""
        self.limiter({POINTS: points})

    def learn(self, available: float, capacity: float, per_second: float) -> None:
        """Believe how many points the far side says are left, at most and gained a second."""
        self.limiter.report(Standing(POINTS, available, per_second, capacity))


def rates_of(row: Connection, capabilities: Capabilities) -> Mapping[str, Rate]:
    """Return the buckets of an account: what its settings say, and what its channel names."""
    own = rules.setting(row.settings, "requests_per_second")
    per_second = own or capabilities.requests_per_second
    rates = dict(capabilities.limits)
    if per_second:
        # Reads and writes count alike: the far side counts calls.
        rates[CALL] = Rate(float(per_second), burst=max(1, int(per_second)))
    return rates


def allowed_per_hour(row: Connection, capabilities: Capabilities) -> float | None:
    """Return how many calls an hour this account may make; None: nobody names a limit."""
    rate = rates_of(row, capabilities).get(CALL)
    return rate.per_second * 3600 if rate else None


def turns_of(row: Connection, capabilities: Capabilities) -> Turns | None:
    """Return the turn-taking of an account; None: nobody limits it."""
    rates = rates_of(row, capabilities)
    if not rates:
        return None
    usual = {
        kind: rate.usual_cost
        for kind, rate in rates.items()
        if rate.usual_cost and kind not in ("read", "write")
    }
    # Connections of one organization are accounts of one app of ours there.
    shared = f"app:{row.organization_id}:{row.channel}"
    key = f"connection:{row.id}"
    limiter = RateLimiter(kv.client(), key, rates, shared_key=shared)
    return Turns(limiter, usual, Remembered(kv.client(), key))
