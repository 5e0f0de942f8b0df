"""Lists: pages, filters, dates, fields, contexts."""

import httpx
import pytest

from app.simulators.woocommerce import StoreState, TwinSettings, seed_synthetic
from tests.channels.woocommerce_twin.world import World, code

Found = list[int]


def _ids(answer: httpx.Response) -> Found:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()]


def test_more_than_a_hundred_per_page_is_refused(api: httpx.Client) -> None:
    answer = api.get("/products", params={"per_page": 101})

    assert code(answer) == (400, "rest_invalid_param")
    assert list(answer.json()["data"]["params"]) == ["per_page"]


def test_pages_are_counted_in_headers(api: httpx.Client, store: StoreState) -> None:
    seed_synthetic(store, 25)

    answer = api.get("/products", params={"page": 2})

    assert answer.headers["X-WP-Total"] == "25"
    assert answer.headers["X-WP-TotalPages"] == "3"
    assert 'page=1>; rel="prev"' in answer.headers["Link"]
    assert 'page=3>; rel="next"' in answer.headers["Link"]
    assert len(answer.json()) == 10


def test_a_page_beyond_the_last_is_empty_and_still_counted(
    api: httpx.Client, store: StoreState
) -> None:
    seed_synthetic(store, 3)

    answer = api.get("/products", params={"page": 9})

    assert _ids(answer) == []
    assert answer.headers["X-WP-Total"] == "3"


def test_offset_beats_page(api: httpx.Client, store: StoreState) -> None:
    ids = seed_synthetic(store, 5)

    answer = api.get("/products", params={"offset": 3, "orderby": "id", "order": "asc"})

    assert _ids(answer) == ids[3:]


def test_the_default_order_is_newest_first_with_the_id_as_tie_break(
    api: httpx.Client, store: StoreState
) -> None:
    ids = seed_synthetic(store, 3)

    assert _ids(api.get("/products")) == ids[::-1]


def test_modified_after_is_strict_to_the_second(world: World) -> None:
    product = world.store.add_product(name="Mug")
    asked = {"dates_are_gmt": "true", "orderby": "modified", "order": "asc"}

    same = world.api.get("/products", params={**asked, "modified_after": "2026-11-21T08:00:00"})
    earlier = world.api.get("/products", params={**asked, "modified_after": "2026-11-21T07:59:59"})

    assert _ids(same) == []
    assert _ids(earlier) == [product]


def test_without_dates_are_gmt_the_site_clock_is_compared(world: World) -> None:
    product = world.store.add_product(name="Mug")

    shown = world.api.get("/products").json()[0]
    by_local = world.api.get("/products", params={"modified_after": "2026-11-21T09:59:59"})
    by_gmt = world.api.get(
        "/products", params={"modified_after": "2026-11-21T09:59:59", "dates_are_gmt": "true"}
    )

    assert shown["date_modified"] == "2026-11-21T10:00:00"
    assert shown["date_modified_gmt"] == "2026-11-21T08:00:00"
    assert _ids(by_local) == [product]
    assert _ids(by_gmt) == []


def test_a_bound_with_a_zone_is_first_turned_into_the_site_clock(world: World) -> None:
    product = world.store.add_product(name="Mug")
    asked = {"dates_are_gmt": "true"}

    with_zone = world.api.get(
        "/products", params={**asked, "modified_after": "2026-11-21T07:00:00Z"}
    )
    without = world.api.get("/products", params={**asked, "modified_after": "2026-11-21T07:00:00"})

    assert _ids(with_zone) == []
    assert _ids(without) == [product]


def test_a_bare_date_is_no_date_time(api: httpx.Client) -> None:
    answer = api.get("/products", params={"modified_after": "2026-11-21"})

    assert code(answer) == (400, "rest_invalid_param")


def test_an_unknown_parameter_is_ignored(world: World) -> None:
    product = world.store.add_product(name="Mug")

    answer = world.api.get("/products", params={"modified-after": "2030-01-01T00:00:00"})

    assert _ids(answer) == [product]


def test_fields_are_all_that_is_answered(world: World) -> None:
    world.store.add_product(name="Mug", meta_data=[{"key": "a", "value": "b"}])

    answer = world.api.get("/products", params={"_fields": "id,parent_id,meta_data.key"})

    assert list(answer.json()[0]) == ["id", "parent_id", "meta_data"]
    assert answer.json()[0]["meta_data"] == [{"key": "a"}]


def test_view_renders_paragraphs_and_edit_gives_what_is_stored(world: World) -> None:
    product = world.store.add_product(
        name="Mug", description="One\n\nTwo\nlines", short_description="It's blue"
    )

    view = world.api.get(f"/products/{product}").json()
    edit = world.api.get(f"/products/{product}", params={"context": "edit"}).json()

    assert view["description"] == "<p>One</p>\n<p>Two<br />\nlines</p>\n"
    assert view["short_description"] == "<p>It&#8217;s blue</p>\n"
    assert edit["description"] == "One\n\nTwo\nlines"


