"""Variations under their product."""

from tests.channels.woocommerce_twin.world import PICTURE, World, code


def test_saving_a_variation_leaves_the_date_of_the_parent_alone(world: World) -> None:
    shirt, (red, _) = world.add_shirt()
    before = world.store.product(shirt)["date_modified_gmt"]

    world.api.put(f"/products/{shirt}/variations/{red}", json={"regular_price": "21"})

    assert world.store.product(shirt)["date_modified_gmt"] == before
    assert world.store.variation(red)["date_modified_gmt"] > before


def test_choices_the_parent_does_not_vary_by_are_dropped_silently(world: World) -> None:
    shirt, _ = world.add_shirt()

    answer = world.api.post(
        f"/products/{shirt}/variations",
        json={
            "attributes": [{"name": "Material", "option": "Wool"}, {"name": "Color", "option": ""}]
        },
    )

    assert answer.status_code == 201
    assert answer.json()["attributes"] == []


def test_two_variations_may_have_the_same_choices(world: World) -> None:
    shirt, _ = world.add_shirt()
    red = {"attributes": [{"name": "Color", "option": "Red"}]}

    world.api.post(f"/products/{shirt}/variations", json=red)

    names = [world.store.variation(row_id)["name"] for row_id in world.store.variation_ids(shirt)]
    assert names == ["Red", "Blue", "Red"]


def test_a_choice_of_a_shop_wide_attribute_is_its_term(world: World) -> None:
    color = world.api.post("/products/attributes", json={"name": "Color"}).json()["id"]
    varied = {"id": color, "variation": True, "options": ["Dark Red"]}
    shirt = world.store.add_product(name="Shirt", type="variable", attributes=[varied])

    known, unknown = (
        world.api.post(
            f"/products/{shirt}/variations", json={"attributes": [{"id": color, "option": option}]}
        ).json()["attributes"][0]
        for option in ("dark red", "Light Green")
    )

    assert (known["id"], known["name"], known["option"]) == (color, "Color", "Dark Red")
    assert unknown["option"] == "light-green"


def test_a_variation_can_be_read_as_a_product_but_not_written(world: World) -> None:
    _, (red, _) = world.add_shirt()

    read = world.api.get(f"/products/{red}")
    written = world.api.put(f"/products/{red}", json={"name": "X"})
    deleted = world.api.delete(f"/products/{red}")

    assert read.json()["type"] == "variation"
    assert code(written) == (404, "woocommerce_rest_invalid_product_id")
    assert code(deleted) == (404, "woocommerce_rest_invalid_product_id")


def test_one_picture_object_or_none_at_all(world: World) -> None:
    shirt, (red, _) = world.add_shirt()
    path = f"/products/{shirt}/variations/{red}"

    pictured = world.api.put(path, json={"image": {"src": PICTURE}}).json()["image"]
    cleared = world.api.put(path, json={"image": ""}).json()["image"]

    assert pictured["src"].startswith("https://store.test/wp-content/uploads/")
    assert cleared is None


def test_the_errors_of_variation_pictures_have_their_own_codes(world: World) -> None:
    shirt, (red, _) = world.add_shirt()
    path = f"/products/{shirt}/variations/{red}"

    bad_id = world.api.put(path, json={"image": {"id": 999}})
    bad_src = world.api.put(path, json={"image": {"src": "https://pics.test/missing.png"}})

    assert code(bad_id) == (400, "woocommerce_variation_invalid_image_id")
    assert code(bad_src) == (400, "woocommerce_variation_image_upload_error")


def test_missing_variations_and_wrong_parents(world: World) -> None:
    shirt, (red, _) = world.add_shirt()
    mug = world.store.add_product(name="Mug")

    assert code(world.api.get(f"/products/{shirt}/variations/999")) == (
        404,
        "woocommerce_rest_product_variation_invalid_id",
    )
    assert code(world.api.put(f"/products/{shirt}/variations/999", json={})) == (
        400,
        "woocommerce_rest_product_variation_invalid_id",
    )
    assert code(world.api.get(f"/products/{mug}/variations/{red}")) == (
        404,
        "woocommerce_rest_product_variation_invalid_parent",
    )
    assert code(world.api.post("/products/999/variations", json={})) == (
        404,
        "woocommerce_rest_product_variation_invalid_parent",
    )


def test_a_private_variation_is_switched_off_and_no_longer_prices_the_parent(world: World) -> None:
    shirt, (_, blue) = world.add_shirt()

    world.api.put(f"/products/{shirt}/variations/{blue}", json={"status": "private"})

    assert world.store.product(shirt)["price"] == "20.00"


def test_variations_are_made_changed_and_ended_in_one_batch(world: World) -> None:
    shirt, (red, blue) = world.add_shirt()

    answer = world.api.post(
        f"/products/{shirt}/variations/batch",
        json={
            "create": [{"sku": "SHIRT-3", "regular_price": "5"}],
            "update": [{"id": red, "stock_quantity": 1}],
            "delete": [blue],
        },
    )

    assert [item["sku"] for item in answer.json()["create"]] == ["SHIRT-3"]
    assert world.store.variation(red)["stock_quantity"] == 1
    assert blue not in world.store.variation_ids()
