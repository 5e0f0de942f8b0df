"""The list answers the same whichever way PostgreSQL takes through it."""

from typing import Any
from uuid import UUID

import pytest

from app.catalog import queries, service
from app.catalog.filters import SORTS, ProductFilter
from app.catalog.queries import index, searching
from app.core import db
from app.core.actor import Actor
from app.core.work import unit_of_work
from tests.factories.catalog import usd

WAYS = {"gathered": (10_000, 20_000), "walked": (-1, 20_000), "walked, then gathered": (-1, 3)}


def fill(actor: Actor, count: int = 37) -> None:
    drafts = [
        service.draft_of(
            {
                "title": f"{'Mug' if n % 3 else 'Cup'} {n * 7 % 37:03}",
                "brand": ["Acme", "Best", None][n % 3],
                "tags": ["gift"] if n % 2 else [],
                "categories": ["Kitchen"] if n % 4 else [],
            },
            [
                {
                    "sku": f"SKU-{n:03}",
                    "price": usd(n % 5 * 100) if n % 4 else None,
                    "quantity": n % 6 if n % 5 else None,
                }
            ],
        )
        for n in range(count)
    ]
    with unit_of_work(actor) as work:
        service.create_products(work, drafts, origin="import")


def go_through(actor: Actor, **wish: str) -> tuple[list[UUID], list[UUID], int]:
    """Return the ids met on the way forward, on the way back, and the total."""
    wanted = ProductFilter.from_args(wish)
    forward: list[UUID] = []
    with db.reading(actor) as session:
        page = queries.product_list(session, wanted, size=5)
        total, pages = page.total, [page]
        while page.after:
            page = queries.product_list(session, wanted, after=page.after, size=5)
            pages.append(page)
        for each in pages:
            forward += [row.id for row in each.rows]
        back = [row.id for row in page.rows]
        while page.before:
            page = queries.product_list(session, wanted, before=page.before, size=5)
            back = [*(row.id for row in page.rows), *back]
    return forward, back, total


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{sort}" for sort in SORTS)])
def test_every_way_meets_every_product_once_in_the_same_order(
    actor: Actor, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    fill(actor)
    met: dict[str, Any] = {}

    for name, (words, steps) in WAYS.items():
        monkeypatch.setattr(searching, "GATHERED_WORDS", words)
        monkeypatch.setattr(index, "STEPS", steps)
        met[name] = go_through(actor, q="mug", sort=sort)

    forward, back, total = met["gathered"]
    assert len(forward) == len(set(forward)) == total == 24
    assert back == forward
    assert met["walked"][:2] == (forward, forward)
    assert met["walked, then gathered"][:2] == (forward, forward)


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{sort}" for sort in SORTS)])
def test_pages_without_words_go_forth_and_back(actor: Actor, sort: str) -> None:
    fill(actor)

    forward, back, total = go_through(actor, sort=sort)

    assert len(forward) == len(set(forward)) == total == 37
    assert back == forward


def test_rows_without_a_value_come_last_both_ways(actor: Actor) -> None:
    fill(actor)

    for sort in ("price", "-price"):
        wanted = ProductFilter(sort=sort)
        with db.reading(actor) as session:
            rows = queries.product_list(session, wanted, size=100).rows
        prices = [row.price_min.minor if row.price_min else None for row in rows]
        known = [price for price in prices if price is not None]
        assert prices == [*known, *[None] * (len(prices) - len(known))]
        assert known == sorted(known, reverse=sort.startswith("-"))


@pytest.mark.parametrize("wish", [{"tag": "gift"}, {"q": "mug", "tag": "gift"}, {"q": "sku-00"}])
def test_words_tags_and_codes_join(
    actor: Actor, monkeypatch: pytest.MonkeyPatch, wish: dict[str, str]
) -> None:
    fill(actor)

    gathered = go_through(actor, **wish)
    monkeypatch.setattr(searching, "GATHERED_WORDS", -1)
    walked = go_through(actor, **wish)

    assert gathered[0]
    assert walked[0] == gathered[0]


def test_a_long_list_is_gone_through_in_slices(actor: Actor) -> None:
    fill(actor)

    with db.reading(actor) as session:
        slices = list(queries.iter_product_ids(session, ProductFilter(), size=10))
        some = queries.selected_ids(session, ProductFilter(), most=12)

    assert [len(part) for part in slices] == [10, 10, 10, 7]
    assert len({key for part in slices for key in part}) == 37
    assert len(some) == 12


def test_what_makes_no_sense_in_an_address_narrows_nothing() -> None:
    odd = {"status": "sold", "stock": "some", "category": "x", "sort": "evil", "q": "  mug "}

    wanted = ProductFilter.from_args(odd)

    assert wanted == ProductFilter(q="mug")
    assert wanted.query_string == "q=mug"
