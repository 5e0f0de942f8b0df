"""The stock of one variant: where it lies, who holds it, why it moved; adjusted by hand."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.catalog.views.tables import csv_file, today
from app.core.db import reading
from app.core.errors import Conflicting, Invalid, NotFound
from app.core.work import in_unit, unit_of_work
from app.inventory import oversell, queries, service
from app.inventory.forms import REASONS, AdjustForm, BeyondForm, ReorderForm
from app.inventory.models import Level, Location, LocationKind, PostingKind
from app.inventory.offering import Mode
from app.inventory.service import Reason
from app.inventory.views.blueprint import bp
from app.inventory.warehouse_forms import ReserveForm
from app.sync import queries as sync
from app.web.filters import number, plural, viewer_zone
from app.web.fragments import page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.wishes import cursors

KINDS: Final[Mapping[PostingKind, str]] = {
    PostingKind.ADJUST: "Adjusted",
    PostingKind.COUNT: "Counted",
    PostingKind.IMPORT: "Set by a file",
    PostingKind.SYNC: "Set by a shop",
    PostingKind.RECEIVE: "Received",
    PostingKind.COMMIT: "Promised",
    PostingKind.RELEASE: "Promise taken back",
    PostingKind.SHIP: "Shipped",
    PostingKind.UNSHIP: "Parcel cancelled",
    PostingKind.RETURN: "Returned",
    PostingKind.RESERVE: "Kept back",
    PostingKind.FREE: "Freed",
    PostingKind.TAKE: "Kept back for this order",
    PostingKind.GONE: "Gone in a shop",
    PostingKind.EXPECT: "Expected",
    PostingKind.UNEXPECT: "No longer expected",
    PostingKind.ARRIVE: "Arrived",
    PostingKind.SEND: "Sent elsewhere",
    PostingKind.LOCK: "Locked by a channel",
    PostingKind.UNLOCK: "Unlocked by a channel",
}
_MODES: Final[Mapping[Mode, str]] = {
    Mode.SHARED: "Shares stock",
    Mode.STRICT: "Its own part",
    Mode.MIRROR: "Its own count",
}
_BUCKETS: Final = (
    ("quantity", "on hand"),
    ("committed", "promised"),
    ("reserved", "kept back"),
    ("locked", "locked"),
    ("incoming", "incoming"),
)


@bp.get("/inventory/<uuid:variant_id>")
@requires("inventory.read")
def variant_detail(
    variant_id: UUID,
    form: AdjustForm | None = None,
    reorder: ReorderForm | None = None,
    keep: ReserveForm | None = None,
    beyond: BeyondForm | None = None,
) -> ResponseReturnValue:
    """Show where a variant lies, who holds it, and why it moved."""
    actor = current_actor()
    location, kind = request.args.get("location", ""), request.args.get("kind", "")
    with reading(actor) as session:
        row = queries.stock_row(session, variant_id)
        if row is None:
            raise NotFound
        places = queries.locations(session)
        found = queries.movements(session, variant_id, location=location, kind=kind, **cursors())
        days = queries.on_hand_by_day(session, variant_id, viewer_zone())
        context: dict[str, Any] = {
            "row": row,
            "page": found,
            "levels": queries.levels_of(session, variant_id),
            "kept": [
                *queries.kept_rows(session, variant_id),
                *queries.kept_parts(session, variant_id),
            ],
            "holders": queries.holders(session, variant_id),
            "offer": sync.variant_offer(session, variant_id),
            "causes": queries.causes(session, [each.posting.reference for each in found.rows]),
            "days": days,
            "kit": queries.kit_detail(session, variant_id),
            "used_in": queries.used_in(session, variant_id),
            "selling": queries.selling(session, variant_id),
        }
    adjusting = form or AdjustForm(formdata=None)
    selling = beyond or BeyondForm(formdata=None, data=context["selling"].choices)
    return page(
        "inventory/variant_detail.html",
        blocks=("levels", "movements"),
        status=422 if any(each and each.errors for each in (form, reorder, keep, beyond)) else 200,
        watch=[f"product-{row.product_id}"],
        form=adjusting.offer(_choices(places)),
        reorder=reorder,
        keep=(keep or ReserveForm(formdata=None)).offer(_counted(context["levels"])),
        beyond=selling.offer([(str(place.id), place.name) for _, place in context["levels"]]),
        places=[(str(each.id), each.name) for each in places],
        kinds=KINDS,
        moved_words=moved_words,
        cause_words=cause_words,
        cause_url=cause_url,
        modes=_MODES,
        risk_words=oversell.words,
        chart=_chart(days),
        moves_chart=_moves_chart(days),
        **context,
    )


def _choices(places: Sequence[Location]) -> list[tuple[str, str]]:
    """Return where a person may move stock; a channel's own warehouse is only looked at."""
    ours = [each for each in places if each.is_active and each.kind is not LocationKind.CHANNEL]
    ours.sort(key=lambda each: not each.is_default)
    return [(str(each.id), each.name) for each in ours]


