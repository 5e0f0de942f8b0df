"""Pages of the catalog, and what it puts into the shell of every page."""

from collections.abc import Sequence

from flask import Flask, url_for

from app.catalog import addresses, queries
from app.catalog.filters import ProductFilter
from app.catalog.views import (
    attributes,
    bulk,
    categories,
    exports,
    imports,
    index,
    pictures,
    places,
    product,
    saved,
)
from app.catalog.views.blueprint import bp
from app.core.actor import Actor
from app.core.db import reading
from app.core.settings import Settings
from app.web.nav import NavItem, Section, register_nav
from app.web.search import Hit, register_search
from app.web.states import PAUSED, State, Tone, register_states

__all__ = [
    "attributes",
    "bp",
    "bulk",
    "categories",
    "exports",
    "imports",
    "index",
    "install",
    "pictures",
    "places",
    "product",
    "saved",
]


def _find(actor: Actor, text: str, most: int) -> Sequence[Hit]:
    if not actor.can("catalog.read"):
        return []
    with reading(actor) as session:
        found = queries.product_list(session, ProductFilter(q=text), size=most, is_counting=False)
    return [
        Hit(
            "Products",
            row.title,
            url_for("catalog.product_detail", product_id=row.id),
            row.sku or "",
            "tag",
        )
        for row in found.rows
    ]


def install(app: Flask) -> None:
    """Tell the shell about products, and what picture addresses are made of."""
    settings: Settings = app.config["SETTINGS"]
    addresses.connect(
        settings.secret_key, settings.public_url, allows_private=settings.allow_private_hosts
    )
    register_search(_find)
    register_states(
        {
            "inactive": State("Inactive", Tone.OUTLINE, "eye-off"),
            "unmapped": State("Not paired", Tone.GREY, "unlink"),
            "ignored": PAUSED,
            "uploaded": State("Waiting for you", Tone.AMBER, "file-check"),
            "checking": State("Checking", Tone.BLUE, "loader-circle", moves=True),
            "applying": State("Applying", Tone.BLUE, "loader-circle", moves=True),
        }
    )
    register_nav(
        NavItem(
            Section.SELL,
            "Products",
            "catalog.product_list",
            "tag",
            "catalog.read",
            order=20,
            is_on_phone=True,
        ),
        NavItem(
            Section.SELL,
            "Categories",
            "catalog.category_list",
            "folder-tree",
            "catalog.read",
            order=24,
        ),
        NavItem(
            Section.SELL,
            "Attributes",
            "catalog.attribute_list",
            "list-checks",
            "catalog.read",
            order=26,
        ),
    )