def test_status_any_leaves_the_trash_out(world: World) -> None:
    kept = world.store.add_product(name="Draft", status="draft")
    gone = world.store.add_product(name="Gone", sku="GONE")
    world.store.trash(gone)

    assert _ids(world.api.get("/products", params={"status": "any"})) == [kept]
    assert _ids(world.api.get("/products", params={"status": "trash"})) == [gone]
    assert _ids(world.api.get("/products", params={"sku": "GONE"})) == []
    assert _ids(world.api.get("/products", params={"sku": "GONE", "status": "trash"})) == [gone]


def test_a_sku_finds_variations_too(world: World) -> None:
    shirt, (red, _) = world.add_shirt()

    found = world.api.get("/products", params={"sku": "SHIRT,SHIRT-RED", "order": "asc"}).json()

    assert [(item["id"], item["type"], item["parent_id"]) for item in found] == [
        (shirt, "variable", 0),
        (red, "variation", shirt),
    ]
    assert found[1]["name"] == "Shirt - Red"


def test_a_sku_with_a_comma_is_tried_as_a_whole(world: World) -> None:
    product = world.store.add_product(name="Mug", sku="A,B")

    assert _ids(world.api.get("/products", params={"sku": "A,B"})) == [product]


def test_a_gtin_finds_products_and_variations(world: World) -> None:
    _, (red, _) = world.add_shirt()
    world.store.edit_variation(red, global_unique_id="4006381333931")

    found = world.api.get("/products", params={"global_unique_id": "4006381333931"})

    assert _ids(found) == [red]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"search": "blue"}, ["Blue mug"]),
        ({"search_sku": "UG-"}, ["Blue mug", "Red mug"]),
        ({"search_name_or_sku": "red"}, ["Red mug"]),
        ({"type": "external"}, ["Poster"]),
        ({"exclude_types": "external,variable"}, ["Blue mug", "Red mug"]),
        ({"status": "draft"}, ["Red mug"]),
        ({"exclude_status": "draft"}, ["Blue mug", "Poster"]),
        ({"stock_status": "outofstock"}, ["Red mug"]),
        ({"on_sale": "true"}, ["Blue mug"]),
        ({"min_price": "10"}, ["Red mug"]),
        ({"max_price": "5"}, ["Blue mug"]),
        ({"slug": "poster"}, ["Poster"]),
        ({"featured": "true"}, ["Poster"]),
    ],
)
def test_filters_find_what_they_name(world: World, query: dict[str, str], names: list[str]) -> None:
    world.store.add_product(name="Blue mug", sku="MUG-B", regular_price="9", sale_price="5")
    world.store.add_product(
        name="Red mug",
        sku="MUG-R",
        regular_price="12",
        status="draft",
        manage_stock=True,
        stock_quantity=0,
    )
    world.store.add_product(name="Poster", type="external", featured=True)

    answer = world.api.get("/products", params={"order": "asc", "orderby": "title", **query})

    assert [item["name"] for item in answer.json()] == names


def test_a_category_stands_for_its_children(world: World) -> None:
    clothing = world.api.post("/products/categories", json={"name": "Clothing"}).json()["id"]
    hats = world.api.post("/products/categories", json={"name": "Hats", "parent": clothing}).json()[
        "id"
    ]
    hat = world.store.add_product(name="Hat", categories=[{"id": hats}])
    world.store.add_product(name="Mug")

    assert _ids(world.api.get("/products", params={"category": str(clothing)})) == [hat]


def test_include_takes_a_comma_list_and_keeps_its_order_when_asked(world: World) -> None:
    first, second, _ = seed_synthetic(world.store, 3)

    found = world.api.get(
        "/products", params={"include": f"{second},{first}", "orderby": "include"}
    )

    assert _ids(found) == [second, first]


def test_all_variations_of_the_store_are_one_list_from_10_3_on(world: World) -> None:
    shirt, variations = world.add_shirt()
    older = World(TwinSettings(version="10.2.1"))

    found = world.api.get("/variations", params={"orderby": "modified", "order": "asc"})

    assert _ids(found) == variations
    assert {item["parent_id"] for item in found.json()} == {shirt}
    assert code(older.api.get("/variations")) == (404, "rest_no_route")


def test_variations_of_one_product_can_be_asked_by_date(world: World) -> None:
    shirt, (red, _) = world.add_shirt()
    world.store.edit_variation(red, regular_price="21")

    found = world.api.get(
        f"/products/{shirt}/variations",
        params={"modified_after": "2026-11-21T08:00:00", "dates_are_gmt": "true"},
    )

    assert _ids(found) == [red]


def test_an_edited_product_moves_to_the_end_of_the_delta(world: World) -> None:
    first, second, third = seed_synthetic(world.store, 3)
    world.clock.pass_seconds(1)
    world.store.edit_product(first, name="Moved")

    found = world.api.get("/products", params={"orderby": "modified", "order": "asc"})

    assert _ids(found) == [second, third, first]


def test_an_old_store_has_neither_brands_nor_gtin() -> None:
    old = World(TwinSettings(version="9.0.2"))
    old.store.add_product(name="Mug", global_unique_id="4006381333931")

    shown = old.api.get("/products").json()[0]

    assert "brands" not in shown
    assert "global_unique_id" not in shown
    assert code(old.api.get("/products/brands")) == (404, "rest_no_route")
