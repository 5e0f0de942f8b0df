"""Stories of one product on two sides."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.core import db, faults
from app.core.work import unit_of_work
from app.sync import pull, service
from app.sync.models import SyncChange, SyncTask, TaskState
from tests.engine.world import Shop, connected_store
from workers import relay


def test_an_edit_here_arrives_there_once(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        store.state.forget_writes()

        shop.change(product, title="Blue mug")
        shop.settle()

        assert store.state.titles() == ["Blue mug"]
        assert store.state.writes_of("name") == 1
        assert [each.state for each in shop.listings()] == ["synced"]


def test_an_edit_there_arrives_here(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        store.state.forget_writes()

        store.state.edit_product(store.state.product_ids()[0], name="Green mug")
        shop.settle()

        assert shop.values(product).values["title"] == "Green mug"
        assert store.state.writes() == []


def test_edits_of_different_fields_join(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", description="<p>Old</p>")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)

        shop.change(product, title="Blue mug")
        store.state.edit_product(store.state.product_ids()[0], description="<p>New</p>")
        shop.settle()

        assert shop.values(product).values["title"] == "Blue mug"
        assert shop.values(product).values["description"] == "<p>New</p>"
        assert store.state.titles() == ["Blue mug"]
        assert shop.conflicts() == []


def test_both_sides_changing_one_field_is_a_conflict_with_both_values(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)

        shop.change(product, title="Blue mug")
        store.state.edit_product(store.state.product_ids()[0], name="Green mug")
        shop.settle()

        (conflict,) = shop.conflicts()
        assert (conflict.base, conflict.ours, conflict.theirs) == ("Mug", "Blue mug", "Green mug")
        assert shop.values(product).values["title"] == "Blue mug"
        assert store.state.titles() == ["Green mug"]


def test_an_item_met_by_a_read_before_its_maker_wrote_it_down_is_one_listing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = shop.add_product("Mug", "MUG-1")
    met: list[str] = []

    def read_meanwhile(name: str) -> None:
        if name == "push.answered" and not met:
            run_id = service.poll(shop.actor, store.connection_id)
            assert run_id
            pull.run_slice(shop.actor, run_id, worker="tests:2")
            met.extend(sorted(each.state for each in shop.listings()))

    with connected_store(shop) as store:
        shop.settle()
        monkeypatch.setattr(faults, "point", read_meanwhile)

        store.list_here(product)

        assert "unmapped" in met
        (listing,) = shop.listings()
        assert (listing.state, listing.product_id) == ("synced", product)
        assert len(store.state.product_ids()) == 1


@pytest.mark.parametrize("skus", [("MUG-1",), ("MUG-S", "MUG-M")], ids=["simple", "variable"])
def test_a_sale_between_our_look_and_our_write_still_counts(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, skus: tuple[str, ...]
) -> None:
    product = shop.add_product("Mug", *skus, quantity=10)
    sold: list[int] = []

    def sell(name: str) -> None:
        if name == "push.sent" and not sold:
            sku = store.state.find_sku(skus[0])
            assert sku
            sold.append(sku)
            store.state.place_order((sku, 2))

    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        monkeypatch.setattr(faults, "point", sell)

        shop.change_variant(product, quantity=7)
        shop.settle()

        assert sold
        counts = [each["quantity"] for each in shop.values(product).variants.values()]
        assert counts[0] == 5
        item = store.state.product(sold[0]) if len(skus) == 1 else store.state.variation(sold[0])
        assert item["stock_quantity"] == 5
        assert [each.state for each in shop.listings()] == ["synced"]


@pytest.mark.parametrize("is_taker_first", [True, False])
def test_an_sku_moves_from_one_product_to_another_whichever_is_sent_first(
    shop: Shop, is_taker_first: bool
) -> None:
    ids = [shop.add_product("Mug", "A-1"), shop.add_product("Cup", "B-1")]
    taker, giver = ids if is_taker_first else reversed(ids)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        moved = next(iter(shop.values(giver).variants.values()))["sku"]

        shop.change_variant(giver, sku="NEW-1")
        shop.change_variant(taker, sku=moved)
        shop.settle()

        there = {str(row["name"]): row["sku"] for row in store.state.goods.rows.values()}
        here = {shop.values(key).values["title"]: key for key in ids}
        assert there == {title: moved if key == taker else "NEW-1" for title, key in here.items()}
        assert {str(each.state) for each in shop.listings()} == {"synced"}


def test_an_sku_moves_from_a_product_to_a_variant_of_another(shop: Shop) -> None:
    shirt = shop.add_product("Shirt", "S-1", "S-2")
    mug = shop.add_product("Mug", "M-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(shirt, mug)

        shop.change_variant(mug, sku="M-9")
        shop.change_variant(shirt, sku="M-1")
        shop.settle()

        skus = {row.get("sku") for row in store.state.goods.rows.values()}
        assert {"M-1", "M-9", "S-2"} <= skus
        assert {str(each.state) for each in shop.listings()} == {"synced"}


def test_who_wants_an_sku_waits_for_the_product_that_gives_it_up_later(shop: Shop) -> None:
    giver, taker = shop.add_product("Mug", "A-1"), shop.add_product("Cup", "B-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(giver, taker)
        shop.change_variant(giver, sku="NEW-1")
        relay.deliver_here(shop.actor)
        with unit_of_work(shop.actor) as work:
            later = work.now + timedelta(seconds=20)
            waiting = SyncTask.state == TaskState.WAITING
            work.session.execute(update(SyncTask).where(waiting).values(due_at=later))
        shop.change_variant(taker, sku="A-1", quantity=3)

        shop.turn()
        [cup] = [row for row in store.state.goods.rows.values() if row["name"] == "Cup"]
        assert (cup["sku"], cup["stock_quantity"]) == ("B-1", 3)
        with db.reading(shop.actor) as session:
            found = session.scalars(select(SyncChange).where(SyncChange.field == "sku")).all()
        assert [str(line.state) for line in found] == ["rejected"]
        assert found[0].sentence == "Another product in the shop already uses this SKU."
        shop.settle()

        skus = {str(row["name"]): row["sku"] for row in store.state.goods.rows.values()}
        assert skus == {"Mug": "NEW-1", "Cup": "A-1"}
        assert {str(each.state) for each in shop.listings()} == {"synced"}
