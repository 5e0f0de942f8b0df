"""Categories, tags, brands, shipping classes, attributes and their values."""

import httpx
import pytest

from tests.channels.woocommerce_twin.world import PICTURE, World, code

PATHS = [
    "/products/categories",
    "/products/tags",
    "/products/brands",
    "/products/shipping_classes",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_term_is_made_read_changed_and_removed(api: httpx.Client, path: str) -> None:
    made = api.post(path, json={"name": "Winter Sale"}).json()

    changed = api.put(f"{path}/{made['id']}", json={"description": "Cold"})
    found = api.get(path, params={"search": "winter"})
    unforced = api.delete(f"{path}/{made['id']}")
    forced = api.delete(f"{path}/{made['id']}", params={"force": "true"})
    gone = api.get(f"{path}/{made['id']}")

    assert made["slug"] == "winter-sale"
    assert changed.json()["description"] == "Cold"
    assert [term["id"] for term in found.json()] == [made["id"]]
    assert code(unforced) == (501, "woocommerce_rest_trash_not_supported")
    assert forced.status_code == 200
    assert code(gone) == (404, "woocommerce_rest_term_invalid")


@pytest.mark.parametrize("path", PATHS)
def test_a_term_that_exists_is_refused_with_its_id(api: httpx.Client, path: str) -> None:
    made = api.post(path, json={"name": "Winter"}).json()

    answer = api.post(path, json={"name": "winter"})

    assert code(answer) == (400, "term_exists")
    assert answer.json()["data"]["resource_id"] == made["id"]


def test_the_same_name_may_stand_under_another_parent(api: httpx.Client) -> None:
    men = api.post("/products/categories", json={"name": "Men"}).json()["id"]
    api.post("/products/categories", json={"name": "Shoes"})

    answer = api.post("/products/categories", json={"name": "Shoes", "parent": men})

    assert answer.status_code == 201
    assert answer.json()["slug"] == "shoes-2"


def test_a_term_needs_a_name(api: httpx.Client) -> None:
    assert code(api.post("/products/tags", json={})) == (400, "rest_missing_callback_param")


@pytest.mark.parametrize("path", PATHS)
def test_terms_come_in_batches(api: httpx.Client, path: str) -> None:
    answer = api.post(
        f"{path}/batch", json={"create": [{"name": "A"}, {"name": "B"}, {"name": "A"}]}
    )

    first, second, third = answer.json()["create"]
    assert (first["name"], second["name"], third["error"]["code"]) == ("A", "B", "term_exists")


def test_categories_count_their_published_products(world: World) -> None:
    hats = world.api.post("/products/categories", json={"name": "Hats"}).json()["id"]
    world.store.add_product(name="Hat", categories=[{"id": hats}])
    world.store.add_product(name="Cap", categories=[{"id": hats}], status="draft")

    assert world.api.get(f"/products/categories/{hats}").json()["count"] == 1
    hidden = world.api.get("/products/categories", params={"hide_empty": "true"}).json()
    assert [term["id"] for term in hidden] == [hats]


def test_a_category_has_a_picture(api: httpx.Client) -> None:
    made = api.post("/products/categories", json={"name": "Hats", "image": {"src": PICTURE}})

    assert made.json()["image"]["name"] == "mug"


def test_the_default_category_stays(world: World) -> None:
    answer = world.api.delete(
        f"/products/categories/{world.store.default_category}", params={"force": "true"}
    )

    assert code(answer) == (500, "woocommerce_rest_cannot_delete")


def test_attributes_have_a_prefixed_slug_that_stands_once(api: httpx.Client) -> None:
    made = api.post("/products/attributes", json={"name": "Colour"}).json()

    again = api.post("/products/attributes", json={"name": "colour"})
    too_long = api.post("/products/attributes", json={"name": "x" * 29})
    missing = api.get("/products/attributes/999")

    assert made["slug"] == "pa_colour"
    assert code(again) == (400, "invalid_product_attribute_slug_already_exists")
    assert code(too_long) == (400, "invalid_product_attribute_slug_too_long")
    assert code(missing) == (404, "woocommerce_rest_taxonomy_invalid")


def test_values_of_an_attribute_are_terms(api: httpx.Client) -> None:
    color = api.post("/products/attributes", json={"name": "Color"}).json()["id"]
    path = f"/products/attributes/{color}/terms"

    api.post(f"{path}/batch", json={"create": [{"name": "Red"}, {"name": "Blue"}]})
    twice = api.post(path, json={"name": "red"})

    assert [term["name"] for term in api.get(path).json()] == ["Blue", "Red"]
    assert code(twice) == (400, "term_exists")


def test_attributes_are_listed_whole_and_removed_by_force(api: httpx.Client) -> None:
    ids = [
        api.post("/products/attributes", json={"name": f"Attribute {number}"}).json()["id"]
        for number in range(12)
    ]

    unforced = api.delete(f"/products/attributes/{ids[0]}")
    api.delete(f"/products/attributes/{ids[0]}", params={"force": "true"})

    assert code(unforced) == (501, "woocommerce_rest_trash_not_supported")
    assert [row["id"] for row in api.get("/products/attributes").json()] == ids[1:]


def test_a_product_carries_its_shipping_class(world: World) -> None:
    bulky = world.api.post("/products/shipping_classes", json={"name": "Bulky"}).json()

    product = world.store.add_product(name="Sofa", shipping_class="bulky")

    assert world.store.product(product)["shipping_class_id"] == bulky["id"]
