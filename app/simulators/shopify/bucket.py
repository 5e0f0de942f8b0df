"""The leaky bucket of one app on one shop, in points of query cost."""

from dataclasses import dataclass


@dataclass
class Bucket:
    """Holds up to `size` points and gains `rate` a second, on the store's clock."""

    size: float
    rate: float
    level: float = -1.0
    at: float = 0.0
    spent: float = 0.0
    refused: int = 0

    def available(self, now: float) -> float:
        """Return the points there are now."""
        if self.level < 0:
            self.level, self.at = self.size, now
        if now > self.at:
            self.level = min(self.size, self.level + (now - self.at) * self.rate)
            self.at = now
        return self.level

    def take(self, points: float, now: float) -> bool:
        """Take the points if they are there."""
        if self.available(now) < points:
            self.refused += 1
            return False
        self.level -= points
        self.spent += points
        return True

    def give_back(self, points: float) -> None:
        """Return what a request asked for and did not use."""
        self.level = min(self.size, self.level + max(0.0, points))
        self.spent -= max(0.0, points)

    def set(self, *, size: float | None = None, rate: float | None = None) -> None:
        """Change the plan of the shop; the bucket is full again."""
        self.size, self.rate = size or self.size, rate or self.rate
        self.level = self.size
