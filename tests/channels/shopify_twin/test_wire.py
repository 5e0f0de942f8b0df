"""The wire: versions, headers, faults of every layer, scopes."""

from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema

from app.simulators.chaos import Fault
from app.simulators.shopify import Condition, Quirk, StoreState, TwinSettings
from app.simulators.shopify.access import FIELDS, TYPES
from tests.channels.shopify_twin.documents import PRODUCT_SET, SHOP
from tests.channels.shopify_twin.world import World

ASK = "{ shop { name } }"


def test_every_answer_says_its_version_and_its_request(world: World) -> None:
    answer = world.post(ASK)

    assert answer.headers["X-Shopify-API-Version"] == "2026-10"
    assert answer.headers["X-Request-Id"]
    assert "X-Shopify-API-Deprecated-Reason" not in answer.headers


def test_a_version_that_is_gone_is_answered_by_the_oldest(world: World) -> None:
    gone, coming, unknown = (
        world.post(ASK, version=each) for each in ("2023-04", "2027-01", "2031-01")
    )

    assert (gone.status_code, gone.headers["X-Shopify-API-Version"]) == (200, "2026-01")
    assert coming.headers["X-Shopify-API-Version"] == "2027-01"
    assert unknown.status_code == 404


def test_deprecated_fields_are_named_in_a_header(world: World) -> None:
    answer = world.post("{ publications(first: 1) { nodes { name } } }")

    assert "X-Shopify-API-Deprecated-Reason" in answer.headers


def test_a_wrong_token_a_wrong_shop_and_a_wrong_body(world: World) -> None:
    path = "/admin/api/2026-10/graphql.json"
    headers = {"X-Shopify-Access-Token": world.token}
    elsewhere = world.client("https://another-shop.myshopify.com")

    assert world.post(ASK, token="shpat_wrong").status_code == 401
    assert elsewhere.post(path, json={"query": ASK}, headers=headers).status_code == 404
    assert world.http.post(path, json={"no": 1}, headers=headers).status_code == 400
    assert world.http.post(path, content=b"query", headers=headers).status_code == 406


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (Condition.FROZEN, 402),
        (Condition.FORBIDDEN, 403),
        (Condition.GONE, 404),
        (Condition.LOCKED, 423),
        (Condition.SUSPICIOUS, 430),
    ],
)
def test_a_shop_that_is_not_open_answers_with_its_status(
    world: World, store: StoreState, condition: Condition, status: int
) -> None:
    store.be(condition)
    closed = world.post(ASK)
    store.be(Condition.OPEN)

    assert (closed.status_code, world.post(ASK).status_code) == (status, 200)
    assert closed.headers["X-Request-Id"]


def test_syntax_and_schema_are_checked_with_their_codes(world: World) -> None:
    unread = world.errors("{ shop {")
    unknown = world.errors("{ shop { nome } }")
    argument = world.errors("{ shop(first: 1) { name } }")

    assert unread[0]["extensions"]["code"] == "PARSE_ERROR"
    assert unknown[0]["extensions"] == {
        "code": "undefinedField",
        "typeName": "Shop",
        "fieldName": "nome",
    }
    assert argument[0]["extensions"]["code"] == "argumentNotAccepted"


def test_a_wrong_variable_is_named(world: World) -> None:
    (error,) = world.errors("query Q($id: ID!) { product(id: $id) { id } }")

    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    assert "$id" in error["message"]


def test_one_of_several_operations_is_chosen_by_name(world: World) -> None:
    text = "query A { shop { name } } query B { shop { email } }"
    path, headers = "/admin/api/2026-10/graphql.json", {"X-Shopify-Access-Token": world.token}

    body = {"query": text, "operationName": "B"}
    told = world.http.post(path, json=body, headers=headers).json()

    assert told["data"]["shop"] == {"email": "owner@sandbox-store.example"}
    assert world.code(text) == "BAD_REQUEST"


def test_what_the_shop_says_of_itself(world: World) -> None:
    told = world.ask(SHOP)

    assert told["shop"]["myshopifyDomain"] == "sandbox-store.myshopify.com"
    assert told["shop"]["resourceLimits"]["maxProductVariants"] == 2048
    handles = {each["handle"] for each in told["currentAppInstallation"]["accessScopes"]}
    assert "write_products" in handles
    assert {each["handle"]: each["supported"] for each in told["publicApiVersions"]}["2026-10"]


