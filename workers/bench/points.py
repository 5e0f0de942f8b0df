"""The way out to a shop that counts points instead of calls: how well its bucket is used."""

import time
from collections.abc import Iterator
from typing import Final

from workers.bench.report import Row, against, told
from workers.bench.shop import SHOPIFY, connected, wait_until
from workers.bench.stage import Stage

LISTINGS: Final = 500  # some ninety seconds of points
POINTS_PER_SECOND: Final = 100  # Shopify's smallest plan
BUCKET: Final = 2_000


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the share of the points that a push spent, and how often Shopify had to stop us."""
    count = stage.scaled(LISTINGS, least=20)
    with connected(stage, "Points", count, SHOPIFY) as shop:
        pairs = shop.pairs()
        shop.twin.post("/_twin/bucket", json={"size": BUCKET, "rate": POINTS_PER_SECOND})
        before, began = shop.counts(), time.monotonic()
        shop.rename(pairs, "anew")
        wait_until(
            lambda: shop.confirmed(since=time.monotonic() - began) >= count, "A push", pause=0.5
        )
        seconds, after = time.monotonic() - began, shop.counts()
        # What still lies in the bucket is not lost: the next call takes it.
        given = POINTS_PER_SECOND * seconds + before["points_left"] - after["points_left"]
        spent = after["points"] - before["points"]
        refused = after["throttled"] - before["throttled"]
        yield against("Push by points", spent / seconds, "points/s", given / seconds, at_least=0.95)
        yield told("Push by points, left in the bucket", after["points_left"], "points")
        yield told("Push by points, listings", count / seconds, "listings/s")
        yield told("Push by points, refusals", refused, "answers of THROTTLED")
