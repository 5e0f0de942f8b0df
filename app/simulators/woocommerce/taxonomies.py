"""How products use terms: categories, tags, brands, attributes and the choices of variations."""

from collections.abc import Mapping
from typing import Any

from app.simulators.woocommerce import php
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.fields import Draft, ids_in
from app.simulators.woocommerce.storage import Row


def write_terms(draft: Draft) -> None:
    """Replace categories, tags and brands as far as they were sent, each with its own manners."""
    store, row = draft.store, draft.row
    if draft.sent("categories"):
        row["categories"] = _known(store, "product_cat", ids_in(draft.params["categories"]))
    if not row["categories"]:
        row["categories"] = [store.default_category]
    if draft.sent("tags"):
        row["tags"] = _tags(store, draft.params["tags"])
    if draft.sent("brands") and store.settings.at_least(9, 4):
        brands = ids_in(draft.params["brands"], plain=True)
        if brands:  # an empty list clears nothing
            row["brands"] = _known(store, "product_brand", brands)


def _known(store: StoreCore, taxonomy: str, term_ids: list[int]) -> list[int]:
    terms = store.terms.of(taxonomy)
    return [term_id for term_id in term_ids if term_id in terms]


def _tags(store: StoreCore, sent: Any) -> list[int]:
    found: dict[int, None] = {}
    for entry in sent if isinstance(sent, list) else []:
        if not isinstance(entry, dict):
            continue
        if entry.get("id"):
            found |= dict.fromkeys(_known(store, "product_tag", ids_in([entry])))
        elif entry.get("name"):
            found[term_named(store, "product_tag", php.text(entry["name"]))["id"]] = None
    return list(found)


def term_named(store: StoreCore, taxonomy: str, name: str) -> Row:
    """Return the term of that name, made when missing."""
    named = store.terms.named(taxonomy, name)
    return named[0] if named else store.terms.add(store.take_id("terms"), taxonomy, name)


def taxonomy_of(attribute: Row) -> str:
    """Return the taxonomy that holds the terms of a shop-wide attribute."""
    return str(attribute["slug"])


def write_attributes(draft: Draft) -> None:
    """Replace the attributes; `id` names a shop-wide one, a name alone a local one."""
    if draft.sent("attributes"):
        written = (_attribute(draft.store, sent) for sent in draft.params["attributes"])
        draft.row["attributes"] = [attribute for attribute in written if attribute is not None]
    if draft.row["type"] != "variable":
        draft.row["default_attributes"] = []
    elif draft.sent("default_attributes"):
        sent = draft.params["default_attributes"]
        draft.row["default_attributes"] = _choices(draft.store, draft.row, sent)


def _attribute(store: StoreCore, sent: Mapping[str, Any]) -> Row | None:
    options = sent.get("options") or []
    if isinstance(options, str):
        options = [part.strip() for part in options.split("|")]
    named = [php.text(option) for option in options if php.text(option) != ""]
    shop_wide = store.attributes.get(php.integer(sent.get("id") or 0))
    if shop_wide is not None:
        if not named:
            return None
        taxonomy = taxonomy_of(shop_wide)
        named = [term_named(store, taxonomy, name)["name"] for name in named]
    elif sent.get("id") or not sent.get("name"):
        return None
    return {
        "id": shop_wide["id"] if shop_wide else 0,
        "name": shop_wide["name"] if shop_wide else php.text(sent["name"]),
        "slug": shop_wide["slug"] if shop_wide else php.text(sent["name"]),
        "position": max(0, php.integer(sent.get("position") or 0)),
        "visible": php.boolean(sent.get("visible")),
        "variation": php.boolean(sent.get("variation")),
        "options": list(dict.fromkeys(named)),
    }


def write_choices(draft: Draft, parent: Row) -> None:
    """Replace the choices of a variation; what the parent does not vary by is dropped silently."""
    if draft.sent("attributes"):
        sent = draft.params["attributes"]
        draft.row["attributes"] = _choices(draft.store, parent, sent)


def _choices(store: StoreCore, parent: Row, sent: Any) -> list[Row]:
    chosen: dict[str, Row] = {}
    for entry in sent if isinstance(sent, list) else []:
        attribute = _varying(parent, entry)
        if attribute is None:
            continue
        option = _option(store, attribute, php.text(entry.get("option")))
        kept = {key: attribute[key] for key in ("id", "name", "slug")}
        chosen[attribute["slug"]] = kept | {"option": option}
    return list(chosen.values())


def _varying(parent: Row, entry: Mapping[str, Any]) -> Row | None:
    wanted_id = php.integer(entry.get("id") or 0)
    wanted_name = php.text(entry.get("name")).casefold()
    for attribute in parent["attributes"]:
        if not attribute["variation"]:
            continue
        if wanted_id:
            fits = attribute["id"] == wanted_id
        else:
            fits = wanted_name in {attribute["name"].casefold(), attribute["slug"].casefold()}
        if fits:
            return dict(attribute)
    return None


def _option(store: StoreCore, attribute: Row, option: str) -> str:
    """Return the option as stored: of a shop-wide attribute the term's name, else the slug."""
    if not attribute["id"] or not option:
        return option
    named = store.terms.named(attribute["slug"], option)
    term = named[0] if named else store.terms.find_slug(attribute["slug"], php.slug(option))
    return php.slug(option) if term is None else str(term["name"])