def _counted(levels: Sequence[tuple[Level, Location]]) -> list[tuple[str, str]]:
    """Return where units may be kept back, with what is available."""
    return [
        (str(place.id), f"{place.name} ({number(level.available)} available)")
        for level, place in levels
        if level.is_counted and place.kind != LocationKind.CHANNEL
    ]


def moved_words(posting: Any) -> str:
    """Say which buckets moved, and by how much: “+5 on hand, −5 promised”."""
    parts = [(getattr(posting, name), word) for name, word in _BUCKETS]
    return ", ".join(f"{signed(by)} {word}" for by, word in parts if by)


def signed(count: int) -> str:
    """Return a number with its sign."""
    return f"{'+' if count > 0 else '−'}{number(abs(count))}"


def cause_words(cause: queries.Cause | None) -> str:
    """Say what a posting was made by."""
    if cause is None:
        return ""
    if cause.kind == "order":
        return f"Order {cause.label}" if cause.label else "An order"
    if cause.kind == "reason":
        return REASONS[Reason(cause.key)] if cause.key in set(Reason) else ""
    return cause.label


def cause_url(cause: queries.Cause | None) -> str:
    """Return the page of what a posting was made by, if there is one to see."""
    actor = current_actor()
    if cause is None or not cause.label:
        return ""
    if cause.kind == "order":
        return f"/orders/{cause.key}"
    if cause.kind == "transfer":
        return url_for("inventory.transfer_detail", transfer_id=cause.key)
    if cause.kind == "count":
        return url_for("inventory.count_detail", count_id=cause.key)
    if cause.kind == "connection" and actor.can("sync.read"):
        return url_for("sync.connection_detail", connection_id=cause.key)
    if cause.kind == "import" and actor.can("catalog.import"):
        return url_for("catalog.import_detail", import_id=cause.key)
    return ""


def _chart(days: Sequence[queries.Day]) -> dict[str, Any]:
    return {
        "type": "line",
        "data": {
            "labels": [each.at.strftime("%d %b") for each in days],
            "datasets": [
                {"label": "On hand", "tone": "good", "data": [each.on_hand for each in days]}
            ],
        },
        "options": {
            "scales": {
                "y": {"beginAtZero": True, "title": {"text": "Units"}, "ticks": {"precision": 0}}
            }
        },
    }


def _moves_chart(days: Sequence[queries.Day]) -> dict[str, Any]:
    came, went = [each.came for each in days], [-each.went for each in days]
    return {
        "type": "bar",
        "data": {
            "labels": [each.at.strftime("%d %b") for each in days],
            "datasets": [
                {"label": "Came", "tone": "good", "data": came},
                {"label": "Went", "tone": "warn", "data": went},
            ],
        },
        "options": {
            "scales": {
                "x": {"stacked": True},
                "y": {"stacked": True, "title": {"text": "Units"}, "ticks": {"precision": 0}},
            }
        },
    }


def _own_places(session: Session, variant_id: UUID) -> list[tuple[str, str]]:
    if queries.stock_row(session, variant_id) is None:
        raise NotFound
    return _choices(queries.locations(session))


@bp.post("/inventory/<uuid:variant_id>")
@requires("inventory.write")
def variant_change(variant_id: UUID) -> ResponseReturnValue:
    """Move stock, keep units back, free them, say when to buy again; all answer with this page."""
    wished = {"reorder": _reorder, "keep": _keep, "free": _free}
    return wished.get(request.form.get("action", ""), _adjust)(variant_id)


def _adjust(variant_id: UUID) -> ResponseReturnValue:
    actor = current_actor()
    with reading(actor) as session:
        places = _own_places(session, variant_id)
    form = AdjustForm().offer(places)
    if not form.validate():
        return variant_detail(variant_id, form)
    location_id, wish = form.wish()
    try:
        change = in_unit(service.adjust)(actor, variant_id, location_id, wish)
    except Invalid as refusal:
        form.refuse(refusal)
        return variant_detail(variant_id, form)
    except Conflicting as refusal:  # somebody else took the units in the meantime
        form.refuse_fields({"quantity": refusal.sentence})
        return variant_detail(variant_id, form)
    toast(f"{signed(change)} on hand." if change else "It was so already.")
    return then(variant_detail, variant_id=variant_id)


