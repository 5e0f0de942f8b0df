"""The steps of a plan on the wire: what is refused is noted on the item, the rest goes on."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.adapters.shopify import ids, pictures, schema, stock
from app.adapters.shopify.compose import Plan
from app.adapters.shopify.documents import Document, writing
from app.adapters.shopify.items import Item
from app.adapters.shopify.mapper.outward import Body
from app.adapters.shopify.pairing import Pair
from app.adapters.shopify.problems import UserError, user_errors
from app.adapters.shopify.shop import Shop

_TRIES: Final = 4
_PER_CALL: Final = 100  # variants in one mutation

Rows = Sequence[tuple[Pair, Body]]


class Steps:
    """Carries out plans, one product after the other; raises Unknown for a lost answer."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._client = shop.client

    def carry_out(self, item: Item, plan: Plan) -> None:
        """Send everything a plan holds, in the order that never shows a half-made product."""
        item.is_written = True
        if plan.unpublish:
            self._publications(item, writing.UNPUBLISH)
        if plan.product:
            self._set_product(item, plan.product)
        self._variants(item, plan)
        self._metafields(item, plan.metafields)
        self._stock(item, plan)
        if plan.publish:
            self._publications(item, writing.PUBLISH)

    def create(self, item: Item, body: Body, pairs: Sequence[Pair]) -> str | None:
        """Create a product by our key; returns its global id, None when it was refused."""
        self._shop.ensure_keys()
        first, rest = _within_cost(body, pairs)
        identifier = {"customId": {"key": "syncstore_id", "value": item.draft.key}}
        item.is_written = True
        payload = self._client.write_whole(
            writing.PRODUCT_SET, identifier=identifier, input=first, synchronous=True
        )
        if errors := user_errors(payload):
            problems = [each.problem(_variant_key(each, pairs, "variants")) for each in errors]
            item.reject(*problems)
            return None
        made = payload.get("product")
        gid = str(made["id"]) if isinstance(made, Mapping) else None
        if gid is not None:
            item.row = {"id": gid}
            self._create_variants(item, gid, rest, self._shop.location)
            if item.draft.values.get("status") == "active" and self._shop.publishes:
                self._publications(item, writing.PUBLISH)
        return gid

    def _create_variants(self, item: Item, gid: str, rest: Rows, location: str) -> None:
        rows = [(pair, _as_bulk_row(body, location)) for pair, body in rest]
        self._rows(item, gid, writing.VARIANTS_CREATE, rows)

    def archive(self, gid: str) -> list[UserError]:
        """Take a product out of sale and out of sight; it can be brought back."""
        payload = self._client.write_whole(
            writing.PRODUCT_SET,
            identifier={"id": gid},
            input={"status": "ARCHIVED"},
            synchronous=True,
        )
        return user_errors(payload)

    def delete(self, gid: str) -> list[UserError]:
        """Delete a product for good, with its stock and publications."""
        return user_errors(self._client.write_whole(writing.PRODUCT_DELETE, id=gid))

    def _publications(self, item: Item, document: Document) -> None:
        listed = [
            {"publicationId": ids.gid("Publication", each)} for each in self._shop.publications
        ]
        payload = self._client.write_whole(document, id=item.gid, input=listed)
        for error in user_errors(payload):
            item.note(error)

    def _set_product(self, item: Item, body: Body) -> None:
        """Change fields of a product; refused ones are left out and the rest sent again."""
        body = dict(body)
        if "files" in body:
            pictures.note_sent(item, pictures.gallery(item))
        for _ in range(_TRIES):
            payload = self._client.write_whole(
                writing.PRODUCT_SET, identifier={"id": item.gid}, input=body, synchronous=True
            )
            errors = user_errors(payload)
            if not errors:
                return
            for error in errors:
                item.note(error)
            if any(each.code == "PRODUCT_DOES_NOT_EXIST" for each in errors):
                item.reject(errors[0].problem(), is_gone=True)
                return
            named = _named(errors, body)
            body = {name: value for name, value in body.items() if name not in named}
            if not named or not body:
                return

    def _variants(self, item: Item, plan: Plan) -> None:
        # A variant that takes over the SKU or choice of a removed one needs it gone first; but a
        # product never loses its last variant.
        replaces_all = len(plan.removals) == len(item.variants)
        if replaces_all:
            self._create(item, plan)
        self._remove(item, plan.removals)
        if not replaces_all:
            self._create(item, plan)
        self._rows(item, item.gid, writing.VARIANTS_UPDATE, plan.updates)
        if plan.detachments:
            detached = [
                {"variantId": pair.gid, "mediaIds": [media]} for pair, media in plan.detachments
            ]
            payload = self._client.write_whole(
                writing.VARIANTS_DETACH, productId=item.gid, variantMedia=detached
            )
            for error in user_errors(payload):
                item.note(error)

    def _create(self, item: Item, plan: Plan) -> None:
        self._rows(item, item.gid, writing.VARIANTS_CREATE, plan.creations)

    def _remove(self, item: Item, pairs: Sequence[Pair]) -> None:
        for start in range(0, len(pairs), schema.MOST_ROWS):
            few = [pair.gid for pair in pairs[start : start + schema.MOST_ROWS]]
            payload = self._client.write_whole(
                writing.VARIANTS_DELETE, productId=item.gid, variantsIds=few
            )
            for error in user_errors(payload):
                if not error.is_gone:
                    item.note(error)

    def _rows(self, item: Item, gid: str, document: Document, rows: Rows) -> None:
        for start in range(0, len(rows), _PER_CALL):
            self._some_rows(item, gid, document, list(rows[start : start + _PER_CALL]))

    def _some_rows(
        self, item: Item, gid: str, document: Document, rows: list[tuple[Pair, Body]]
    ) -> None:
        """Send rows; a creation is refused whole, so it is sent again without the refused ones."""
        is_update = document is writing.VARIANTS_UPDATE
        extra: dict[str, Any] = {"allowPartial": True} if is_update else {}
        for _ in range(_TRIES):
            if not rows:
                return
            bodies = [body for _, body in rows]
            payload = self._client.write_whole(document, productId=gid, variants=bodies, **extra)
            errors = user_errors(payload)
            refused = set()
            for error in errors:
                at = error.index_in("variants")
                is_known = at is not None and at < len(rows)
                item.note(error, rows[at][0].draft.key if is_known and at is not None else None)
                refused |= {at} if is_known else set()
            if is_update or not refused:
                return
            rows = [row for at, row in enumerate(rows) if at not in refused]

    def _metafields(self, item: Item, listed: Sequence[tuple[str | None, Body]]) -> None:
        if listed:
            self._shop.ensure_keys()
        for start in range(0, len(listed), schema.MOST_METAFIELDS):
            few = listed[start : start + schema.MOST_METAFIELDS]
            payload = self._client.write_whole(
                writing.METAFIELDS_SET, metafields=[body for _, body in few]
            )
            for error in user_errors(payload):
                at = error.index_in("metafields")
                item.note(error, few[at][0] if at is not None and at < len(few) else None)

    def _stock(self, item: Item, plan: Plan) -> None:
        wishes = [wish for _, wish in plan.wishes]
        refused = stock.set_quantities(self._client, wishes, errand=item.draft.errand)
        for at, error in refused.items():
            item.note(error, plan.wishes[at][0].draft.key)


