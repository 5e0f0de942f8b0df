"""From a draft and what the shop shows to the body that makes up the difference."""

from collections.abc import Mapping
from typing import Any, Final

from app.adapters.errors import Permanent
from app.adapters.types import ChannelVariant, Problem, VariantDraft
from app.adapters.values import Value, Values
from app.adapters.woocommerce.items import Item
from app.adapters.woocommerce.mapper import outward, sameness
from app.adapters.woocommerce.mapper.dialect import Dialect
from app.adapters.woocommerce.mapper.outward import Body
from app.adapters.woocommerce.mapper.reader import as_list
from app.adapters.woocommerce.shop import Shop

_LISTS: Final = ("options", "attributes")
_NOTHING: Final[Values] = {}


def product_body(shop: Shop, item: Item) -> Body:
    """Return what to create or to change on a product; empty when the shop shows it all."""
    shown = item.shown(shop)
    item.problems[:] = item.left_out
    dialect = shop.dialect
    wanted = {name: value for name, value in item.draft.values.items() if name != "images"}
    values = sameness.changed(wanted, shown.values if shown else _NOTHING, dialect)
    is_hidden = (item.row or {}).get("catalog_visibility") == "hidden"
    body = outward.product_body(values, is_hidden=is_hidden)
    _add_terms(shop, item, values, body)
    _add_attributes(item, values, body)
    if not item.is_variable and item.draft.variants:
        present = shown.variants[0] if shown else None
        _add_sellable(item, item.draft.variants[0], present, body, dialect)
    if shown is None:
        return {"type": item.draft.kind, "status": "draft", **body, **outward.meta(item.draft.key)}
    if shown.is_deleted:
        body.setdefault("status", "draft")  # taken out of the trash
    if shown.our_key != item.draft.key:
        body.update(outward.meta(item.draft.key))
    return {"id": int(item.external_id), **body} if body else {}


def _add_sellable(
    item: Item,
    draft: VariantDraft,
    present: ChannelVariant | None,
    body: Body,
    dialect: Dialect,
) -> None:
    added, problems = sellable_body(draft, present, dialect)
    body.update(added)
    item.problems.extend(problems)


def sellable_body(
    draft: VariantDraft, present: ChannelVariant | None, dialect: Dialect
) -> tuple[Body, list[Problem]]:
    """Return what to change on a variation or simple product, apart from choice and picture."""
    current = present.values if present else _NOTHING
    wanted = {
        name: value for name, value in draft.values.items() if name not in ("choice", "image")
    }
    values = sameness.changed(wanted, current, dialect)
    problems = []
    if not dialect.counts_stock and values.pop("quantity", None) is not None:
        problems.append(Problem(STOCK_OFF, "quantity", "stock_not_counted", draft.key))
    if "backorders" in values and _quantity(values, current) is None:
        del values["backorders"]  # the shop resets it where stock is not counted
    body, unsaid = outward.sellable_body(values, dialect, variant_key=draft.key)
    return body, problems + unsaid


STOCK_OFF: Final = (
    "This shop does not count stock. Turn on “Enable stock management” in WooCommerce → Settings →"
    " Products → Inventory."
)


def _quantity(values: Values, current: Values) -> Value:
    return values["quantity"] if "quantity" in values else current.get("quantity")


def _add_terms(shop: Shop, item: Item, values: Values, body: Body) -> None:
    for name in ("categories", "tags", "brand"):
        if name not in values:
            continue
        try:
            body.update(_terms(shop, name, values[name]))
        except Permanent as error:
            item.problems.append(Problem(error.sentence, name, error.code))
    if values.get("brand", "") is None and (item.row or {}).get("brands"):
        item.problems.append(
            Problem(
                "WooCommerce cannot take a brand away through its API. Remove it in the shop.",
                "brand",
                "brand_stays",
            )
        )


def _terms(shop: Shop, name: str, value: Value) -> Body:
    if name == "categories":
        return {"categories": shop.taxonomies.category_ids(value or ())}
    if name == "tags":
        return {"tags": shop.taxonomies.tag_ids(value or ())}
    return {"brands": shop.taxonomies.brand_ids(value)} if value else {}


def _add_attributes(item: Item, values: Values, body: Body) -> None:
    draft, row = item.draft, item.row or {}
    present = [
        entry for entry in as_list(row.get("attributes")) or () if isinstance(entry, Mapping)
    ]
    choices = [
        variant.values.get("choice") or {} for variant in draft.variants if not variant.is_removed
    ]
    if not any(name in values for name in _LISTS) and _offers(present, choices):
        return
    shown = _shown_lists(item, present)
    body["attributes"] = outward.attributes(
        present,
        _or(draft.values.get("options"), shown["options"]),
        _or(draft.values.get("attributes"), shown["attributes"]),
        choices if item.is_variable else (),
    )


def _or(value: Any, instead: Any) -> Any:
    return instead if value is None else value


def _shown_lists(item: Item, present: list[Mapping[str, Any]]) -> dict[str, Any]:
    options, free = [], {}
    for entry in present:
        name = str(entry.get("name"))
        values = [str(each) for each in as_list(entry.get("options")) or ()]
        if item.is_variable and entry.get("variation"):
            options.append({"name": name, "values": values})
        else:
            free[name] = values
    return {"options": options, "attributes": free}


def _offers(present: list[Mapping[str, Any]], choices: list[Mapping[str, str]]) -> bool:
    """Tell whether the product offers every option value its variants stand for."""
    offered = {
        (outward.folded(entry.get("name")), outward.folded(value))
        for entry in present
        if entry.get("variation")
        for value in as_list(entry.get("options")) or ()
    }
    return all(
        (outward.folded(name), outward.folded(value)) in offered
        for choice in choices
        for name, value in choice.items()
    )
