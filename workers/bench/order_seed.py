"""A million orders of a shop, made by SQL as the owner of the tables; buyers sealed by the app.

What a buyer is told of is sealed for each order by itself, so that pages open it as they always do.
Foreign keys and the indexes that are no keys are left out while rows go in, and built again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from app.core.actor import Actor
from app.orders.service import personal
from workers.bench import listing
from workers.bench.stage import Stage

VARIANTS: Final = 20_000
POSTINGS: Final = 3  # of each order
BUYERS: Final = 250_000
_FIRST: Final = ("amber", "coral", "hazel", "ivory", "jade", "olive", "pearl", "ruby", "sage",
                 "violet", "aspen", "brook", "cedar", "dale", "flint", "glen", "heath", "moss",
                 "reed", "stone")  # fmt: skip
TABLES: Final = ("orders", "order_lines", "order_terms", "order_events", "shipments",
                 "shipment_lines", "inventory_postings")  # fmt: skip
# Ids grow with the number, as listing's do; orders have no list of their own to be found by.
ORDER_ID: Final = "0193c000-{part}-8000-{n:012x}"
_ORDER: Final = listing.ID.format(kind="c000", n="n")
_LINE: Final = listing.ID.format(kind="d000", n="n * 2 + k")
_PARCEL: Final = listing.ID.format(kind="e000", n="n")
_AT: Final = "((n * 7 + k * 13) %% %(variants)s)"  # which variant a line is of
_VARIANT: Final = listing.ID.format(kind="b000", n=f"5 + {_AT}")
_SKU: Final = f"'SKU-' || lpad((1 + {_AT} / 4)::text, 7, '0') || '-' || 1 + {_AT} %% 4"
# Of a hundred orders, the newest first: some wait, most left long ago.
_STATES: Final = """
    SELECT n, personal, mail, name, CASE
        WHEN n %% 100 < 88 OR age > 60 AND n %% 100 < 95 THEN 'shipped'
        WHEN n %% 100 < 91 THEN 'cancelled' WHEN n %% 100 = 91 THEN 'delivered'
        WHEN n %% 100 = 92 THEN 'returned' WHEN n %% 100 = 93 THEN 'picking'
        WHEN n %% 100 < 97 THEN 'allocated' WHEN n %% 100 = 97 THEN 'pending'
        WHEN n %% 100 = 98 THEN 'on_hold' ELSE 'partially_shipped' END AS state,
        now() - age * interval '1 day' AS placed_at
    FROM (SELECT *, (%(orders)s - n) * 720.0 / %(orders)s AS age FROM seeded) AS aged
"""
_TEMPORARY: Final = """
CREATE TEMPORARY TABLE seeded (n bigint, personal bytea, mail text, name text);
CREATE TEMPORARY TABLE made
    (n bigint, personal bytea, mail text, name text, state text, placed_at timestamptz);
CREATE TEMPORARY TABLE numbered (id uuid, number bigint)
"""
_MADE: Final = f"INSERT INTO made {_STATES}"
_ORDERS: Final = f"""
INSERT INTO orders (id, organization_id, created_at, connection_id, source, external_id,
    external_number, number, state, payment, placed_at, currency, items_minor, shipping_minor,
    total_minor, personal, ship_country, is_rush, unmapped, units)
SELECT {_ORDER}, %(organization)s, placed_at,
    (ARRAY[%(web)s, %(boutique)s]::uuid[])[1 + n %% 2],
    (ARRAY['woocommerce', 'shopify'])[1 + n %% 2], n::text, n::text,
    (ARRAY['WC-', 'SH-'])[1 + n %% 2] || n, state,
    CASE WHEN n %% 100 = 98 THEN 'pending' WHEN n %% 100 = 92 THEN 'refunded' ELSE 'paid' END,
    placed_at, 'USD', 2900, 490, 3390, personal, 'US', n %% 997 = 0,
    CASE WHEN n %% 1000 = 97 THEN 1 ELSE 0 END, 2
FROM made
"""  # noqa: S608 (constants of this file)
_LINES: Final = f"""
INSERT INTO order_lines (id, organization_id, order_id, position, external_id, variant_id, sku,
    title, quantity, ordered, shipped, allocated, unit_minor, total_minor)