def _reorder(variant_id: UUID) -> ResponseReturnValue:
    actor = current_actor()
    with reading(actor) as session:
        known = {place.id for _, place in queries.levels_of(session, variant_id)}
    form = ReorderForm()
    location_id = next((key for key in known if str(key) == form.location.data), None)
    if location_id is None:
        raise NotFound
    if not form.validate():
        return variant_detail(variant_id, reorder=form)
    with unit_of_work(actor) as work:
        service.set_reorder(work, variant_id, {location_id: form.wish()})
    return then(variant_detail, variant_id=variant_id)


def _keep(variant_id: UUID) -> ResponseReturnValue:
    actor = current_actor()
    with reading(actor) as session:
        if queries.stock_row(session, variant_id) is None:
            raise NotFound
        form = ReserveForm().offer(_counted(queries.levels_of(session, variant_id)))
    if not form.validate():
        return variant_detail(variant_id, keep=form)
    try:
        in_unit(service.reserve)(
            actor,
            variant_id,
            UUID(form.place.data),
            form.units.data,
            until=form.moment(viewer_zone()),
            note=form.note.data,
        )
    except Invalid as refusal:
        form.refuse(refusal)
        return variant_detail(variant_id, keep=form)
    except Conflicting as refusal:  # somebody else took the units in the meantime
        form.refuse_fields({"units": refusal.sentence})
        return variant_detail(variant_id, keep=form)
    toast(f"{plural(form.units.data, 'unit')} kept back.")
    return then(variant_detail, variant_id=variant_id)


def _free(variant_id: UUID) -> ResponseReturnValue:
    actor = current_actor()
    sent = request.form.get("reservation", "")
    with reading(actor) as session:
        if queries.stock_row(session, variant_id) is None:
            raise NotFound
        known = {each.id for each in queries.kept_rows(session, variant_id)}
    freed = 0
    for key in known:
        if str(key) == sent:
            freed = in_unit(service.free_reservation)(actor, key)
    toast(f"{plural(freed, 'unit')} free again." if freed else "They were free already.")
    return then(variant_detail, variant_id=variant_id)


@bp.post("/inventory/<uuid:variant_id>/beyond")
@requires("inventory.write", "catalog.write")
def beyond_save(variant_id: UUID) -> ResponseReturnValue:
    """Keep how far a variant is sold beyond its stock."""
    actor = current_actor()
    with reading(actor) as session:
        _own_places(session, variant_id)
        places = [(str(each.id), each.name) for _, each in queries.levels_of(session, variant_id)]
    form = BeyondForm().offer(places)
    if not form.validate():
        return variant_detail(variant_id, beyond=form)
    try:
        with unit_of_work(actor) as work:
            service.set_beyond(work, variant_id, form.wish())
    except Invalid as refusal:
        form.refuse(refusal)
        return variant_detail(variant_id, beyond=form)
    toast("Saved.")
    return then(variant_detail, variant_id=variant_id)


@bp.get("/inventory/<uuid:variant_id>/movements.csv")
@requires("inventory.read", "catalog.export")
def movements_file(variant_id: UUID) -> ResponseReturnValue:
    """Send the ledger of a variant as a file."""
    location, kind = request.args.get("location", ""), request.args.get("kind", "")
    with reading(current_actor()) as session:
        row = queries.stock_row(session, variant_id)
        if row is None:
            raise NotFound
        found = list(queries.every_movement(session, variant_id, location=location, kind=kind))
        causes = queries.causes(session, [each.posting.reference for each in found])
    buckets = [word.capitalize() for _, word in _BUCKETS]
    head = ["At", "Location", "Kind", *buckets, "By", "Because of", "Note"]
    rows = [_line(each, causes) for each in found]
    return csv_file(today(f"movements-{row.sku or variant_id}"), [head, *rows])


def _line(each: queries.Movement, causes: Mapping[str, queries.Cause]) -> list[str]:
    posting = each.posting
    return [
        posting.at.isoformat(timespec="seconds"),
        each.location,
        KINDS[PostingKind(posting.kind)],
        *(str(getattr(posting, name)) for name, _ in _BUCKETS),
        each.person or "",
        cause_words(causes.get(posting.reference or "")),
        posting.note or "",
    ]
