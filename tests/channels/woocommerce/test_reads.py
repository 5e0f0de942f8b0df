"""Reading a store: everything once, what changed, older releases, and no request too many."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.adapters.types import Cursor
from app.core import clock
from app.simulators.woocommerce import TwinSettings, seed_products, seed_synthetic
from tests.channels.conformance import money, read_all
from tests.channels.woocommerce.stage import WooStage

OLD = TwinSettings(version="9.5.0")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_many_products_come_in_pages_each_once() -> None:
    stage = WooStage()
    seed_synthetic(stage.store, 230)

    items, _ = read_all(stage.open(), Cursor("full"))

    assert [int(item.external_id) for item in items] == stage.store.product_ids()


def test_products_deleted_while_reading_hide_no_others() -> None:
    stage = WooStage()
    ids = seed_synthetic(stage.store, 250)
    adapter = stage.open()
    page = adapter.pull_products(Cursor("full"))
    seen = {item.external_id for item in page.items}

    for product in ids[:40]:
        stage.store.erase(product)
    while page.next is not None:
        page = adapter.pull_products(page.next)
        seen |= {item.external_id for item in page.items}

    assert seen == {str(product) for product in ids}


def test_variations_of_a_page_take_one_request_where_the_shop_can() -> None:
    stage = WooStage()
    for number in range(20):
        stage.add_variable(f"Shirt {number}", {"S": f"{number}-S", "M": f"{number}-M"})
    adapter = stage.open()
    adapter.check()
    stage.requests()

    items, _ = read_all(adapter, Cursor("full"))

    assert sum(len(item.variants) for item in items) == 40
    asked = [path for _, path in stage.requests() if path.startswith("/variations?")]
    assert len(asked) == 2  # where the changes stand, and the variations themselves


def test_an_older_shop_is_asked_product_by_product() -> None:
    stage = WooStage(OLD)
    parent, sizes = stage.add_variable("Shirt", {"S": "S-1", "M": "M-1"})
    other, _ = stage.add_variable("Coat", {"S": "C-1"})

    items, _ = read_all(stage.open(), Cursor("full"))

    assert {item.external_id: len(item.variants) for item in items} == {parent: 2, other: 1}
    assert set(sizes.values()) == {v.external_id for v in items[0].variants}


def test_an_older_shop_is_swept_for_changed_variations() -> None:
    stage = WooStage(OLD)
    parents = [stage.add_variable(f"Shirt {n}", {"S": f"S-{n}"}) for n in range(45)]
    adapter = stage.open()
    with clock.frozen(NOON) as advance:
        for parent, _ in parents:
            stage.rename(parent, "Shirt")
        _, mark = read_all(adapter, Cursor("full"))
        advance(timedelta(minutes=10))
        last, sizes = parents[-1]
        stage.reprice_variant(last, sizes["S"], 777)
        assert mark is not None

        found = set()
        for _ in range(4):
            items, mark = read_all(adapter, mark)
            assert mark is not None
            found |= {
                item.external_id for item in items if item.variants[0].values["price"] == money(777)
            }
            advance(timedelta(minutes=1))

    assert found == {last}


def test_a_bulk_edit_of_one_second_is_read_wholly() -> None:
    stage = WooStage()
    with clock.frozen(NOON) as advance:
        ids = seed_synthetic(stage.store, 240)
        adapter = stage.open()
        _, mark = read_all(adapter, Cursor("full"))
        advance(timedelta(minutes=10))
        for product in ids:
            stage.store.edit_product(product, name="Sale!")
        assert mark is not None

        items, _ = read_all(adapter, mark)

    assert {item.external_id for item in items} == {str(product) for product in ids}
    assert all(item.values["title"] == "Sale!" for item in items)


def test_a_product_changed_while_changes_are_read_is_seen() -> None:
    stage = WooStage()
    with clock.frozen(NOON) as advance:
        ids = seed_synthetic(stage.store, 150)
        adapter = stage.open()
        _, mark = read_all(adapter, Cursor("full"))
        assert mark is not None
        for product in ids:
            advance(timedelta(seconds=1))
            stage.store.edit_product(product, name="Once")
        page = adapter.pull_products(mark)
        titles = {item.external_id: item.values["title"] for item in page.items}
        advance(timedelta(seconds=1))
        stage.store.edit_product(ids[3], name="Twice")
        while page.next is not None:
            page = adapter.pull_products(page.next)
            titles |= {item.external_id: item.values["title"] for item in page.items}

    assert titles.pop(str(ids[3])) == "Twice"
    assert set(titles.values()) == {"Once"}
    assert len(titles) == 149


def test_a_quiet_shop_costs_two_small_requests() -> None:
    stage = WooStage()
    with clock.frozen(NOON) as advance:
        first = stage.add_simple("Mug", "M-1")
        advance(timedelta(minutes=1))
        stage.add_simple("Cup", "C-1")
        adapter = stage.open()
        adapter.check()
        _, mark = read_all(adapter, Cursor("full"))
        assert mark is not None
        _, mark = read_all(adapter, mark)
        assert mark is not None
        stage.requests()

        items, again = read_all(adapter, mark)

    assert first not in {item.external_id for item in items}
    assert again == mark
    assert len(stage.requests()) <= 3


def test_an_empty_shop_is_read_without_a_watermark_in_time() -> None:
    stage = WooStage()
    adapter = stage.open()

    items, mark = read_all(adapter, Cursor("full"))
    assert mark is not None
    stage.add_simple("Mug", "M-1")
    later, _ = read_all(adapter, mark)

    assert not items
    assert [item.values["title"] for item in later] == ["Mug"]


def test_an_unreadable_product_is_named_and_the_others_are_read() -> None:
    stage = WooStage()
    good, bad = stage.add_simple("Mug", "M-1"), stage.add_simple("Cup", "C-1")
    stage.store.goods.rows[int(bad)]["regular_price"] = "about ten"

    page = stage.open().pull_products(Cursor("full"))

    assert [item.external_id for item in page.items] == [good]
    assert [problem.field for problem in page.unreadable] == [f"product {bad}.regular_price"]


def test_the_trash_counts_as_deleted() -> None:
    stage = WooStage()
    product = stage.add_simple("Mug", "M-1")
    stage.store.trash(int(product))

    [shown] = stage.open().read_products([product])

    assert shown.is_deleted
    assert not read_all(stage.open(), Cursor("ids"))[0]


def test_what_is_only_read_is_marked_so() -> None:
    stage = WooStage()
    stage.store.add_product(name="Set", type="grouped", status="publish")
    stage.store.add_product(name="Elsewhere", type="external", status="publish")

    items, _ = read_all(stage.open(), Cursor("full"))

    assert [(item.kind, item.is_writable) for item in items] == [
        ("grouped", False),
        ("external", False),
    ]


def test_categories_made_after_the_first_look_have_their_paths() -> None:
    stage = WooStage()
    seed_products(stage.store, [{"name": "Mug", "type": "simple", "categories": ["Kitchen"]}])
    adapter = stage.open()
    read_all(adapter, Cursor("full"))
    seed_products(
        stage.store, [{"name": "Cup", "type": "simple", "categories": ["Kitchen > Cups & more"]}]
    )

    items, _ = read_all(adapter, Cursor("full"))

    assert [item.values["categories"] for item in items] == [["Kitchen"], ["Kitchen > Cups & more"]]


def test_stored_facts_spare_the_questions() -> None:
    stage = WooStage()
    stage.add_simple("Mug", "M-1")
    asked = stage.open(facts={})
    told = stage.open()

    asked_items, _ = read_all(asked, Cursor("full"))
    before = [path for _, path in stage.requests() if "system_status" in path]
    told_items, _ = read_all(told, Cursor("full"))
    after = [path for _, path in stage.requests() if "system_status" in path]

    assert (len(before), len(after)) == (1, 0)
    assert [replace(item, raw={}) for item in asked_items] == [
        replace(item, raw={}) for item in told_items
    ]