SELECT {_LINE}, %(organization)s, {_ORDER}, k, k::text,
    CASE WHEN n %% 1000 = 97 AND k = 0 THEN NULL ELSE {_VARIANT} END,
    {_SKU},
    'Stoneware mug, edition ' || n %% 977, 1, 1,
    CASE WHEN state IN ('shipped', 'delivered', 'returned') OR k = 0
        AND state = 'partially_shipped' THEN 1 ELSE 0 END,
    CASE WHEN state IN ('allocated', 'picking') THEN 1 ELSE 0 END, 1450, 1450
FROM made, generate_series(0, 1) AS k
"""  # noqa: S608 (constants of this file)
_PARCELS: Final = f"""
INSERT INTO shipments (id, organization_id, created_at, order_id, carrier, tracking_number,
    shipped_at, told_at)
SELECT {_PARCEL}, %(organization)s, placed_at, {_ORDER}, 'DHL', '0034043' || lpad(n::text, 9, '0'),
    placed_at, CASE WHEN n %% 5000 = 1 THEN NULL ELSE placed_at END
FROM made WHERE state IN ('shipped', 'delivered', 'returned', 'partially_shipped')
"""  # noqa: S608 (constants of this file)
_PACKED: Final = f"""
INSERT INTO shipment_lines (shipment_id, line_id, organization_id, quantity)
SELECT {_PARCEL}, {_LINE}, %(organization)s, 1 FROM made, generate_series(0, 1) AS k
WHERE state IN ('shipped', 'delivered', 'returned') OR k = 0 AND state = 'partially_shipped'
"""  # noqa: S608 (constants of this file)
_EVENTS: Final = f"""
INSERT INTO order_events (organization_id, order_id, kind, sentence, at)
SELECT %(organization)s, {_ORDER}, kind, sentence, placed_at FROM made, (VALUES
    ('placed', 'Placed on Acme web shop.'), ('allocated', 'Everything is promised from stock.')
) AS v (kind, sentence)
"""  # noqa: S608 (constants of this file)
_TERMS: Final = f"""
INSERT INTO order_terms (order_id, organization_id, term)
SELECT {_ORDER}, %(organization)s, term FROM made CROSS JOIN LATERAL (
    VALUES (lower((ARRAY['WC-', 'SH-'])[1 + n %% 2] || n)), (n::text),
        (lower({_SKU.replace("k", "0")})), (lower({_SKU.replace("k", "1")})),
        (CASE WHEN state IN ('shipped', 'delivered', 'returned', 'partially_shipped')
            THEN '0034043' || lpad(n::text, 9, '0') END),
        (mail), (name)
) AS v (term) WHERE term IS NOT NULL
"""  # noqa: S608 (constants of this file)
_LEVELS: Final = """
INSERT INTO inventory_levels (organization_id, variant_id, location_id)
SELECT v.organization_id, v.id, l.id FROM variants AS v JOIN locations AS l USING (organization_id)
WHERE v.organization_id = %(organization)s
"""
# Each order brought a unit in, was promised one, and one left, or another one came.
_POSTINGS: Final = f"""
INSERT INTO inventory_postings (organization_id, level_id, kind, quantity, committed, reference, at)
SELECT %(organization)s, l.id, p.kind, p.quantity, p.committed,
    CASE WHEN p.kind <> 'receive' THEN 'order:' || {_ORDER} END, placed_at
FROM made JOIN numbered AS l ON l.number = n %% %(levels)s CROSS JOIN LATERAL (
    VALUES ('receive', 1, 0), ('commit', 0, 1),
    (CASE WHEN state IN ('shipped', 'delivered') THEN 'ship' ELSE 'receive' END,
     CASE WHEN state IN ('shipped', 'delivered') THEN -1 ELSE 1 END,
     CASE WHEN state IN ('shipped', 'delivered') THEN -1 ELSE 0 END)
) AS p (kind, quantity, committed)
"""  # noqa: S608 (constants of this file)
_NUMBERED: Final = """
INSERT INTO numbered SELECT id, row_number() OVER (ORDER BY id) - 1 AS number
FROM inventory_levels WHERE organization_id = %(organization)s
"""
_SUMS: Final = """
UPDATE inventory_levels AS l SET on_hand = p.on_hand, committed = p.committed FROM (
    SELECT level_id, sum(quantity) AS on_hand, sum(committed) AS committed
    FROM inventory_postings WHERE organization_id = %(organization)s GROUP BY level_id) AS p
