"""Every document SyncStore sends is one Shopify's own schemas take: the pinned one and the next."""

from collections.abc import Iterator

import pytest
from graphql import (
    FieldNode,
    NoDeprecatedCustomRule,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    specified_rules,
    validate,
    visit,
)

from app.adapters.shopify import schema
from app.adapters.shopify.bulk import Bulk
from app.adapters.shopify.client import Client, Door
from app.adapters.shopify.documents import (
    Document,
    after_sale,
    bulk,
    orders,
    reading,
    returns,
    shop,
    writing,
)
from app.adapters.shopify.oauth import missing_scopes
from app.adapters.shopify.shop import Shop
from app.core.transport import Transport
from tests import official

DOCUMENTS = (
    *reading.ALL,
    *writing.ALL,
    *shop.ALL,
    *bulk.ALL,
    *orders.ALL,
    *returns.ALL,
    *after_sale.ALL,
)
VERSIONS = (official.PINNED, official.COMING)


def _catalogues() -> Iterator[str]:
    for publications, more in ((["1"], []), ([], []), (["1"], ["8", "9"])):
        settings = {
            "location_id": "7",
            "more_location_ids": more,
            "publication_ids": publications,
        }
        client = Client(Door("https://a.myshopify.com", "x"), Transport())
        yield Bulk(Shop(client, {"currency": "USD"}, settings)).query("12")


def _texts() -> list[str]:
    return [*(document.text for document in DOCUMENTS), *_catalogues()]


def _complaints(text: str, version: str = official.PINNED) -> list[str]:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    return [error.message for error in validate(official.schema(version), parse(text), rules)]


class _Touched(Visitor):
    """Collects the types and fields a document touches."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.names: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent, found = self.info.get_parent_type(), self.info.get_type()
        if parent is not None:
            self.names.add(f"{parent.name}.{node.name.value}")
        if found is not None:
            self.names.add(get_named_type(found).name)


def _touched(text: str) -> set[str]:
    info = TypeInfo(official.schema(official.PINNED))
    visitor = _Touched(info)
    visit(parse(text), TypeInfoVisitor(info, visitor))
    return visitor.names


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_a_document_is_valid_and_uses_nothing_deprecated(document: Document, version: str) -> None:
    assert _complaints(document.text, version) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_bulk_query_is_valid_with_and_without_publications_at_one_location_or_more(
    version: str,
) -> None:
    assert [_complaints(text, version) for text in _catalogues()] == [[], [], []]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("count", [2, 3, 20])
def test_a_document_about_stock_looks_at_each_location_by_name(version: str, count: int) -> None:
    spread = [each.at(count) for each in reading.ALL if "inventoryLevel" in each.text]

    assert len(spread) == 4
    for document in spread:
        assert _complaints(document.text, version) == []
        assert document.text.count("inventoryLevel(locationId: $location") == count
        assert f"query {document.name}(" in document.text
    assert reading.IDENTITIES.at(count) is reading.IDENTITIES


def test_a_document_that_uses_something_deprecated_would_be_found() -> None:
    assert _complaints("{ products(first: 1) { nodes { bodyHtml } } }") != []


def test_our_scopes_open_everything_the_documents_touch() -> None:
    required = official.scopes(official.PINNED)
    refused = {
        name: required[name]
        for text in _texts()
        for name in _touched(text)
        if name in required
        and not any(not missing_scopes(schema.SCOPES, [each]) for each in required[name])
    }

    assert refused == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_topic_exists_in_the_schema(version: str) -> None:
    known = official.schema(version).type_map["WebhookSubscriptionTopic"]

    assert set(schema.TOPICS) <= set(known.values)  # type: ignore[attr-defined]  # an enum's


def test_each_document_is_named_as_its_operation_and_its_root() -> None:
    for document in DOCUMENTS:
        operation = parse(document.text).definitions[0]
        roots = [each.name.value for each in operation.selection_set.selections]  # type: ignore[attr-defined]  # an operation's
        assert operation.name.value == document.name  # type: ignore[attr-defined]  # an operation's
        assert document.root in roots


def test_names_are_used_once() -> None:
    names = [document.name for document in DOCUMENTS]

    assert len(names) == len(set(names))


def test_every_mutation_that_must_be_is_idempotent() -> None:
    needing = (
        "inventorySetQuantities",
        "inventoryAdjustQuantities",
        "inventoryActivate",
        "refundCreate",
    )
    asked = [document for document in DOCUMENTS if document.root in needing]

    assert asked
    assert all("@idempotent(key: $key)" in document.text for document in asked)
