"""Stories of one field changed on both sides, and of what people decide about it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import db
from app.core.work import unit_of_work
from app.listings import service as listings
from app.notices.models import Notice
from app.sync import aside, resolving
from app.sync.errors import ConflictMoved, ConflictNotFound
from app.sync.models import Conflict, Resolution
from app.sync.resolving import Decision
from app.team.models import AuditEntry
from tests.engine.world import Shop, Store, connected_store

OURS, THEIRS, EDITED = Resolution.OURS, Resolution.THEIRS, Resolution.EDITED


def seen(conflict: Conflict) -> str:
    return resolving.seen_as(conflict.field, conflict.ours, conflict.theirs)


def decide(shop: Shop, choice: Resolution, value: Any = None) -> None:
    """Decide every open conflict as it is shown, and let everything come to rest."""
    for each in shop.conflicts():
        with unit_of_work(shop.actor) as work:
            resolving.decide(work, each.id, Decision(choice, seen(each), value))
    shop.settle()


def decided(shop: Shop) -> list[Conflict]:
    with db.reading(shop.actor) as session:
        wanted = select(Conflict).where(Conflict.state == "resolved").order_by(Conflict.id)
        return list(session.scalars(wanted))


def listed(shop: Shop, *stores: Store, **values: Any) -> tuple[UUID, list[int]]:
    """A mug of ours in every store; returns it and its row in each."""
    product = shop.add_product("Mug", "MUG-1", **values)
    for store in stores:
        store.list_here(product)
    return product, [store.state.product_ids()[0] for store in stores]


def disputed(shop: Shop, store: Store) -> tuple[UUID, int]:
    """A mug whose title was changed on both sides."""
    product, (row,) = listed(shop, store, description="<p>Old</p>")
    shop.change(product, title="Blue mug")
    store.state.edit_product(row, name="Green mug")
    shop.settle()
    return product, row


def test_keeping_ours_sends_it_and_nothing_else(shop: Shop) -> None:
    with connected_store(shop) as store:
        product, row = disputed(shop, store)
        store.state.forget_writes()

        decide(shop, OURS)

        assert store.state.product(row)["name"] == "Blue mug"
        assert shop.values(product).values["title"] == "Blue mug"
        assert store.state.writes_of("name") == 1
        assert store.state.writes_of("description") == 0
        assert shop.conflicts() == []
        assert [each.is_due for each in decided(shop)] == [False]
        assert [each.state for each in shop.listings()] == ["synced"]


def test_nobody_is_asked_about_a_listing_that_is_kept_off(shop: Shop) -> None:
    with connected_store(shop) as store:
        disputed(shop, store)
        ids = [each.id for each in shop.listings()]
        with unit_of_work(shop.actor) as work:
            aside.keep_off(work, ids)
        shop.settle()

        assert shop.conflicts() == []

        with unit_of_work(shop.actor) as work:
            aside.put_back(work, listing_ids=ids)
        shop.settle()

        assert [each.field for each in shop.conflicts()] == ["title"]


def test_taking_theirs_writes_here_and_not_there(shop: Shop) -> None:
    with connected_store(shop) as store:
        product, row = disputed(shop, store)
        store.state.forget_writes()

        decide(shop, THEIRS)

        assert shop.values(product).values["title"] == "Green mug"
        assert store.state.product(row)["name"] == "Green mug"
        assert store.state.writes() == []
        assert [each.state for each in shop.listings()] == ["synced"]


def test_an_edited_value_is_on_every_side(shop: Shop) -> None:
    with connected_store(shop) as store, connected_store(shop) as other:
        product, (row, there) = listed(shop, store, other)
        shop.change(product, title="Blue mug")
        store.state.edit_product(row, name="Green mug")
        shop.settle()

        decide(shop, EDITED, "Teal mug")

        assert shop.values(product).values["title"] == "Teal mug"
        assert store.state.product(row)["name"] == "Teal mug"
        assert other.state.product(there)["name"] == "Teal mug"
        (kept,) = decided(shop)
        assert (kept.resolution, kept.decided) == (EDITED, "Teal mug")


def test_what_is_taken_from_one_shop_goes_on_to_the_others(shop: Shop) -> None:
    with connected_store(shop) as store, connected_store(shop) as other:
        product, (row, there) = listed(shop, store, other)
        shop.change(product, title="Blue mug")
        shop.settle()
        store.rules(auto_push=False)
        shop.change(product, title="Navy mug")
        store.state.edit_product(row, name="Green mug")
        shop.settle()
        assert other.state.product(there)["name"] == "Navy mug"
        store.state.forget_writes()

        decide(shop, THEIRS)

        assert other.state.product(there)["name"] == "Green mug"
        assert store.state.writes() == []


def test_theirs_in_words_our_catalog_does_not_keep_is_not_sent_back(shop: Shop) -> None:
    with connected_store(shop) as store:
        product, (row,) = listed(shop, store, description="<p>Old</p>")
        shop.change(product, description="<p>Ours</p>")
        html = "<p onclick='x()'>Theirs</p><form><p>More</p></form>"
        store.state.edit_product(row, description=html)
        shop.settle()
        store.state.forget_writes()

        decide(shop, THEIRS)
        store.read(everything=True)

        assert shop.values(product).values["description"] == "<p>Theirs</p><p>More</p>"
        assert store.state.writes() == []
        assert shop.conflicts() == []


def test_a_decision_is_sent_where_changes_otherwise_wait_and_takes_no_other_along(
    shop: Shop,
) -> None:
    with connected_store(shop) as store:
        store.rules(auto_push=False)
        product, row = disputed(shop, store)
        shop.change(product, description="<p>New</p>")
        shop.settle()

        decide(shop, OURS)

        assert store.state.product(row)["name"] == "Blue mug"
        assert "Old" in store.state.product(row)["description"]


def test_two_people_deciding_at_once_are_one_decision_and_one_answer(shop: Shop) -> None:
    with connected_store(shop) as store:
        product, row = disputed(shop, store)
        (shown,) = shop.conflicts()
        refused: list[Exception] = []
        both_ready = Barrier(2)

        def decide_now(choice: Resolution) -> None:
            both_ready.wait()
            try:
                with unit_of_work(shop.actor) as work:
                    resolving.decide(work, shown.id, Decision(choice, seen(shown)))
            except ConflictNotFound as refusal:
                refused.append(refusal)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(decide_now, (OURS, THEIRS)))
        shop.settle()

        assert len(refused) == 1
        (kept,) = decided(shop)
        assert shop.values(product).values["title"] == kept.decided
        assert store.state.product(row)["name"] == kept.decided


def test_other_fields_travel_while_one_waits(shop: Shop) -> None:
    with connected_store(shop) as store:
        product, row = disputed(shop, store)

        shop.change(product, description="<p>New</p>")
        shop.settle()

        assert "New" in store.state.product(row)["description"]
        assert store.state.product(row)["name"] == "Green mug"
        assert [each.field for each in shop.conflicts()] == ["title"]


def test_what_moved_since_it_was_shown_is_not_decided(shop: Shop) -> None:
    with connected_store(shop) as store:
        product, row = disputed(shop, store)
        (shown,) = shop.conflicts()
        store.state.edit_product(row, name="Red mug")
        shop.settle()

        with pytest.raises(ConflictMoved), unit_of_work(shop.actor) as work:
            resolving.decide(work, shown.id, Decision(THEIRS, seen(shown)))

        assert shop.values(product).values["title"] == "Blue mug"
        assert [each.theirs for each in shop.conflicts()] == ["Red mug"]


def test_our_value_edited_since_it_was_shown_is_not_overwritten(shop: Shop) -> None:
    with connected_store(shop) as store:
        product, _ = disputed(shop, store)
        (shown,) = shop.conflicts()
        shop.change(product, title="Navy mug")

        with pytest.raises(ConflictMoved), unit_of_work(shop.actor) as work:
            resolving.decide(work, shown.id, Decision(THEIRS, seen(shown)))

        assert shop.values(product).values["title"] == "Navy mug"


def test_a_shop_that_moves_again_after_the_decision_is_asked_about_again(shop: Shop) -> None:
    with connected_store(shop) as store:
        product, row = disputed(shop, store)
        (shown,) = shop.conflicts()
        with unit_of_work(shop.actor) as work:
            resolving.decide(work, shown.id, Decision(OURS, seen(shown)))

        store.state.edit_product(row, name="Red mug")
        shop.settle()

        (again,) = shop.conflicts()
        assert (again.base, again.ours, again.theirs) == ("Green mug", "Blue mug", "Red mug")
        assert store.state.product(row)["name"] == "Red mug"
        assert shop.values(product).values["title"] == "Blue mug"


def test_nothing_is_decided_twice(shop: Shop) -> None:
    with connected_store(shop) as store:
        disputed(shop, store)
        (shown,) = shop.conflicts()
        decide(shop, OURS)

        with pytest.raises(ConflictNotFound), unit_of_work(shop.actor) as work:
            resolving.decide(work, shown.id, Decision(THEIRS, seen(shown)))


def test_theirs_goes_to_the_override_where_one_lies_above_the_master(shop: Shop) -> None:
    with connected_store(shop) as store, connected_store(shop) as other:
        product, (row, there) = listed(shop, store, other)
        (listing,) = shop.listings(store)
        with unit_of_work(shop.actor) as work:
            listings.set_override(work, listing.id, "title", "Mug for Acme")
        store.state.edit_product(row, name="Green mug")
        shop.settle()

        decide(shop, THEIRS)

        assert shop.listings(store)[0].overrides == {"title": "Green mug"}
        assert shop.values(product).values["title"] == "Mug"
        assert other.state.product(there)["name"] == "Mug"
        assert store.state.product(row)["name"] == "Green mug"


def test_stock_taken_over_moves_by_what_the_shop_moved(shop: Shop) -> None:
    with connected_store(shop) as store:
        store.rules(buffer=2, auto_import_orders=False)
        product, (row,) = listed(shop, store, quantity=10)
        shop.change_variant(product, quantity=4)
        store.state.edit_product(row, stock_quantity=3)
        shop.settle()
        assert [(each.ours, each.theirs) for each in shop.conflicts()] == [(2, 3)]

        decide(shop, THEIRS)

        (variant,) = shop.values(product).variants.values()
        assert variant["quantity"] == 5
        assert store.state.product(row)["stock_quantity"] == 3


def test_a_price_decided_for_ours_is_sent_once_although_prices_only_come_in(shop: Shop) -> None:
    with connected_store(shop) as store:
        product, (row,) = listed(shop, store, price=1000)
        store.rules(groups={"price": {"direction": "from_channel", "on_both": "ask"}})
        shop.change_variant(product, price={"minor": 2000, "currency": "USD"})
        store.state.edit_product(row, regular_price="11.00")
        shop.settle()
        assert [each.field for each in shop.conflicts()] == ["price"]

        decide(shop, OURS)
        assert store.state.product(row)["regular_price"] == "20.00"
        shop.change_variant(product, price={"minor": 2100, "currency": "USD"})
        shop.settle()

        assert store.state.product(row)["regular_price"] == "20.00"


def test_always_writes_a_rule_and_decides_the_others_of_its_group(shop: Shop) -> None:
    with connected_store(shop) as store:
        first = shop.add_product("Mug", "MUG-1", description="<p>Old</p>")
        second = shop.add_product("Cup", "CUP-1")
        store.list_here(first, second)
        for product, row in zip((first, second), store.state.product_ids(), strict=True):
            shop.change(product, title="Ours")
            store.state.edit_product(row, name="Theirs")
        shop.settle()
        shown, other = shop.conflicts()
        assert {shown.field, other.field} == {"title"}

        with unit_of_work(shop.actor) as work:
            others = resolving.decide_always(work, shown.id, Decision(OURS, seen(shown)))
        shop.settle()

        assert others == 1
        assert shop.conflicts() == []
        assert store.state.titles() == ["Ours", "Ours"]
        by_rule = [each for each in decided(shop) if each.is_by_rule]
        assert [(each.id, each.resolution) for each in by_rule] == [(other.id, OURS)]
        with db.reading(shop.actor) as session:
            entry = session.scalars(
                select(AuditEntry).where(AuditEntry.action == "connection.rule")
            ).one()
        assert (
            entry.summary
            == "Titles, descriptions and options on Sandbox: SyncStore wins from now on"
        )


def test_a_rule_made_here_counts_for_later_edits(shop: Shop) -> None:
    with connected_store(shop) as store:
        product, row = disputed(shop, store)
        (shown,) = shop.conflicts()
        with unit_of_work(shop.actor) as work:
            resolving.decide_always(work, shown.id, Decision(THEIRS, seen(shown)))
        shop.settle()

        shop.change(product, title="Black mug")
        store.state.edit_product(row, name="White mug")
        shop.settle()

        assert shop.conflicts() == []
        assert shop.values(product).values["title"] == "White mug"


def test_many_new_conflicts_are_one_notice(shop: Shop) -> None:
    with connected_store(shop) as store:
        products = [shop.add_product(f"Mug {n}", f"MUG-{n}") for n in range(3)]
        store.list_here(*products)
        for product, row in zip(products, store.state.product_ids(), strict=True):
            shop.change(product, title="Ours")
            store.state.edit_product(row, name=f"Theirs {row}")
        shop.settle()

        with db.reading(shop.actor) as session:
            (notice,) = session.scalars(select(Notice).where(Notice.kind == "conflict"))
        assert notice.title == "3 conflicts with Sandbox wait for you"
        assert notice.link == f"/sync/conflicts?connection={store.connection_id}"

        decide(shop, THEIRS)

        with db.reading(shop.actor) as session:
            assert session.scalars(select(Notice).where(Notice.kind == "conflict")).all() == []
