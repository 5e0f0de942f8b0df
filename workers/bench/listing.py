"""The product list and its search, whole pages through the web process, at a million variants.

The catalog is made by SQL as the owner of the tables; it is read as the app role, behind row-level
security, as every page is.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote
from uuid import UUID

from workers.bench.report import Row, below, told
from workers.bench.stage import Stage, any_port, web
from workers.bench.wire import Caller, get, share

VARIANTS: Final = 1_000_000
TIMES: Final = 8
LISTS: Final = (
    "",
    "?sort=title",
    "?sort=-price",
    "?sort=stock",
    "?sort=brand",
    "?status=draft",
    "?stock=low",
    "?brand=Brand+17",
    "?status=active&sort=title",
)
# Words of one product, of some, of many, of most; beginnings; a SKU; a barcode; nothing found.
SEARCHES: Final = (
    "edition 4711",
    "edition 12",
    "stoneware mug",
    "handmade",
    "nordic lam",
    "brand 17 teapot",
    "SKU-0000471",
    "40063810004",
    "zeppelin",
    "mug ocean",
    "candle e",
)
_NAMED: Final = """
    SELECT n, things[1 + n %% 12] AS thing, styles[1 + n / 12 %% 8] AS style,
           colours[1 + n / 96 %% 9] AS colour, 'Brand ' || n %% 400 AS brand,
           900 + n * 7 %% 9000 AS price
    FROM generate_series(1, %(products)s) AS n, (SELECT
        ARRAY['mug','bowl','teapot','lamp','cushion','blanket','vase','candle','apron','notebook',
              'clock','tray'] AS things,
        ARRAY['Stoneware','Nordic','Harvest','Coastal','Studio','Garden','Midnight','Linen']
            AS styles,
        ARRAY['sand','ocean','moss','rust','chalk','plum','amber','slate','rose'] AS colours) AS w
"""
# Ids grow with the number; the middle keeps catalogs of one bench apart.
ID: Final = "('0193{kind}-' || %(part)s || '-8000-' || lpad(to_hex({n}), 12, '0'))::uuid"
_PRODUCT_ID: Final = ID.format(kind="a000", n="n")
_PRODUCTS: Final = f"""
INSERT INTO products (id, organization_id, version, created_at, updated_at, handle, title,
    title_key, status, brand, tags, variant_count, first_sku, currency, price_min_minor,
    price_max_minor, stock_total, search_text)
SELECT {_PRODUCT_ID}, %(organization)s, 1, now(), now() - n * interval '7 seconds',
    'product-' || n, title, lower(title), CASE WHEN n %% 10 = 0 THEN 'draft' ELSE 'active' END,
    brand, ARRAY[lower(style), 'handmade'], 4, sku, 'USD', price, price + 600, n %% 400,
    lower(concat_ws(' ', title, brand, sku, style, 'handmade', thing || 's',
        'a', thing, 'made in small batches checked by hand packed without plastic'))
FROM (SELECT *, style || ' ' || thing || ' ' || colour || ', edition ' || n AS title,
        'SKU-' || lpad(n::text, 7, '0') || '-1' AS sku FROM ({_NAMED}) AS named) AS made
"""  # noqa: S608 (constants of this file)
_VARIANTS: Final = f"""
INSERT INTO variants (id, organization_id, product_id, position, sku, sku_key, gtin, choice,
    currency, price_minor)
SELECT {ID.format(kind="b000", n="n * 4 + k")}, %(organization)s, {_PRODUCT_ID}, k - 1,
    'SKU-' || lpad(n::text, 7, '0') || '-' || k, 'sku-' || lpad(n::text, 7, '0') || '-' || k,
    (4006380000000 + n * 4 + k)::text, jsonb_build_object('Size', 'Size ' || k), 'USD',
    900 + n * 7 %% 9000 + k * 150
FROM generate_series(1, %(products)s) AS n, generate_series(1, 4) AS k
"""  # noqa: S608 (constants of this file)


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the slowest twentieth of list pages and of searches, and how they grow."""
    port = any_port()
    large = stage.scaled(VARIANTS, least=400)
    with stage.running(web(port)):
        few = _pages(stage, port, "List small", max(400, large // 100))
        many = _pages(stage, port, "List", large)
    yield below(f"Product list, {large:,} variants, p95", share(many[0], 0.95), "ms", 60)
    yield below(f"Product search, {large:,} variants, p95", share(many[1], 0.95), "ms", 100)
    yield told("Product list, growth from a hundredth of it", _ratio(many[0], few[0]), "×")
    yield told("Product search, growth from a hundredth of it", _ratio(many[1], few[1]), "×")


def _ratio(many: Sequence[float], few: Sequence[float]) -> float:
    return share(many, 0.5) / share(few, 0.5)


def _pages(stage: Stage, port: int, name: str, variants: int) -> tuple[list[float], list[float]]:
    actor = stage.organization(name)
    seed(stage, actor.organization, variants)
    cookie = stage.cookie(actor, name.lower().replace(" ", "-") + "-reader")
    searches = [f"?q={quote(phrase)}" for phrase in SEARCHES]
    return _timed(port, cookie, LISTS), _timed(port, cookie, searches)


def seed(stage: Stage, organization_id: UUID, variants: int) -> None:
    """Make products with four variants each."""
    values = {
        "organization": organization_id,
        "products": variants // 4,
        "part": f"{organization_id.hex[-4:]}-7{organization_id.hex[-7:-4]}",
    }
    with stage.owning() as connection:
        connection.execute("SET maintenance_work_mem = '256MB'")
        connection.execute(_PRODUCTS, values)
        connection.execute(_VARIANTS, values)
        connection.commit()  # as the owner, who seeds past row-level security and vacuums next
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE products")
        connection.execute("VACUUM ANALYZE variants")


def _timed(port: int, cookie: str, queries: Sequence[str]) -> list[float]:
    """Return milliseconds for every page, each asked for several times in turns."""
    caller, took = Caller(port), []
    for turn in range(-2, TIMES):
        for query in queries:
            began = time.monotonic()
            status, _ = caller.call(get(f"/products{query}", cookie=cookie))
            if status != 200:
                raise RuntimeError(f"/products{query} answered {status}.")
            if turn >= 0:  # the first turns only warm up
                took.append((time.monotonic() - began) * 1000)
    caller.close()
    return took
