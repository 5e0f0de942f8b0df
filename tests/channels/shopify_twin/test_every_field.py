"""Every field of the schema can be asked, on a store that has some of everything."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
    validate,
)

from app.simulators.shopify.schema_text import load_schema
from tests.channels.shopify_twin.documents import BULK_QUERY, DEFINE, OWN_ID, PRODUCT_SET
from tests.channels.shopify_twin.test_orders import CANCEL
from tests.channels.shopify_twin.world import PICTURE, World, replay

DEEPEST = 4
ROOTS = sorted(load_schema().type_map["QueryRoot"].fields)  # type: ignore[attr-defined]  # an object


def _full_world(official: GraphQLSchema) -> tuple[World, dict[str, str]]:
    """A store with products, pictures, metafields, orders in every state, jobs and webhooks."""
    world = World(official=official)
    world.ask(DEFINE, definition=OWN_ID)
    shirt, (red, _) = world.add_shirt()
    mug, variant = world.add_mug(cost="3", weight="0.4", compareAtPrice="12")
    world.store.set_metafield(mug, key="syncstore_id", type="id", value="P-1")
    body = {
        "category": "gid://shopify/TaxonomyCategory/hg-1-1",
        "files": [{"originalSource": PICTURE}],
    }
    world.store.edit_product(mug, **body)
    orders = [
        world.store.place_order((variant, 1), (red, 1), tax="1.00", discount="2.00")
        for _ in range(4)
    ]
    world.store.ship_order(orders[0], company="UPS", number="1Z")
    world.store.carry(orders[0], "DELIVERED", message="In the shed")
    back = world.store.open_return(orders[0])
    world.store.dispose(back)
    world.store.refund_return(back)
    world.store.refund_order(orders[1])
    world.store.cancel_order(orders[2])
    ending = {"id": f"gid://shopify/Order/{orders[3]}", "restock": True}
    job = world.ask(CANCEL, **ending)["orderCancel"]["job"]["id"]
    world.add_webhook("PRODUCTS_UPDATE")
    bulk = world.ask(BULK_QUERY, query="{ products { edges { node { id } } } }", grouped=False)
    told = world.ask(PRODUCT_SET, input={"title": "Later"}, now=False)["productSet"]
    world.store.tick()
    store = world.store
    return world, {
        "Product": str(mug),
        "ProductVariant": str(variant),
        "InventoryItem": str(store.variant(variant)["item_id"]),
        "InventoryLevel": str(min(store.levels.rows)),
        "Location": str(min(store.locations.rows)),
        "Publication": str(min(store.publications.rows)),
        "Order": str(orders[1]),
        "FulfillmentOrder": str(min(store.fulfillment_orders.rows)),
        "Fulfillment": str(min(store.fulfillments.rows)),
        "Refund": str(store.orders.rows[orders[1]]["refunds"][0]["id"]),
        "Job": job.rpartition("/")[2],
        "BulkOperation": bulk["bulkOperationRunQuery"]["bulkOperation"]["id"].rpartition("/")[2],
        "WebhookSubscription": str(min(store.hooks.rows)),
        "ProductOperation": told["productSetOperation"]["id"].rpartition("/")[2],
        "Node": str(mug),
        "AppInstallation": str(store.fact("installation_id")),
        "shirt": str(shirt),
    }


def _arguments(kind: GraphQLNamedType, name: str, field: GraphQLField, ids: dict[str, str]) -> str:
    """Fill what a field cannot do without."""
    told = {
        "names": '["available", "on_hand"]',
        "inventoryItemId": f'"gid://shopify/InventoryItem/{ids["InventoryItem"]}"',
        "locationId": f'"gid://shopify/Location/{ids["Location"]}"',
        "publicationId": f'"gid://shopify/Publication/{ids["Publication"]}"',
        "key": '"syncstore_id"',
        "ownerType": "PRODUCT",
        "identifier": f'{{id: "gid://shopify/{kind.name}/{ids.get(kind.name, "1")}"}}',
        "ids": f'["gid://shopify/Product/{ids["Product"]}"]',
        "id": f'"gid://shopify/{_of(kind, name)}/{ids.get(kind.name, "1")}"',
    }
    needed = [each for each, argument in field.args.items() if is_required_argument(argument)]
    filled = [f"{each}: {told[each]}" for each in needed]
    if "first" in field.args:
        filled.append("first: 3")
    if kind.name == "AppInstallation" and "id" in field.args:
        filled.append(f"id: {told['id']}")
    return f"({', '.join(filled)})" if filled else ""


def _of(kind: GraphQLNamedType, name: str) -> str:
    return {"Node": "Product", "ProductOperation": "ProductSetOperation"}.get(kind.name, kind.name)


def _selection(kind: GraphQLNamedType, ids: dict[str, str], depth: int) -> str:
    if is_leaf_type(kind):
        return ""
    parts = [*_fields(kind, ids, depth)]
    if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)):
        possible = load_schema().get_possible_types(kind)
        if len(possible) < 4:
            parts += [f"... on {each.name} {_selection(each, ids, depth)}" for each in possible]
    return f"{{ __typename {' '.join(parts)} }}"


def _fields(kind: Any, ids: dict[str, str], depth: int) -> Iterator[str]:
    if not isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
        return
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if not is_leaf_type(inner) and depth == 0:
            continue
        if name in {"edges", "owner", "publishable"} and depth < 3:
            continue  # the same things again
        deeper = depth if inner.name.endswith(("Connection", "Edge")) else depth - 1
        chosen = _selection(inner, ids, deeper)
        yield f"{name}{_arguments(inner, name, field, ids)} {chosen}"


@pytest.mark.parametrize("root", ROOTS)
def test_every_field_below_a_root_has_an_answer_of_its_type(
    official: GraphQLSchema, root: str
) -> None:
    world, ids = _full_world(official)
    kind: Any = load_schema().type_map["QueryRoot"]
    field = kind.fields[root]
    inner = get_named_type(field.type)
    text = (
        f"{{ {root}{_arguments(inner, root, field, ids)} {_selection(inner, ids, DEEPEST - 1)} }}"
    )
    assert validate(load_schema(), parse(text)) == []

    data = world.store.query(text)

    assert data[root]
    assert validate(official, parse(text)) == []
    again = replay(official, text, {}, data)
    assert not again.errors
