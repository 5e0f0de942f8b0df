"""One product: seen and edited on one page; made, copied, put away, restored, deleted."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.catalog import queries, service
from app.catalog.bulk.steps import RESTORABLE
from app.catalog.errors import SkuTaken, StaleProduct
from app.catalog.service import ProductChange
from app.catalog.service.attributes import check_attributes
from app.catalog.service.loading import organization_currency
from app.catalog.variant_rows import FILLABLE, Reading
from app.catalog.views import comparing, editing
from app.catalog.views.blueprint import bp
from app.catalog.views.editing import VARIANTS_SHOWN, Editor
from app.catalog.views.index import back_to_list
from app.catalog.views.showing import ORIGINS, field_label, show_value
from app.core.actor import Actor
from app.core.db import reading
from app.core.errors import Invalid
from app.core.money import Money
from app.core.work import Work, unit_of_work
from app.sync import queries as sync
from app.web.filters import viewer_zone
from app.web.fragments import go_to, page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.payload import whole_number

RECENT: Final = 8
BLOCKS: Final = ("product", "heading", "media", "prices", "sells", "history")


def _reading(session: Session, actor: Actor) -> Reading:
    return Reading(organization_currency(session, actor.organization), viewer_zone())


def _first_variant() -> int:
    return whole_number(request.args.get("variants", ""), most=9_999) or 0


def _lists(session: Session) -> dict[str, Any]:
    return {
        "tree": queries.category_tree(session),
        "definitions": queries.attribute_definitions(session),
        "brands": queries.brand_names(session),
        "fillable": list(FILLABLE.items()),
    }


@bp.get("/products/<uuid:product_id>")
@requires("catalog.read")
def product_detail(product_id: UUID) -> ResponseReturnValue:
    """Show a product and its form."""
    return _show(product_id)


def _show(
    product_id: UUID, *, editor: Editor | None = None, status: int = 200
) -> ResponseReturnValue:
    actor = current_actor()
    first = _first_variant()
    with reading(actor) as session:
        product = queries.product_detail(session, product_id)
        how = _reading(session, actor)
        lines, older = queries.product_history(session, product_id, size=RECENT)
        standings = sync.price_standings(session, product_id)
        lists = _lists(session)
    return page(
        "catalog/product_detail.html",
        blocks=BLOCKS,
        status=status,
        watch=[f"product-{product_id}"],
        product=product,
        editor=editor or editing.editor_of(product, how, first=first),
        currency=how.currency,
        first=first,
        shown=VARIANTS_SHOWN,
        history=lines,
        has_older=older is not None,
        standings={each.listing_id: each for each in standings},
        kept_prices=_kept_prices(product, standings),
        is_older=_is_older(product.version),
        **_words(),
        **lists,
    )


def _kept_prices(
    product: queries.ProductDetail, standings: Sequence[sync.PriceStanding]
) -> dict[str, list[tuple[str, Money]]]:
    """Return by variant what shops ask that keep another price than ours."""
    found: dict[str, list[tuple[str, Money]]] = {}
    for variant in product.variants:
        ours = variant.values.get("price")
        own = Money(ours["minor"], ours["currency"]) if ours else None
        for each in standings:
            theirs = each.prices.get(variant.id)
            if not each.is_sent and theirs is not None and theirs != own:
                found.setdefault(str(variant.id), []).append((each.connection, theirs))
    return found


def _is_older(version: int) -> bool:
    """Tell whether the form that asks for the head again holds an older version."""
    held = whole_number(request.args.get("version", ""))
    return held is not None and held < version


def _words() -> dict[str, Any]:
    return {
        "show_value": show_value,
        "field_label": field_label,
        "origins": ORIGINS,
        "restorable": RESTORABLE,
    }


@bp.post("/products/<uuid:product_id>")
@requires("catalog.write")
def product_save(product_id: UUID) -> ResponseReturnValue:
    """Save the form, or do to it what one of its buttons says."""
    actor = current_actor()
    with reading(actor) as session:
        product = queries.product_detail(session, product_id)
        how = _reading(session, actor)
        definitions = queries.attribute_definitions(session)
    is_archived = product.values["status"] == "archived"
    editor = editing.read_editor(request.form, is_archived=is_archived)
    if action := request.form.get("action"):
        return _acted(editor, action, lambda: _show(product_id, editor=editor))
    change = editing.change_of(editor, product, how)
    change = comparing.merged(change, request.form, version=change.expected_version or 0)
    if _is_wrong(editor, check_attributes(definitions, change.values.get("attributes", {}))):
        return _show(product_id, editor=editor, status=422)
    try:
        with unit_of_work(actor) as work:
            service.change_product(work, change, origin="web")
    except StaleProduct:
        return _show_stale(product_id, change)
    except Invalid as refusal:
        return _refused(editor, refusal, lambda: _show(product_id, editor=editor, status=422))
    return then(product_detail, product_id=product_id)


def _acted(
    editor: Editor, action: str, show: Callable[[], ResponseReturnValue]
) -> ResponseReturnValue:
    if sentence := editing.act(editor, action, request.form):
        toast(sentence, kind="info")
    return show()


def _is_wrong(editor: Editor, attribute_problems: Mapping[str, str]) -> bool:
    """Ask the plain form, the typed boxes and the typed attributes; all of them speak."""
    is_valid = editor.form.validate()
    editor.problems.update(
        {f"attribute-{name}": sentence for name, sentence in attribute_problems.items()}
    )
    return not is_valid or bool(editor.problems) or any(row.errors for row in editor.rows)


def _refused(
    editor: Editor, refusal: Invalid, show: Callable[[], ResponseReturnValue]
) -> ResponseReturnValue:
    editing.show_problems(editor, refusal.fields or {"product": refusal.sentence})
    if isinstance(refusal, SkuTaken) and refusal.owner_id is not None:
        editor.owner = (refusal.owner_id, refusal.owner_title)
    return show()


def _show_stale(product_id: UUID, change: ProductChange) -> ResponseReturnValue:
    actor = current_actor()
    with reading(actor) as session:
        product = queries.product_detail(session, product_id)
        since = queries.changed_since(session, product_id, change.expected_version or 0)
        currency = organization_currency(session, actor.organization)
    kept = ("csrf_token", "version")
    return page(
        "catalog/product_stale.html",
        blocks=("product",),
        status=409,
        product=product,
        differences=comparing.differences(change, product, since, currency=currency),
        sent=[(n, v) for n, v in request.form.items(multi=True) if n not in kept],
    )


@bp.get("/products/new")
@requires("catalog.write")
def product_new() -> ResponseReturnValue:
    """Show an empty form."""
    return _show_new(editing.new_editor())


def _show_new(editor: Editor, *, status: int = 200) -> ResponseReturnValue:
    actor = current_actor()
    with reading(actor) as session:
        how = _reading(session, actor)
        lists = _lists(session)
    return page(
        "catalog/product_new.html",
        blocks=("product",),
        status=status,
        product=None,
        editor=editor,
        currency=how.currency,
        first=0,
        shown=VARIANTS_SHOWN,
        **lists,
    )


@bp.post("/products/new")
@requires("catalog.write")
def product_create() -> ResponseReturnValue:
    """Create a product and open it."""
    actor = current_actor()
    with reading(actor) as session:
        how = _reading(session, actor)
        definitions = queries.attribute_definitions(session)
    editor = editing.read_editor(request.form)
    if action := request.form.get("action"):
        return _acted(editor, action, lambda: _show_new(editor))
    draft = editing.draft_of(editor, how)
    if _is_wrong(editor, check_attributes(definitions, draft.values.get("attributes", {}))):
        return _show_new(editor, status=422)
    try:
        with unit_of_work(actor) as work:
            product_id = service.create_product(work, draft, origin="web")
    except Invalid as refusal:
        return _refused(editor, refusal, lambda: _show_new(editor, status=422))
    return go_to(product_detail, product_id=product_id)


@bp.get("/products/<uuid:product_id>/history")
@requires("catalog.read")
def product_history(product_id: UUID) -> ResponseReturnValue:
    """Show the whole history, the newest first."""
    before = whole_number(request.args.get("before", ""))
    with reading(current_actor()) as session:
        product = queries.product_detail(session, product_id)
        lines, older = queries.product_history(session, product_id, before=before)
    return page(
        "catalog/product_history.html",
        blocks=("lines",),
        product=product,
        history=lines,
        older=older,
        **_words(),
    )


def _find(product_id: UUID) -> None:
    """Raise NotFound for what is no product of this organization."""
    with reading(current_actor()) as session:
        queries.get_title(session, product_id)


def _do(
    act: Callable[[Work, Sequence[UUID]], object], product_id: UUID, *, sentence: str, undo: str
) -> ResponseReturnValue:
    _find(product_id)
    with unit_of_work(current_actor()) as work:
        act(work, [product_id])
    toast(sentence, undo=url_for(undo, ids=str(product_id)))
    return go_to(product_detail, product_id=product_id)


@bp.post("/products/<uuid:product_id>/archive")
@requires("catalog.delete")
def product_archive(product_id: UUID) -> ResponseReturnValue:
    """Put a product away."""
    return _do(
        service.archive_products,
        product_id,
        sentence="Archived. It stops selling on every channel.",
        undo="catalog.product_restore_many",
    )


@bp.post("/products/<uuid:product_id>/restore")
@requires("catalog.delete")
def product_restore(product_id: UUID) -> ResponseReturnValue:
    """Bring an archived product back as a draft."""
    return _do(
        service.restore_products,
        product_id,
        sentence="Restored as a draft.",
        undo="catalog.product_archive_many",
    )


@bp.post("/products/<uuid:product_id>/exclude")
@requires("catalog.write")
def product_exclude(product_id: UUID) -> ResponseReturnValue:
    """Keep a product off every channel, or let it go there again."""
    _find(product_id)
    is_excluded = request.form.get("excluded") == "yes"
    with unit_of_work(current_actor()) as work:
        service.exclude_products(work, [product_id], is_excluded=is_excluded)
    return then(product_detail, product_id=product_id)


@bp.post("/products/<uuid:product_id>/duplicate")
@requires("catalog.write")
def product_duplicate(product_id: UUID) -> ResponseReturnValue:
    """Copy a product and open the copy."""
    with unit_of_work(current_actor()) as work:
        copy_id = service.duplicate_product(work, product_id)
    toast("This is the copy. Give its variants SKUs of their own.", kind="info")
    return go_to(product_detail, product_id=copy_id)


@bp.post("/products/<uuid:product_id>/delete")
@requires("catalog.delete")
def product_delete(product_id: UUID) -> ResponseReturnValue:
    """Delete an archived product for good."""
    actor = current_actor()
    with reading(actor) as session:
        title = queries.get_title(session, product_id)
    with unit_of_work(actor) as work:
        service.delete_product(work, product_id)
    toast(f"{title} is deleted.")
    return back_to_list()
