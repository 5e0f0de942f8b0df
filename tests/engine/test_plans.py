"""Large changes wait, are decided one by one, and everything done can be taken back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.catalog import bulk
from app.catalog import service as catalog
from app.connections import service as connections
from app.connections.models import Connection
from app.core import db
from app.core.errors import Conflicting
from app.core.work import unit_of_work
from app.simulators.chaos import Profile
from app.sync import deciding, preview, resolving, undoing
from app.sync.models import ChangeState, SyncChange
from tests.engine.world import Shop, Store, connected_store


def usd(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD"}


def held(shop: Shop) -> Sequence[SyncChange]:
    with db.reading(shop.actor) as session:
        waiting = select(SyncChange).where(SyncChange.state == ChangeState.HELD)
        return session.scalars(waiting.order_by(SyncChange.id)).all()


def reprice(shop: Shop, product_ids: Sequence[UUID], minor: int) -> None:
    changes = [
        catalog.ProductChange(
            key, variants={next(iter(shop.values(key).variants)): {"price": usd(minor)}}
        )
        for key in product_ids
    ]
    with unit_of_work(shop.actor) as work:
        catalog.change_products(work, changes, origin="bulk")
    shop.settle()


def prices(store: Store) -> dict[str, str]:
    rows = [store.state.product(key) for key in store.state.product_ids()]
    return {str(row["sku"]): str(row["regular_price"]) for row in rows}


def variant_prices(store: Store) -> dict[str, str]:
    rows = [store.state.variation(key) for key in store.state.variation_ids()]
    return {str(row["sku"]): str(row["regular_price"]) for row in rows}


def decide_only(
    shop: Shop, rows: Sequence[SyncChange], choice: deciding.Decide = deciding.approve
) -> deciding.Decided:
    with unit_of_work(shop.actor) as work:
        ids = [row.id for row in rows]
        return choice(work, deciding.held(work, ids), asked=len(ids), note="Looks right")


def decide(shop: Shop, rows: Sequence[SyncChange], choice: deciding.Decide) -> deciding.Decided:
    done = decide_only(shop, rows, choice)
    shop.settle()
    return done


def take_back(shop: Shop, draft_id: UUID) -> None:
    with unit_of_work(shop.actor) as work:
        bulk.request_bulk_edit(work, draft_id)
    bulk.run_bulk_edit(shop.actor, draft_id)
    shop.settle()


def test_a_large_price_move_waits_until_it_is_approved_or_declined(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(3)]
    with connected_store(shop) as store:
        store.list_here(*ids)
        reprice(shop, ids, 1990)
        waiting = held(shop)
        assert [row.new for row in waiting] == [usd(1990)] * 3
        assert set(prices(store).values()) == {"10.00"}
        with db.reading(shop.actor) as session:
            found = preview.preview(session, session.get_one(Connection, store.connection_id))
        assert (found.changing, found.going) == (3, 0)

        decide(shop, waiting[:1], deciding.approve)
        decide(shop, waiting[1:2], deciding.decline)

        assert sorted(prices(store).values()) == ["10.00", "10.00", "19.90"]
        assert [row.id for row in held(shop)] == [waiting[2].id]
        assert sorted(each.state for each in shop.listings()) == ["needs_you", "synced", "synced"]


def test_a_no_holds_until_the_value_is_another_one(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    with connected_store(shop) as store:
        store.list_here(product)
        reprice(shop, [product], 1990)
        decide(shop, held(shop), deciding.decline)

        shop.change(product, title="Cup")
        shop.settle()
        store.read(everything=True)
        assert held(shop) == []
        assert prices(store) == {"MUG-0": "10.00"}

        reprice(shop, [product], 2990)
        assert [row.new for row in held(shop)] == [usd(2990)]


def test_what_moved_before_the_decision_waits_anew(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    with connected_store(shop) as store:
        store.list_here(product)
        reprice(shop, [product], 1990)
        seen = held(shop)
        reprice(shop, [product], 2990)

        done = decide(shop, seen, deciding.approve)

        assert (done.count, done.outdated) == (0, 1)
        assert [row.new for row in held(shop)] == [usd(2990)]
        assert prices(store) == {"MUG-0": "10.00"}


def test_what_the_shop_moved_after_the_decision_waits_anew(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    with connected_store(shop) as store:
        store.list_here(product)
        reprice(shop, [product], 1990)
        decide_only(shop, held(shop))
        store.edit("MUG-0", "price", 10000)

        shop.settle()

        assert prices(store) == {"MUG-0": "100.00"}
        assert [(row.old, row.new) for row in held(shop)] == [(usd(10000), usd(1990))]


def test_a_run_that_sent_is_taken_back_on_both_sides(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(2)]
    with connected_store(shop) as store:
        store.list_here(*ids)
        reprice(shop, ids, 1990)
        decide(shop, held(shop), deciding.approve)
        run = next(each for each in reversed(shop.runs()) if each.changed)
        assert set(prices(store).values()) == {"19.90"}

        with unit_of_work(shop.actor) as work:
            draft = undoing.undo_run(work, run.id)
        take_back(shop, draft.id)

        assert set(prices(store).values()) == {"10.00"}
        assert {
            each["price"]["minor"] for key in ids for each in shop.values(key).variants.values()
        } == {1000}
        assert held(shop) == []


def test_an_undo_leaves_what_somebody_changed_since(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0", description="<p>Old</p>")
    with connected_store(shop) as store:
        store.list_here(product)
        shop.change(product, title="Cup", description="<p>New</p>")
        shop.settle()
        run = next(each for each in reversed(shop.runs()) if each.changed)
        shop.change(product, title="Jar")
        shop.settle()

        with unit_of_work(shop.actor) as work:
            draft = undoing.undo_run(work, run.id)
        take_back(shop, draft.id)

        values = shop.values(product).values
        assert (values["title"], values["description"]) == ("Jar", "<p>Old</p>")
        assert "Old" in store.state.product(store.state.product_ids()[0])["description"]


def test_an_undo_can_be_undone(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    shop.change(product, title="Cup")
    with unit_of_work(shop.actor) as work:
        line = work.session.execute(
            text("SELECT max(id) FROM field_changes WHERE product_id = :key"), {"key": product}
        ).scalar_one()
        undo = bulk.undo_line(work, line)
    take_back(shop, undo.id)
    assert shop.titles() == ["Mug"]

    with unit_of_work(shop.actor) as work:
        redo = bulk.undo_cause(work, undo.id, words="the undo")
    take_back(shop, redo.id)

    assert shop.titles() == ["Cup"]


def test_an_undo_lets_no_price_pass_that_it_did_not_bring_back(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-S", "MUG-L")
    with connected_store(shop) as store:
        store.list_here(product)
        small, large = shop.values(product).variants
        for key, minor in ((small, 1200), (large, 99900)):
            with unit_of_work(shop.actor) as work:
                change = catalog.ProductChange(product, variants={key: {"price": usd(minor)}})
                catalog.change_product(work, change, origin="web")
            shop.settle()
        assert [row.new for row in held(shop)] == [usd(99900)]

        with unit_of_work(shop.actor) as work:
            asked = text(
                "SELECT max(id) FROM field_changes WHERE variant_id = :key AND field = 'price'"
            )
            line = work.session.execute(asked, {"key": small}).scalar_one()
            undo = bulk.undo_line(work, line)
        take_back(shop, undo.id)

        assert variant_prices(store) == {"MUG-S": "10.00", "MUG-L": "10.00"}
        assert [row.new for row in held(shop)] == [usd(99900)]


def test_where_everything_waits_a_price_that_an_undo_brought_back_waits_too(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    with connected_store(shop) as store:
        store.list_here(product)
        store.rules(auto_push=False)
        reprice(shop, [product], 1990)
        decide(shop, held(shop), deciding.approve)
        run = next(each for each in reversed(shop.runs()) if each.changed)

        with unit_of_work(shop.actor) as work:
            draft = undoing.undo_run(work, run.id)
        take_back(shop, draft.id)

        assert prices(store) == {"MUG-0": "19.90"}
        assert [row.new for row in held(shop)] == [usd(1000)]


def test_nothing_is_prepared_where_nothing_is_left_to_take_back(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    with connected_store(shop) as store:
        store.list_here(product)
        store.read()
        run = next(each for each in reversed(shop.runs()) if each.kind == "changes")

        with unit_of_work(shop.actor) as work, pytest.raises(Conflicting):
            undoing.undo_run(work, run.id)


def test_only_what_was_let_pass_is_sent(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0", description="<p>Old</p>")
    with connected_store(shop) as store:
        store.list_here(product)
        store.rules(auto_push=False)
        shop.change(product, title="Cup", description="<p>New</p>")
        shop.settle()
        waiting = held(shop)

        decide(shop, [row for row in waiting if row.field == "title"], deciding.approve)

        assert store.shown("MUG-0")["title"] == "Cup"
        assert store.shown("MUG-0")["description"] == "<p>Old</p>"
        assert [row.field for row in held(shop)] == ["description"]


def test_what_waited_goes_once_the_rules_let_it(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    with connected_store(shop) as store:
        store.list_here(product)
        store.rules(auto_push=False)
        shop.change(product, title="Cup")
        shop.settle()
        assert [row.field for row in held(shop)] == ["title"]

        with unit_of_work(shop.actor) as work:
            resolving.meet_again(work, store.connection_id)
            row = connections.get_connection(work, store.connection_id)
            connections.change_settings(
                work, row.id, name=row.name, settings={"auto_push": True}, version=row.version
            )
        shop.settle()

        assert store.shown("MUG-0")["title"] == "Cup"
        assert held(shop) == []


def test_a_yes_outlives_a_read_and_a_lost_answer_and_counts_once(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    with connected_store(shop) as store:
        store.list_here(product)
        reprice(shop, [product], 1990)
        store.state.chaos.use(Profile(fail_before=1.0))
        decide_only(shop, held(shop))
        shop.turn()
        store.state.chaos.calm()
        store.edit("MUG-0", "title", "Cup")
        store.state.lose_next_answer()
        shop.settle()
        assert prices(store) == {"MUG-0": "19.90"}
        assert held(shop) == []

        reprice(shop, [product], 1000)
        decide(shop, held(shop), deciding.approve)
        reprice(shop, [product], 1990)

        assert [row.new for row in held(shop)] == [usd(1990)]
        assert prices(store) == {"MUG-0": "10.00"}


def test_what_was_empty_in_the_shop_is_empty_again_after_an_undo(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-0")
    with connected_store(shop) as store:
        store.list_here(product)
        shop.change(product, description="<p>New</p>", tags=["new"])
        shop.settle()
        run = next(each for each in reversed(shop.runs()) if each.changed)

        with unit_of_work(shop.actor) as work:
            draft = undoing.undo_run(work, run.id)
        take_back(shop, draft.id)

        assert shop.values(product).values["tags"] == []
        assert store.shown("MUG-0")["tags"] == []
        assert store.shown("MUG-0")["description"] == ""
