"""The product list: search, filters, views, columns, selection."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.catalog import filters, queries, service
from app.catalog.filters import ProductFilter
from app.catalog.service.saved_views import COLUMNS_PAGE
from app.catalog.views.blueprint import bp
from app.catalog.views.lists import Tab, chips_of
from app.catalog.views.saved import PRODUCTS
from app.core.actor import Actor
from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.web.filters import plural
from app.web.fragments import page, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.live import announce, live

MOST_AT_ONCE: Final = 2000
UNDOABLE: Final = 50
COLUMNS: Final = {
    "status": "Status",
    "stock": "Stock",
    "price": "Price",
    "channels": "Channels",
    "brand": "Brand",
    "sku": "SKU",
    "variants": "Variants",
    "updated": "Changed",
}
USUAL_COLUMNS: Final = ("status", "stock", "price", "channels", "updated")
_TABS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("All", {}),
    ("Active", {"status": "active"}),
    ("Drafts", {"status": "draft"}),
    ("Archived", {"status": "archived"}),
)

announce("products", permission="catalog.read")
announce("product", permission="catalog.read")


@bp.get("/products")
@requires("catalog.read")
def product_list() -> ResponseReturnValue:
    """Show one page of the list."""
    wanted = ProductFilter.from_args(request.args)
    actor = current_actor()
    with reading(actor) as session:
        found = queries.product_list(
            session,
            wanted,
            after=request.args.get("after"),
            before=request.args.get("before"),
        )
        choices = _choices(session)
        tabs, own_view = PRODUCTS.kept(session, actor)
        context: dict[str, Any] = {
            "columns": chosen_columns(session, actor.user_id),
            "is_empty": not found.total and queries.is_catalog_empty(session),
            "tabs": _tabs(wanted) + tabs,
            "chips": _chips(wanted, choices),
            "own_view": own_view,
            **choices,
        }
    return page(
        "catalog/product_list.html",
        blocks=("results",),
        watch=[*(f"product-{row.id}" for row in found.rows), "product-*"],
        page=found,
        wanted=wanted,
        query=wanted.query_string,
        sort=wanted.sort,
        all_columns=COLUMNS,
        **context,
    )


def _choices(session: Session) -> dict[str, Any]:
    return {
        "connections": [(str(key), name) for key, name in queries.connection_names(session)],
        "categories": [(str(row.id), row.path) for row in queries.category_tree(session)],
        "brands": queries.brand_names(session),
        "statuses": filters.STATUSES,
        "stock_states": filters.STOCK_STATES,
        "listing_states": filters.LISTING_STATES,
    }


def chosen_columns(session: Session, user_id: UUID | None) -> tuple[str, ...]:
    """Return the columns this person chose, in the order of the table."""
    kept = [
        view
        for view in queries.saved_views(session, COLUMNS_PAGE, user_id)
        if view.user_id == user_id
    ]
    names = kept[0].columns if kept else USUAL_COLUMNS
    return tuple(name for name in COLUMNS if name in names)


def _tabs(wanted: ProductFilter) -> list[Tab]:
    here, chosen = wanted.to_args(), request.args.get("view", "")
    return [(name, PRODUCTS.url(args), not chosen and here == args, None) for name, args in _TABS]


def _chips(wanted: ProductFilter, choices: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return the filters as words: subject, relation, value, argument to remove."""
    names: dict[str, tuple[str, dict[str, str]]] = {
        "status": ("Status", filters.STATUSES),
        "stock": ("Stock", filters.STOCK_STATES),
        "listing": ("Listing", filters.LISTING_STATES),
        "channel": ("Channel", dict(choices["connections"])),
        "category": ("Category", dict(choices["categories"])),
        "excluded": ("Kept off channels", {"yes": "Yes", "no": "No"}),
        "brand": ("Brand", {}),
        "tag": ("Tag", {}),
    }
    return chips_of(wanted, names)


@live("product")
def product_rows(actor: Actor, ids: Sequence[str]) -> dict[str, str]:
    """Draw changed rows for this reader."""
    with reading(actor) as session:
        columns = chosen_columns(session, actor.user_id)
        rows = queries.product_rows(session, [UUID(each) for each in ids])
    return {
        str(row.id): render_template("catalog/_product_row.html", product=row, columns=columns)
        for row in rows
    }


def chosen_ids(actor: Actor) -> list[UUID]:
    """Return the products a selection means: checked ones, or everything the filter finds."""
    wanted = ProductFilter.from_args(request.args)
    if request.form.get("everything"):
        with reading(actor) as session:
            ids = queries.selected_ids(session, wanted, most=MOST_AT_ONCE + 1)
    else:
        given = request.form.getlist("ids") or request.args.get("ids", "").split(",")
        ids = [UUID(each) for each in given if filters.is_id(each)]
    if not ids:
        raise Invalid("Select at least one product.")
    if len(ids) > MOST_AT_ONCE:
        raise Invalid(
            f"This works on up to {MOST_AT_ONCE:,} products at once. "
            "Narrow the list, or use Bulk edit for more."
        )
    return sorted(ids)


def back_to_list() -> ResponseReturnValue:
    """Open the list again as it was narrowed."""
    return PRODUCTS.back()


def _undo(endpoint: str, ids: Sequence[UUID]) -> str | None:
    if len(ids) > UNDOABLE:
        return None
    return url_for(endpoint, ids=",".join(str(key) for key in ids))


@bp.post("/products/archive")
@requires("catalog.delete")
def product_archive_many() -> ResponseReturnValue:
    """Archive the selection."""
    actor = current_actor()
    ids = chosen_ids(actor)
    with unit_of_work(actor) as work:
        done = [each.product_id for each in service.archive_products(work, ids) if each.is_changed]
    undo = _undo("catalog.product_restore_many", done)
    toast(f"Archived {plural(len(done), 'product')}.", undo=undo)
    return back_to_list()


@bp.post("/products/restore")
@requires("catalog.delete")
def product_restore_many() -> ResponseReturnValue:
    """Bring archived products of the selection back as drafts."""
    actor = current_actor()
    ids = chosen_ids(actor)
    with unit_of_work(actor) as work:
        done = [each.product_id for each in service.restore_products(work, ids) if each.is_changed]
    undo = _undo("catalog.product_archive_many", done)
    toast(f"Restored {plural(len(done), 'product')} as drafts.", undo=undo)
    return back_to_list()


@bp.post("/products/exclude")
@requires("catalog.write")
def product_exclude_many() -> ResponseReturnValue:
    """Keep the selection off every channel."""
    actor = current_actor()
    ids = chosen_ids(actor)
    with unit_of_work(actor) as work:
        count = service.exclude_products(work, ids, is_excluded=True)
    toast(
        f"{plural(count, 'product')} kept off channels.",
        undo=_undo("catalog.product_include_many", ids),
    )
    return back_to_list()


@bp.post("/products/include")
@requires("catalog.write")
def product_include_many() -> ResponseReturnValue:
    """Let the selection go to channels again."""
    actor = current_actor()
    ids = chosen_ids(actor)
    with unit_of_work(actor) as work:
        count = service.exclude_products(work, ids, is_excluded=False)
    toast(f"{plural(count, 'product')} may go to channels again.")
    return back_to_list()


@bp.post("/products/columns")
@requires("catalog.read")
def product_columns() -> ResponseReturnValue:
    """Keep which columns this person wants."""
    chosen = [name for name in COLUMNS if name in request.form.getlist("columns")]
    with unit_of_work(current_actor()) as work:
        service.keep_columns(work, tuple(chosen))
    return back_to_list()