def test_a_missing_scope_is_denied_field_by_field(world: World, store: StoreState) -> None:
    world.token = store.install(["read_products"])["access"]
    mug, _ = world.add_mug()

    (error,) = world.errors(PRODUCT_SET, input={"title": "Cup"}, now=True)
    levels = "query Q($id: ID!) { product(id: $id) { title variants(first: 1) { nodes { "
    levels += "inventoryItem { sku inventoryLevels(first: 1) { nodes { id } } } } } } }"
    partly = world.post(levels, {"id": f"gid://shopify/Product/{mug}"}).json()

    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert "`write_products`" in error["message"]
    assert partly["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert "data" in partly
    assert store.titles() == ["Mug"]


def test_writing_includes_reading(world: World, store: StoreState) -> None:
    world.token = store.install(["write_products"])["access"]

    assert world.ask("{ products(first: 1) { nodes { id } } }")["products"]["nodes"] == []


def test_the_table_of_scopes_is_the_official_one(scopes: dict[str, set[str]]) -> None:
    wrong = {
        place: needed
        for place, needed in {**TYPES, **FIELDS}.items()
        if place in scopes and not set(needed) <= scopes[place]
    }

    assert wrong == {}
    assert len(set(TYPES) & set(scopes)) == len(TYPES)


@pytest.mark.parametrize(
    ("quirk", "code"),
    [
        (Quirk.THROTTLED, "THROTTLED"),
        (Quirk.INTERNAL_ERROR, "INTERNAL_SERVER_ERROR"),
        (Quirk.PARALLEL, "TOO_MANY_PARALLEL_REQUESTS_FOR_THIS_PRODUCT"),
    ],
)
def test_faults_inside_a_good_answer_do_nothing_and_pass(
    world: World, store: StoreState, quirk: Quirk, code: str
) -> None:
    store.next(quirk)

    answer = world.post(PRODUCT_SET, {"input": {"title": "Mug"}, "now": True})

    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"] == code
    assert not answer.json().get("data")
    assert store.titles() == []
    world.ask(PRODUCT_SET, input={"title": "Mug"}, now=True)
    assert store.titles() == ["Mug"]


def test_answers_may_lack_their_extensions(world: World, store: StoreState) -> None:
    store.next(Quirk.NO_COST)

    assert "extensions" not in world.post(ASK).json()
    assert "extensions" not in World(TwinSettings(shows_cost=False)).post(ASK).json()


def test_bad_weather_comes_by_http(world: World, store: StoreState) -> None:
    for fault in (Fault.THROTTLE, Fault.BUSY, Fault.FAIL_BEFORE):
        store.chaos.next(fault)

    answers = [world.post(ASK) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [429, 503, 502, 200]
    assert int(answers[0].headers["Retry-After"]) >= 1


def test_only_the_answer_of_a_mutation_gets_lost(world: World, store: StoreState) -> None:
    store.chaos.seed = 1
    store.lose_next_answer()
    read = world.post(ASK)

    outcome = _outcome(world, {"input": {"title": "Mug"}, "now": True})

    assert read.status_code == 200
    assert outcome in {0, 504}
    assert store.titles() == ["Mug"]


def _outcome(world: World, variables: dict[str, Any]) -> int:
    try:
        return world.post(PRODUCT_SET, variables).status_code
    except httpx.TransportError:
        return 0


def test_a_world_without_the_official_schema_checks_nothing(official: GraphQLSchema) -> None:
    checked, unchecked = World(official=official), World()

    for world in (checked, unchecked):
        world.ask(ASK)

    assert (checked.checked, unchecked.checked) == (1, 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mutation { productDelete { userErrors { field } } }", "missingRequiredArguments"),
        (
            "mutation { productDelete(input: {}) { userErrors { field } } }",
            "missingRequiredInputObjectAttribute",
        ),
        ("{ products(first: 1) }", "selectionMismatch"),
        ("{ shop { ...F } }", "undefinedFragment"),
        ("query Q($a: Int) { shop { name } }", "variableNotUsed"),
        ("query Q($a: String) { product(id: $a) { id } }", "variableMismatch"),
        (
            "{ products(first: 1, sortKey: NOPE) { nodes { id } } }",
            "argumentLiteralsIncompatible",
        ),
        ('mutation @idempotent(key: "x") { appUninstall { app { id } } }', "invalidDocument"),
    ],
)
def test_every_lint_has_its_code(world: World, text: str, code: str) -> None:
    assert world.code(text) == code