def _named(errors: Sequence[UserError], body: Mapping[str, Any]) -> set[str]:
    """Return the fields of an input that errors point at; options and variants go together."""
    found = {part for error in errors for part in error.path if part in body}
    pair = {"productOptions", "variants"}
    return found | pair if found & pair else found


def _variant_key(error: UserError, pairs: Sequence[Pair], name: str) -> str | None:
    at = error.index_in(name)
    return pairs[at].draft.key if at is not None and at < len(pairs) else None


def _within_cost(body: Body, pairs: Sequence[Pair]) -> tuple[Body, Rows]:
    """Cut a creation to what one request may cost; what is left is made afterwards."""
    most = _variants_within(body)
    rows = body["variants"]
    if len(rows) <= most:
        return body, []
    rest = list(zip(pairs[most:], rows[most:], strict=True))
    return {**body, "variants": rows[:most]}, rest


def _variants_within(body: Body) -> int:
    """Return how many variants fit: 0.2 points each, 0.4 for its mark, 0.6 for its picture."""
    room = schema.MOST_COST * 0.9 - 20 - 1.9 * len(body.get("files") or ())
    return max(1, int(room / 1.2))


def _as_bulk_row(row: Body, location: str) -> Body:
    """Turn a row of productSet into one of productVariantsBulkCreate."""
    found = {name: value for name, value in row.items() if name not in ("sku", "file")}
    if "sku" in row:
        found["inventoryItem"] = {**found.get("inventoryItem", {}), "sku": row["sku"]}
    for each in row.get("inventoryQuantities") or ():
        place = {"locationId": ids.gid("Location", location)}
        found["inventoryQuantities"] = [{**place, "availableQuantity": each["quantity"]}]
    return found
