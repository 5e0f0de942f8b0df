"""Products: fields, types, codes, trash."""

import httpx
import pytest

from app.simulators.woocommerce import StoreState, TwinSettings
from tests.channels.woocommerce_twin.world import World, code


def test_a_new_product_is_answered_201_with_its_place(api: httpx.Client) -> None:
    answer = api.post("/products", json={"name": "Mug", "regular_price": "9.50"})

    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/wp-json/wc/v3/products/{answer.json()['id']}")
    assert answer.json()["status"] == "publish"
    assert answer.json()["price"] == "9.50"


def test_a_create_with_an_id_is_refused(api: httpx.Client) -> None:
    answer = api.post("/products", json={"id": 7, "name": "Mug"})

    assert code(answer) == (400, "woocommerce_rest_product_exists")


@pytest.mark.parametrize(
    "body",
    [
        {"regular_price": 21.99},
        {"weight": 2},
        {"status": "live"},
        {"type": "bundle"},
        {"brands": [5]},
        {"dimensions": {"length": 3}},
        {"categories": [{"id": "shoes"}]},
        {"manage_stock": "perhaps"},
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_and_nothing_is_made(
    api: httpx.Client, store: StoreState, body: dict[str, object]
) -> None:
    answer = api.post("/products", json={"name": "Mug", **body})

    assert code(answer) == (400, "rest_invalid_param")
    assert list(answer.json()["data"]["params"]) == list(body)
    assert store.titles() == []


def test_broken_json_is_refused(api: httpx.Client) -> None:
    answer = api.post(
        "/products", content=b'{"name":', headers={"Content-Type": "application/json"}
    )

    assert code(answer) == (400, "rest_invalid_json")


def test_null_means_not_sent(world: World) -> None:
    product = world.store.add_product(name="Mug", description="Blue", regular_price="9")

    world.api.put(f"/products/{product}", json={"description": None, "regular_price": None})

    assert world.store.product(product)["description"] == "Blue"
    assert world.store.product(product)["regular_price"] == "9"


def test_an_empty_text_clears(world: World) -> None:
    product = world.store.add_product(name="Mug", description="Blue", regular_price="9")

    world.api.put(f"/products/{product}", json={"description": "", "regular_price": ""})

    assert world.store.product(product)["description"] == ""
    assert world.store.product(product)["price"] == ""


def test_every_save_moves_the_date_also_one_that_changes_nothing(world: World) -> None:
    product = world.store.add_product(name="Mug")
    world.clock.pass_seconds(30)

    world.api.put(f"/products/{product}", json={"name": "Mug"})

    assert world.store.product(product)["date_modified_gmt"] == "2026-11-21T08:00:30"
    assert world.store.product(product)["date_created_gmt"] == "2026-11-21T08:00:00"


def test_a_sale_price_counts_only_below_the_regular_one(world: World) -> None:
    product = world.store.add_product(name="Mug", regular_price="9", sale_price="7")
    before = world.store.product(product)

    world.api.put(f"/products/{product}", json={"sale_price": "9.00"})

    assert (before["price"], before["on_sale"]) == ("7", True)
    assert world.store.product(product)["sale_price"] == ""


def test_a_sale_waits_for_its_day(world: World) -> None:
    product = world.store.add_product(
        name="Mug",
        regular_price="9",
        sale_price="7",
        date_on_sale_from_gmt="2026-11-22T00:00:00",
    )
    before = world.store.product(product)["price"]

    world.clock.pass_seconds(86_400)

    assert before == "9"
    assert world.store.product(product)["price"] == "7"
    assert world.store.product(product)["date_on_sale_from"] == "2026-11-22T02:00:00"


@pytest.mark.parametrize("kind", ["variable", "grouped"])
def test_parents_have_no_price_of_their_own(world: World, kind: str) -> None:
    product = world.store.add_product(name="Set", type=kind, regular_price="9")

    assert world.store.product(product)["regular_price"] == ""


def test_a_variable_product_costs_what_its_cheapest_variation_costs(world: World) -> None:
    shirt, _ = world.add_shirt()

    assert world.store.product(shirt)["price"] == "18.00"


def test_a_duplicate_sku_names_its_owner_and_a_free_one(world: World) -> None:
    _, (red, _) = world.add_shirt()

    answer = world.api.post("/products", json={"name": "Copy", "sku": "SHIRT-RED"})

    assert code(answer) == (400, "product_invalid_sku")
    assert answer.json()["data"] == {
        "status": 400,
        "resource_id": red,
        "unique_sku": "SHIRT-RED-1",
    }


def test_a_sku_in_the_trash_is_taken(world: World) -> None:
    gone = world.store.add_product(name="Gone", sku="MUG")
    world.store.trash(gone)

    answer = world.api.post("/products", json={"name": "Mug", "sku": "MUG"})

    assert answer.json()["data"]["resource_id"] == gone


def test_a_product_may_keep_its_own_sku(world: World) -> None:
    product = world.store.add_product(name="Mug", sku="MUG")

    answer = world.api.put(f"/products/{product}", json={"sku": "MUG", "name": "Cup"})

    assert answer.status_code == 200


def test_a_stale_lookup_row_stops_a_create_though_nobody_has_the_sku(world: World) -> None:
    world.store.leave_stale_sku("MUG")

    answer = world.api.post("/products", json={"name": "Mug", "sku": "MUG"})

    assert code(answer) == (400, "woocommerce_rest_product_not_created")
    assert world.store.find_sku("MUG") is None


def test_a_gtin_keeps_digits_and_hyphens_and_is_unique(world: World) -> None:
    product = world.store.add_product(name="Book", global_unique_id="ISBN 978-3-16")

    answer = world.api.post("/products", json={"name": "Copy", "global_unique_id": "978-3-16"})

    assert world.store.product(product)["global_unique_id"] == "978-3-16"
    assert code(answer) == (400, "product_invalid_global_unique_id")
    assert answer.json()["data"]["resource_id"] == product


def test_meta_data_merges_by_key_and_null_deletes(world: World) -> None:
    product = world.store.add_product(
        name="Mug", meta_data=[{"key": "_syncstore_id", "value": "1"}, {"key": "b", "value": "2"}]
    )
    first = world.store.product(product)["meta_data"]

    world.api.put(
        f"/products/{product}",
        json={
            "meta_data": [
                {"key": "_syncstore_id", "value": "9"},
                {"key": "b", "value": None},
                {"key": "c", "value": {"deep": [1]}},
            ]
        },
    )

    now = world.store.product(product)["meta_data"]
    assert [(meta["key"], meta["value"]) for meta in now] == [
        ("_syncstore_id", "9"),
        ("c", {"deep": [1]}),
    ]
    assert now[0]["id"] == first[0]["id"]


def test_writing_the_sku_as_meta_goes_past_the_check(world: World) -> None:
    world.store.add_product(name="Mug", sku="MUG")

    answer = world.api.post(
        "/products", json={"name": "Copy", "meta_data": [{"key": "_sku", "value": "MUG"}]}
    )

    assert answer.json()["sku"] == "MUG"
    assert answer.json()["meta_data"] == []


def test_a_put_to_a_missing_id_is_400_and_a_get_or_delete_404(api: httpx.Client) -> None:
    refusals = [
        code(api.request(verb, "/products/999", json={})) for verb in ("PUT", "GET", "DELETE")
    ]

    assert refusals == [
        (400, "woocommerce_rest_product_invalid_id"),
        (404, "woocommerce_rest_product_invalid_id"),
        (404, "woocommerce_rest_product_invalid_id"),
    ]


def test_delete_trashes_once_and_is_gone_the_second_time(world: World) -> None:
    product = world.store.add_product(name="Mug")

    first = world.api.delete(f"/products/{product}")
    second = world.api.delete(f"/products/{product}")

    assert first.status_code == 200
    assert world.store.product(product)["status"] == "trash"
    assert code(second) == (410, "woocommerce_rest_already_trashed")


def test_a_store_without_trash_wants_force(world: World) -> None:
    bare = World(TwinSettings(has_trash=False))
    product = bare.store.add_product(name="Mug")

    refused = bare.api.delete(f"/products/{product}")
    forced = bare.api.delete(f"/products/{product}", params={"force": "true"})

    assert code(refused) == (501, "woocommerce_rest_trash_not_supported")
    assert forced.status_code == 200
    assert bare.store.product_ids() == []


def test_force_takes_the_variations_along(world: World) -> None:
    shirt, _ = world.add_shirt()

    world.api.delete(f"/products/{shirt}", params={"force": "true"})

    assert world.store.counts()["variations"] == 0


def test_another_type_deletes_all_variations(world: World) -> None:
    shirt, _ = world.add_shirt()

    world.api.put(f"/products/{shirt}", json={"type": "simple"})

    assert world.store.counts()["variations"] == 0
    assert world.store.product(shirt)["variations"] == []


def test_categories_replace_need_ids_and_fall_back(world: World) -> None:
    hats = world.api.post("/products/categories", json={"name": "Hats"}).json()["id"]
    product = world.store.add_product(name="Hat", categories=[{"id": hats}])

    by_name = world.api.put(f"/products/{product}", json={"categories": [{"name": "Hats"}]})
    emptied = world.api.put(f"/products/{product}", json={"categories": []})

    assert [term["name"] for term in by_name.json()["categories"]] == ["Uncategorized"]
    assert [term["name"] for term in emptied.json()["categories"]] == ["Uncategorized"]


def test_a_tag_is_made_from_its_name(world: World) -> None:
    product = world.store.add_product(name="Hat", tags=[{"name": "warm"}, {"name": "Wool"}])

    world.api.put(f"/products/{product}", json={"tags": [{"name": "WARM"}]})

    assert [tag["name"] for tag in world.store.product(product)["tags"]] == ["warm"]
    assert len(world.api.get("/products/tags").json()) == 2


def test_an_empty_list_does_not_clear_brands(world: World) -> None:
    brand = world.api.post("/products/brands", json={"name": "Acme"}).json()["id"]
    product = world.store.add_product(name="Hat", brands=[{"id": brand}])

    answer = world.api.put(f"/products/{product}", json={"brands": []})

    assert answer.json()["brands"] == [{"id": brand, "name": "Acme", "slug": "acme"}]


def test_attributes_replace_all_and_make_missing_terms(world: World) -> None:
    color = world.api.post("/products/attributes", json={"name": "Color"}).json()
    product = world.store.add_product(name="Hat", attributes=[{"name": "Fit", "options": ["Slim"]}])

    answer = world.api.put(
        f"/products/{product}",
        json={"attributes": [{"id": color["id"], "visible": True, "options": ["Red", "Blue"]}]},
    )

    assert [
        (attribute["id"], attribute["name"], attribute["slug"], attribute["options"])
        for attribute in answer.json()["attributes"]
    ] == [(color["id"], "Color", "pa_color", ["Red", "Blue"])]
    terms = world.api.get(f"/products/attributes/{color['id']}/terms").json()
    assert [term["name"] for term in terms] == ["Blue", "Red"]


def test_default_attributes_are_for_variable_products_only(world: World) -> None:
    shirt, _ = world.add_shirt()
    chosen = {"default_attributes": [{"name": "Color", "option": "Red"}]}

    world.api.put(f"/products/{shirt}", json=chosen)
    before = world.store.product(shirt)["default_attributes"]
    world.api.put(f"/products/{shirt}", json={"type": "simple"})

    assert before[0]["option"] == "Red"
    assert world.store.product(shirt)["default_attributes"] == []


def test_a_draft_has_no_slug_until_it_is_published(world: World) -> None:
    world.store.add_product(name="Blue mug")
    product = world.store.add_product(name="Blue mug", status="draft")
    before = world.store.product(product)["slug"]

    world.api.put(f"/products/{product}", json={"status": "publish"})

    assert before == ""
    assert world.store.product(product)["slug"] == "blue-mug-2"


def test_a_shop_manager_may_not_store_scripts(world: World) -> None:
    key = world.store.add_key(role="shop_manager")
    client = world.client(auth=(key.consumer_key, key.consumer_secret))

    answer = client.post("/products", json={"name": "Mug", "description": "A<script>x</script>B"})

    assert answer.json()["description"] == "AB"


@pytest.mark.parametrize(
    ("query", "headers"),
    [("?_method=PUT", {}), ("", {"X-HTTP-Method-Override": "PUT"})],
)
def test_a_post_can_stand_for_a_put(world: World, query: str, headers: dict[str, str]) -> None:
    product = world.store.add_product(name="Mug")

    answer = world.api.post(f"/products/{product}{query}", json={"name": "Cup"}, headers=headers)

    assert answer.status_code == 200
    assert world.store.titles() == ["Cup"]


def test_answers_are_escaped_the_way_php_does_it(world: World) -> None:
    world.store.add_product(name="Café — shop/")

    raw = world.api.get("/products", params={"_fields": "name"}).content

    assert raw == rb'[{"name":"Caf\u00e9 \u2014 shop\/"}]'
