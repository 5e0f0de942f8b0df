"""From a draft and what the shop shows to the steps that make up the difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.adapters.shopify import ids, pairing, pictures, stock
from app.adapters.shopify.items import Item
from app.adapters.shopify.mapper import inward, outward, sameness
from app.adapters.shopify.mapper.outward import Body
from app.adapters.shopify.pairing import Pair
from app.adapters.shopify.pictures import Gallery
from app.adapters.shopify.shop import Shop
from app.adapters.shopify.stock import Wish
from app.adapters.types import Problem, VariantDraft
from app.adapters.values import Value, Values

_NOTHING: Final[Values] = {}
_APART: Final = frozenset(("choice", "image", "quantity"))  # composed in their own places
NO_PRICE: Final = "no_price"


@dataclass(slots=True)
class Plan:
    """What has to be sent for one product that exists."""

    product: Body = field(default_factory=dict)  # fields of productSet, files and options too
    removals: list[Pair] = field(default_factory=list)
    creations: list[tuple[Pair, Body]] = field(default_factory=list)
    updates: list[tuple[Pair, Body]] = field(default_factory=list)
    detachments: list[tuple[Pair, str]] = field(default_factory=list)  # (variant, media gid)
    metafields: list[tuple[str | None, Body]] = field(default_factory=list)
    wishes: list[tuple[Pair, Wish]] = field(default_factory=list)
    publish: bool = False
    unpublish: bool = False
    waiting: list[Pair] = field(default_factory=list)  # their picture is not ready yet

    @property
    def is_empty(self) -> bool:
        """Tell whether the shop shows everything already."""
        sent = (self.product, self.removals, self.creations, self.updates, self.detachments)
        return not any((*sent, self.metafields, self.wishes, self.publish, self.unpublish))

    def late(self) -> "Plan":
        """Return what only a second round can bring: it needs what the first one made."""
        pictured = [(pair, body) for pair, body in self.updates if "mediaId" in body]
        return Plan(updates=pictured, publish=self.publish, unpublish=self.unpublish)


def creation(shop: Shop, item: Item) -> tuple[Body, list[Pair]]:
    """Return the whole input of a new product, and the pairs its variants are made from."""
    draft = item.draft
    pairs = [Pair(each, None) for each in draft.variants if not each.is_removed]
    found = pictures.gallery(item)
    item.add(*found.problems)
    body = {"status": "DRAFT", **outward.product_body(draft.values, publishes=shop.publishes)}
    body.setdefault("title", "")
    _add_category(shop, item, draft.values, body)
    body["metafields"] = [outward.key_metafield(draft.key)]
    if draft.values.get("attributes"):
        body["metafields"].append(outward.attributes_metafield(draft.values["attributes"]))
    choices = [pair.draft.values.get("choice") or {} for pair in pairs]
    body["productOptions"] = outward.options_body(
        pairing.offered(draft.values.get("options") or (), choices)
    )
    body["variants"] = [set_row(shop, item, pair, found) for pair in pairs] or [
        {"optionValues": outward.choice_body(None)}
    ]
    if found.pictures:
        body["files"] = found.bodies()
        pictures.note_sent(item, found)
    return body, pairs


def new_skus(plan: Plan) -> list[str]:
    """Return the SKUs a plan brings into the shop: Shopify itself would take one twice."""
    found = []
    for _, body in (*plan.creations, *plan.updates):
        found.append((body.get("inventoryItem") or {}).get("sku"))
    found += [row.get("sku") for row in plan.product.get("variants") or ()]
    return [str(sku) for sku in dict.fromkeys(found) if sku]


def set_row(shop: Shop, item: Item, pair: Pair, found: Gallery) -> Body:
    """Return a new variant as productSet takes it."""
    draft = pair.draft
    body, problems = _new_variant(shop, draft)
    item.add(*problems)
    row = outward.as_set_row(body)
    if draft.values.get("quantity") is not None:
        place = {"locationId": ids.gid("Location", shop.location), "name": "available"}
        row["inventoryQuantities"] = [{**place, "quantity": int(draft.values["quantity"])}]
    picture = found.of(str(draft.values.get("image")))
    if picture is not None:
        row["file"] = picture.body()
    return row


def _new_variant(shop: Shop, draft: VariantDraft) -> tuple[Body, list[Problem]]:
    wanted = {name: value for name, value in draft.values.items() if name not in _APART}
    wanted.setdefault("price", None)
    body, problems = outward.variant_body(wanted, _NOTHING, shop.dialect, variant_key=draft.key)
    if "quantity" in draft.values:
        _track(body, is_tracked=draft.values["quantity"] is not None)
    body["optionValues"] = outward.choice_body(draft.values.get("choice"))
    body["metafields"] = [outward.key_metafield(draft.key)]
    return body, problems


def _track(body: Body, *, is_tracked: bool) -> None:
    body["inventoryItem"] = {**body.get("inventoryItem", {}), "tracked": is_tracked}


def changes(shop: Shop, item: Item) -> Plan:
    """Return what to send for a product that exists."""
    plan = Plan()
    shown = item.shown(shop.dialect)
    current = shown.values if shown else _NOTHING
    wanted = {name: value for name, value in item.draft.values.items() if name != "images"}
    values = sameness.changed(wanted, current)
    _plan_product(shop, item, values, plan)
    _plan_keys(item, shown.our_key if shown else None, values, plan)
    found = _plan_files(item, plan)
    pairs = pairing.paired(item)
    _plan_variants(shop, item, pairs, found, plan)
    _plan_structure(shop, item, pairs, values, plan)
    return plan


def _plan_product(shop: Shop, item: Item, values: Values, plan: Plan) -> None:
    row = item.row or {}
    plan.product = outward.product_body(values, publishes=shop.publishes)
    if plan.product.get("status") == row.get("status"):
        del plan.product["status"]
    status = values.get("status")
    plan.publish = status == "active" and row.get("isPublished") is False
    plan.unpublish = status == "inactive" and row.get("isPublished") is True
    _add_category(shop, item, values, plan.product)


def _add_category(shop: Shop, item: Item, values: Values, body: Body) -> None:
    """Write the kind of product in the merchant's words, and Shopify's own where it has it."""
    if "categories" not in values:
        return
    named = list(values["categories"] or ())
    if len(named) > 1:
        item.add(
            Problem(
                "Shopify keeps one category per product; the first was sent. Keep one.",
                "categories",
                "one_category",
            )
        )
    body["productType"] = named[0] if named else ""
    if not named:
        if (item.row or {}).get("category"):
            body["category"] = None
    elif (category := shop.category_id(named[0])) is not None:
        body["category"] = category


def _plan_keys(item: Item, our_key: str | None, values: Values, plan: Plan) -> None:
    if our_key != item.draft.key:
        plan.metafields.append(
            (None, {"ownerId": item.gid, **outward.key_metafield(item.draft.key)})
        )
    if "attributes" in values:
        part = outward.attributes_metafield(values["attributes"])
        plan.metafields.append((None, {"ownerId": item.gid, **part}))


def _plan_files(item: Item, plan: Plan) -> Gallery:
    found = pictures.gallery(item)
    item.add(*found.problems)
    if not found.is_shown:
        plan.product["files"] = found.bodies()
    return found


def _plan_variants(
    shop: Shop, item: Item, pairs: Sequence[Pair], found: Gallery, plan: Plan
) -> None:
    for pair in pairs:
        if pair.draft.is_removed:
            if pair.row is not None:
                plan.removals.append(pair)
        elif pair.row is not None:
            _plan_variant(shop, item, pair, found, plan)
        elif pair.draft.external_id is not None:
            item.add(Problem(_GONE, code="variant_gone", variant_key=pair.draft.key))
        else:
            _plan_new(shop, item, pair, found, plan)


_GONE: Final = "This variant no longer exists in Shopify."


def _plan_new(shop: Shop, item: Item, pair: Pair, found: Gallery, plan: Plan) -> None:
    body, problems = _new_variant(shop, pair.draft)
    item.add(*problems)
    if any(each.field == "price" for each in problems):
        return  # without a price Shopify would sell it for nothing
    if pair.draft.values.get("quantity") is not None:
        place = {"locationId": ids.gid("Location", shop.location)}
        quantity = int(pair.draft.values["quantity"])
        body["inventoryQuantities"] = [{**place, "availableQuantity": quantity}]
    picture = found.of(str(pair.draft.values.get("image")))
    if picture is not None and picture.id is not None and pictures.is_ready(item, picture.id):
        body["mediaId"] = ids.gid("MediaImage", picture.id)
    plan.creations.append((pair, body))


def _plan_variant(shop: Shop, item: Item, pair: Pair, found: Gallery, plan: Plan) -> None:
    row = pair.row or {}
    shown = inward.variant(row, shop.dialect, is_only=item.is_simple)
    values = sameness.changed(pair.draft.values, shown.values)
    fields = {name: value for name, value in values.items() if name not in _APART}
    body, problems = outward.variant_body(
        fields, shown.values, shop.dialect, variant_key=pair.draft.key
    )
    item.add(*problems)
    if values.get("choice"):
        body["optionValues"] = outward.choice_body(values["choice"])
    if "quantity" in values:
        _plan_quantity(shop, pair, values["quantity"], body, plan)
    if "image" in values:
        _plan_picture(item, pair, found, body, plan)
    if shown.our_key != pair.draft.key:
        mark = {"ownerId": str(row["id"]), **outward.key_metafield(pair.draft.key)}
        plan.metafields.append((pair.draft.key, mark))
    if body:
        plan.updates.append((pair, {"id": str(row["id"]), **body}))


def _plan_quantity(shop: Shop, pair: Pair, quantity: Value, body: Body, plan: Plan) -> None:
    level = stock.level_of(pair.row or {})
    if level.is_tracked != (quantity is not None):
        _track(body, is_tracked=quantity is not None)
    if quantity is None or level.available == int(quantity):
        return
    plan.wishes.append((pair, stock.wish(level, int(quantity), shop.locations)))


def _plan_picture(item: Item, pair: Pair, found: Gallery, body: Body, plan: Plan) -> None:
    key = pair.draft.values["image"]
    shown = next(iter(((pair.row or {}).get("media") or {}).get("nodes") or ()), None)
    if key is None:
        if shown is not None:
            plan.detachments.append((pair, str(shown["id"])))
        return
    picture = found.of(str(key)) or _by_id(item, found, str(key))
    if picture is None:
        return
    if picture.id is None or not pictures.is_ready(item, picture.id):
        plan.waiting.append(pair)
    elif shown is None or ids.number(shown.get("id")) != picture.id:
        body["mediaId"] = ids.gid("MediaImage", picture.id)


def _by_id(item: Item, found: Gallery, key: str) -> pictures.Picture | None:
    known = pictures.known_id(key, item.draft, item.image_ids)
    return next((each for each in found.pictures if known and each.id == known), None)


def _plan_structure(
    shop: Shop, item: Item, pairs: Sequence[Pair], values: Values, plan: Plan
) -> None:
    """Change names or order of options: Shopify takes options and all variants together only."""
    if "options" not in values or not pairing.needs_structure(item, values["options"], plan):
        return
    choices = pairing.choices_after(item, pairs, values["options"])
    if choices is None:
        item.add(
            Problem(
                "The options differ from those in Shopify, and not every variant there has a pair"
                " here. Pair or remove them, or change the options in Shopify.",
                "options",
                "kind_differs",
            )
        )
        plan.creations, plan.removals = [], []  # they would not stand for what they should
        return
    removed = {pair.gid for pair in plan.removals}
    kept = [(gid, choice) for gid, choice in choices.items() if gid not in removed]
    new = [pair for pair, _ in plan.creations]
    offered = pairing.offered(
        values["options"] or (),
        [choice for _, choice in kept] + [pair.draft.values.get("choice") or {} for pair in new],
    )
    plan.product["productOptions"] = outward.options_body(offered)
    plan.product["variants"] = [
        {"id": gid, "optionValues": outward.choice_body(choice)} for gid, choice in kept
    ] + [_structured(shop, body) for _, body in plan.creations]
    plan.removals, plan.creations = [], []
    for _, body in plan.updates:
        body.pop("optionValues", None)
    plan.updates = [(pair, body) for pair, body in plan.updates if len(body) > 1]


def _structured(shop: Shop, body: Mapping[str, Any]) -> Body:
    """Turn a row of productVariantsBulkCreate into one of productSet."""
    row = outward.as_set_row(body)
    place = {"locationId": ids.gid("Location", shop.location), "name": "available"}
    if "inventoryQuantities" in row:
        quantity = row["inventoryQuantities"][0]["availableQuantity"]
        row["inventoryQuantities"] = [{**place, "quantity": quantity}]
    if (media := row.pop("mediaId", None)) is not None:
        row["file"] = {"id": media}
    return row