WHERE p.level_id = l.id
"""
_STATEMENTS: Final = (_MADE, _ORDERS, _LINES, _PARCELS, _PACKED, _EVENTS, _TERMS, _LEVELS,
                     _NUMBERED, "ANALYZE numbered", _POSTINGS, _SUMS)  # fmt: skip
_FOREIGN: Final = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])
"""
_INDEXES: Final = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index AS i
WHERE i.indrelid = ANY(%s::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made, for those who ask for it."""

    organization_id: UUID
    orders: int
    web: UUID
    boutique: UUID

    @property
    def part(self) -> str:
        """What keeps the ids of this organization apart."""
        return part_of(self.organization_id)

    def order_id(self, number: int) -> UUID:
        """Return the id of the order of this number, from 1."""
        return UUID(ORDER_ID.format(part=self.part, n=number))


def part_of(organization_id: UUID) -> str:
    """Return what ids of an organization have in the middle."""
    return f"{organization_id.hex[-4:]}-7{organization_id.hex[-7:-4]}"


def told_of(number: int) -> dict[str, Any]:
    """Return what the channel told of the buyer of an order."""
    buyer = number % BUYERS
    name = f"{_FIRST[number % len(_FIRST)].title()} Buyer{buyer}"
    address = {"name": name, "line1": f"{buyer} Harbour Street", "city": "Portland",
               "postcode": "97201", "region": "OR", "country": "US"}  # fmt: skip
    return {"email": mail_of(number), "phone": "", "note": "", "ship_to": address, "bill_to": None}


def mail_of(number: int) -> str:
    """Return the mail of who bought."""
    return f"buyer{number % BUYERS}@shop.example"


def first_name_of(number: int) -> str:
    """Return a word of the name of who bought: each twentieth buyer has it."""
    return _FIRST[number % len(_FIRST)]


def seed(stage: Stage, actor: Actor, orders: int, *, web: UUID, boutique: UUID) -> Seeded:
    """Make orders with two lines, three postings and what they are found by."""
    organization_id = actor.organization
    made = Seeded(organization_id, orders, web, boutique)
    with stage.owning() as connection:
        variants = connection.execute(
            "SELECT count(*) FROM variants WHERE organization_id = %s", (organization_id,)
        ).fetchone()
        values = {
            "organization": organization_id,
            "part": made.part,
            "orders": orders,
            "variants": variants[0] if variants else 0,
            "levels": variants[0] if variants else 0,
            "web": web,
            "boutique": boutique,
        }
        connection.execute("SET statement_timeout = 0")
        connection.execute("SET maintenance_work_mem = '256MB'")
        connection.execute(_TEMPORARY)
        _seal(connection, made)
        with _unbound(connection, TABLES):
            for statement in _STATEMENTS:
                connection.execute(statement, values)
        connection.commit()  # as the owner, who seeds past row-level security
    tidy(stage, *TABLES, "inventory_levels", "variants", "products")
    return made


def tidy(stage: Stage, *tables: str) -> None:
    """Vacuum and count tables, as PostgreSQL does by and by."""
    with stage.owning() as connection:
        connection.autocommit = True
        connection.execute("SET statement_timeout = 0")
        for table in tables:
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))


def _seal(connection: psycopg.Connection[Any], made: Seeded) -> None:
    owner = made.organization_id
    names = [personal.digest(owner, each) for each in _FIRST]
    with connection.cursor().copy("COPY seeded FROM STDIN") as copy:
        for number in range(1, made.orders + 1):
            sealed = personal.seal(owner, made.order_id(number), told_of(number))
            mail = personal.digest(owner, mail_of(number))
            copy.write_row((number, sealed, mail, names[number % len(names)]))


@contextmanager
def _unbound(connection: psycopg.Connection[Any], tables: Sequence[str]) -> Iterator[None]:
    """Take foreign keys and indexes off tables, and give them back at the end."""
    foreign = connection.execute(_FOREIGN, (list(tables),)).fetchall()
    indexes = connection.execute(_INDEXES, (list(tables),)).fetchall()
    for table, name, _ in foreign:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        connection.execute(definition)
    for table, name, definition in foreign:  # for what comes; what lies there was made to fit
        connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID")
