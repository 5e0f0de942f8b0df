"""Where reading begins: the fields of QueryRoot."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.simulators.shopify import identifiers, refunds, texts
from app.simulators.shopify.call import Call, View
from app.simulators.shopify.connections import Connection, connect
from app.simulators.shopify.index import value_of
from app.simulators.shopify.search import Query
from app.simulators.shopify.tables import Table
from app.simulators.shopify.views import metafields
from app.simulators.shopify.views.shop import api_versions, count
from app.simulators.storage import Row

_SORTS: Final = {
    "CREATED_AT": "created_at",
    "UPDATED_AT": "updated_at",
    "PROCESSED_AT": "created_at",
    "TITLE": "title",
    "VENDOR": "vendor",
    "PRODUCT_TYPE": "product_type",
    "PUBLISHED_AT": "published_at",
    "INVENTORY_TOTAL": "inventory_total",
    "INVENTORY_QUANTITY": "inventory_quantity",
    "SKU": "sku",
    "POSITION": "position",
    "NAME": "title",
    "FULL_TITLE": "title",
}
_MOST_COUNTED: Final = 25_001
_OLDEST: Final = 60 * 86400  # seconds that orders are seen without read_all_orders


class QueryRoot:
    """The entry points; each one reads the store the call holds."""

    typename = "QueryRoot"

    def __init__(self, call: Call) -> None:
        self.call = call
        self.store = call.store

    def shop(self) -> View | None:
        """The shop."""
        return self.call.show("Shop", self._shop_row())

    def _shop_row(self) -> Row:
        created = self.store.fact("created")
        told = {"id": self.store.fact("shop_id"), "created": created, "updated": created}
        told |= {"iana_timezone": "Etc/UTC", "timezone_abbreviation": "UTC"}
        told |= {"timezone_offset": "+0000", "timezone_offset_minutes": 0}
        told |= {"taxes_included": False, "shop_owner_name": "Alice", "ships_to_countries": ["US"]}
        return told

    def current_app_installation(self) -> View | None:
        """The app as this shop has it."""
        return self.call.show("AppInstallation", {"id": self.store.fact("installation_id")})

    def app_installation(self, id: str | None = None) -> View | None:
        """The same, by its id or without one."""
        own = texts.gid("AppInstallation", self.store.fact("installation_id"))
        return self.current_app_installation() if id in {None, own} else None

    def public_api_versions(self) -> list[dict[str, Any]]:
        """The versions one may ask for."""
        return api_versions()

    def location(self, id: str | None = None) -> View | None:
        """A place, or the first one."""
        number = texts.number(id, "Location") if id else min(self.store.locations.rows)
        return self.call.show("Location", self.store.locations.get(number))

    def locations(
        self,
        *,
        include_inactive: bool = False,
        include_legacy: bool = False,
        query: str | None = None,
        sort_key: str = "NAME",
        **args: Any,
    ) -> Connection[Any]:
        """Places that hold stock; closed ones only when asked for."""
        del include_legacy, query
        rows = [row for row in self.store.locations.all() if row["is_active"] or include_inactive]
        by_name = sort_key == "NAME"
        return connect(
            self.call,
            rows,
            args,
            place=lambda row: (row["name"] if by_name else row["id"], row["id"]),
            show=lambda row: self.call.show("Location", row),
        )

    def publication(self, id: str) -> View | None:
        """A sales channel."""
        return self._one("Publication", self.store.publications, id)

    def publications(self, *, catalog_type: str | None = None, **args: Any) -> Connection[Any]:
        """The sales channels."""
        rows = self.store.publications.all() if catalog_type in {None, "APP"} else []
        return self._page("Publication", rows, args)

    def product(self, id: str) -> View | None:
        """A product."""
        return self._one("Product", self.store.products, id)

    def product_by_identifier(self, identifier: Mapping[str, Any]) -> View | None:
        """A product by its id, its handle or a custom id."""
        return self.call.show("Product", identifiers.find_product(self.store, identifier))

    def product_operation(self, id: str) -> View | None:
        """What productSet or productDelete still does."""
        kind, number = texts.parse_gid(id)
        row = self.store.operations.get(number)
        return self.call.show(kind, row) if row and row["kind"] == kind else None

    def products(self, **args: Any) -> Connection[Any]:
        """Products that a query finds, or all."""
        return self._search("product", args)

    def products_count(self, limit: int = 10000, query: str | None = None) -> dict[str, Any]:
        """How many there are."""
        return self._count("product", query, limit)

    def product_variant(self, id: str) -> View | None:
        """A variant."""
        return self._one("ProductVariant", self.store.variants, id)

    def product_variant_by_identifier(self, identifier: Mapping[str, Any]) -> View | None:
        """A variant by its id or a custom id."""
        return self.call.show("ProductVariant", identifiers.find_variant(self.store, identifier))

    def product_variants(self, **args: Any) -> Connection[Any]:
        """Variants that a query finds, or all."""
        return self._search("variant", args)

    def product_variants_count(
        self, limit: int = 10000, query: str | None = None
    ) -> dict[str, Any]:
        """How many there are."""
        return self._count("variant", query, limit)

    def inventory_item(self, id: str) -> View | None:
        """An inventory item."""
        rows = self.store.variants.where("item", texts.number(id, "InventoryItem"))
        return self.call.show("InventoryItem", rows[0] if rows else None)

    def inventory_items(self, **args: Any) -> Connection[Any]:
        """Items that a query finds, or all; they have no sort key."""
        return self._search("item", args)

    def inventory_level(self, id: str) -> View | None:
        """The stock of one item at one place."""
        return self._one("InventoryLevel", self.store.levels, id)

    def order(self, id: str) -> View | None:
        """An order, unless it is too old for this app."""
        row = self.store.orders.get(texts.number(id, "Order"))
        return self.call.show("Order", row) if row and self._is_recent(row) else None

    def refund(self, id: str) -> View | None:
        """Money that went back."""
        return self.call.show("Refund", refunds.find(self.store, texts.number(id, "Refund")))

    def job(self, id: str) -> dict[str, Any] | None:
        """Whether an order is called off by now, or could not be."""
        row = self.store.operations.get(texts.number(id, "Job"))
        return None if row is None else {"id": id, "done": row["status"] == "COMPLETE"}

    def _is_recent(self, row: Row) -> bool:
        """Say whether an app may see an order: the last sixty days, or all with the scope."""
        return row["created"] >= self.store.now() - _OLDEST or "read_all_orders" in self.call.scopes

    def fulfillment(self, id: str) -> View | None:
        """What was sent."""
        return self._one("Fulfillment", self.store.fulfillments, id)

    def fulfillment_order(self, id: str) -> View | None:
        """What has to be sent."""
        return self._one("FulfillmentOrder", self.store.fulfillment_orders, id)

    def fulfillment_orders(
        self,
        *,
        include_closed: bool = False,
        query: str | None = None,
        sort_key: str = "ID",
        **args: Any,
    ) -> Connection[Any]:
        """What has to be sent of all orders; closed ones only when asked for."""
        test = Query(query or "")
        rows = [
            row
            for row in self.store.fulfillment_orders.all()
            if (include_closed or row["status"] not in {"CLOSED", "CANCELLED"})
            and test({**row, "updated_at": row["updated"]})
        ]
        by = "updated" if sort_key == "UPDATED_AT" else "id"
        return connect(
            self.call,
            rows,
            args,
            place=lambda row: (row[by], row["id"]),
            show=lambda row: self.call.show("FulfillmentOrder", row),
        )

    def orders(self, **args: Any) -> Connection[Any]:
        """Orders that a query finds, or all."""
        return self._search("order", args)

    def metafield_definitions(
        self,
        owner_type: str,
        *,
        namespace: str | None = None,
        key: str | None = None,
        query: str | None = None,
        **args: Any,
    ) -> Connection[Any]:
        """Definitions for one kind of owner."""
        del query
        wanted = metafields.full_namespace(self.store, namespace) if namespace is not None else None
        rows = [
            row
            for row in self.store.definitions.all()
            if row["owner_type"] == owner_type
            and wanted in {None, row["namespace"]}
            and key in {None, row["key"]}
        ]
        return self._page("MetafieldDefinition", rows, args)

    def taxonomy(self) -> View | None:
        """The categories products may be in."""
        return self.call.show("Taxonomy", {"id": 0})

    def webhook_subscription(self, id: str) -> View | None:
        """A subscription."""
        return self._one("WebhookSubscription", self.store.hooks, id)

    def webhook_subscriptions(
        self,
        *,
        topics: list[str] | None = None,
        uri: str | None = None,
        format: str | None = None,
        query: str | None = None,
        sort_key: str = "",
        **args: Any,
    ) -> Connection[Any]:
        """The app's own subscriptions."""
        del query, sort_key
        rows = [
            row
            for row in self.store.hooks.all()
            if (topics is None or row["topic"] in topics)
            and uri in {None, row["uri"]}
            and format in {None, row["format"]}
        ]
        return self._page("WebhookSubscription", rows, args)

    def bulk_operation(self, id: str) -> View | None:
        """A bulk operation."""
        return self._one("BulkOperation", self.store.bulks, id)

    def current_bulk_operation(self, type: str = "QUERY") -> View | None:
        """The newest bulk operation of a type."""
        rows = [row for row in self.store.bulks.all() if row["type"] == type]
        return self.call.show("BulkOperation", rows[-1] if rows else None)

    def bulk_operations(
        self, *, query: str | None = None, sort_key: str = "", **args: Any
    ) -> Connection[Any]:
        """The bulk operations."""
        del sort_key
        test = Query((query or "").lower())
        rows = [
            row
            for row in self.store.bulks.all()
            if test({"status": row["status"], "operation_type": row["type"], "id": row["id"]})
        ]
        return self._page("BulkOperation", rows, args)

    def node(self, id: str) -> View | None:
        """Anything with an id."""
        kind, number = texts.parse_gid(id)
        roots = {
            "InventoryItem": self.inventory_item,
            "Order": self.order,
            "Refund": self.refund,
            "ProductSetOperation": self.product_operation,
            "ProductDeleteOperation": self.product_operation,
        }
        if kind in roots:
            return roots[kind](id)
        table = self._tables().get(kind)
        return self.call.show(kind, table.get(number)) if table else None

    def nodes(self, ids: list[str]) -> list[View | None]:
        """Many things with ids; what is not there is null."""
        return [self.node(each) for each in ids]

    def _tables(self) -> dict[str, Table]:
        store = self.store
        return {
            "Product": store.products,
            "ProductVariant": store.variants,
            "InventoryLevel": store.levels,
            "Location": store.locations,
            "Publication": store.publications,
            "MediaImage": store.media,
            "GenericFile": store.media,
            "Metafield": store.metafields,
            "MetafieldDefinition": store.definitions,
            "BulkOperation": store.bulks,
            "WebhookSubscription": store.hooks,
            "InventoryAdjustmentGroup": store.groups,
            **store.of_orders,
        }

    def _one(self, kind: str, table: Table, wanted: str) -> View | None:
        return self.call.show(kind, table.get(texts.number(wanted, kind)))

    def _page(self, kind: str, rows: list[Row], args: dict[str, Any]) -> Connection[Any]:
        return connect(
            self.call,
            rows,
            args,
            place=lambda row: (row["id"], row["id"]),
            show=lambda row: self.call.show(kind, row),
        )

    def _search(self, kind: str, args: dict[str, Any]) -> Connection[Any]:
        """Find by the index, which lags; without a query by the rows, which do not."""
        text, sort_key = args.pop("query", None), args.pop("sort_key", "ID")
        sorted_by = _SORTS.get(sort_key, "id")
        fetch, known = self._fetchers()[kind], self._known(kind)
        found = [] if self.call.is_under_way() else self._docs(kind, text, sorted_by)
        docs = [doc for doc in found if known(doc["id"])]
        return connect(
            self.call,
            docs,
            args,
            place=lambda doc: (value_of(doc, sorted_by), doc["id"]),
            show=lambda doc: fetch(doc["id"]),
            reachable=self.store.settings.reachable_objects,
        )

    def _docs(self, kind: str, text: str | None, by: str = "id") -> list[Mapping[str, Any]]:
        if not text:
            return self._ids(kind) if by == "id" else self._fresh_docs(kind)
        query = Query(self._with_own_namespace(text))
        docs = self.store.index.find(kind, query)
        if kind == "product" and not query.fields & {"status", "id"}:
            # The schema names ACTIVE as what `status` is when a query does not say it.
            return [doc for doc in docs if doc["status"] == "ACTIVE"]
        return docs

    def _with_own_namespace(self, text: str) -> str:
        return text.replace("metafields.$app.", f"metafields.{self.store.settings.app_namespace}.")

    def _ids(self, kind: str) -> list[Mapping[str, Any]]:
        store = self.store
        if kind == "item":
            return [{"id": row["item_id"]} for row in store.variants.rows.values()]
        table = {"product": store.products, "variant": store.variants, "order": store.orders}[kind]
        return [{"id": row_id} for row_id in table.rows]

    def _fresh_docs(self, kind: str) -> list[Mapping[str, Any]]:
        made = (self.store.documents[kind](told["id"]) for told in self._ids(kind))
        return [doc for doc in made if doc is not None]

    def _fetchers(self) -> dict[str, Callable[[int], View | None]]:
        store, show = self.store, self.call.show
        return {
            "product": lambda row_id: show("Product", store.products.get(row_id)),
            "variant": lambda row_id: show("ProductVariant", store.variants.get(row_id)),
            "order": lambda row_id: show("Order", store.orders.get(row_id)),
            "item": lambda row_id: show(
                "InventoryItem", next(iter(store.variants.where("item", row_id)), None)
            ),
        }

    def _known(self, kind: str) -> Callable[[int], bool]:
        """Return how to tell what the index still finds and the store no longer has."""
        store = self.store
        if kind == "item":
            return lambda row_id: bool(store.variants.where("item", row_id))
        if kind == "order":
            return lambda row_id: (
                row_id in store.orders.rows and self._is_recent(store.orders.rows[row_id])
            )
        table = store.products if kind == "product" else store.variants
        return table.rows.__contains__

    def _count(self, kind: str, query: str | None, limit: int | None) -> dict[str, Any]:
        found = len(self._docs(kind, query))
        most = min(limit or _MOST_COUNTED, _MOST_COUNTED)
        return count(found) if found <= most else {"count": most, "precision": "AT_LEAST"}
