"""Pictures of a product, and the files behind them."""

from typing import Final
from uuid import UUID

from flask import Response, request, send_file
from flask.typing import ResponseReturnValue

from app.catalog import addresses, queries, service
from app.catalog.errors import MediaRefused
from app.catalog.filters import is_id
from app.catalog.pictures import MAX_BYTES
from app.catalog.queries import MediaFile
from app.catalog.views.blueprint import bp
from app.catalog.views.product import product_detail
from app.core.actor import Actor
from app.core.db import reading
from app.core.errors import Invalid, NotFound
from app.core.work import unit_of_work
from app.gateways.storage import storage
from app.web.fragments import then, toast
from app.web.guards import public, requires, takes_up_to
from app.web.identity import current_actor

MOST_FILES: Final = 20
YEAR: Final = 31_536_000
_SIZES: Final = ("full", "thumb", "small")


@bp.post("/products/<uuid:product_id>/media/upload")
@requires("catalog.write")
@takes_up_to(100)
def media_upload(product_id: UUID) -> ResponseReturnValue:
    """Take picture files; those that are none are named, the others stay."""
    actor = current_actor()
    with reading(actor) as session:
        queries.get_title(session, product_id)
    files = [each for each in request.files.getlist("files") if each.filename]
    if not files:
        raise Invalid("Choose a picture first.")
    if len(files) > MOST_FILES:
        raise Invalid(f"Upload up to {MOST_FILES} pictures at once.")
    for file in files:
        try:
            stored = service.store_picture(actor.organization, file.stream.read(MAX_BYTES + 1))
        except MediaRefused as refusal:
            toast(f"{file.filename}: {refusal.sentence}", kind="error")
            continue
        with unit_of_work(actor) as work:
            service.attach_upload(work, product_id, stored)
    return then(product_detail, product_id=product_id)


@bp.post("/products/<uuid:product_id>/media/urls")
@requires("catalog.write")
def media_add_urls(product_id: UUID) -> ResponseReturnValue:
    """Add pictures by address; they are fetched in the background."""
    urls = request.form.get("urls", "").split()
    if not urls:
        raise Invalid("Write at least one address.")
    with unit_of_work(current_actor()) as work:
        service.attach_urls(work, product_id, urls)
    return then(product_detail, product_id=product_id)


@bp.post("/products/<uuid:product_id>/media")
@requires("catalog.write")
def media_change(product_id: UUID) -> ResponseReturnValue:
    """Order, describe, move or take off pictures, by the button that was pressed."""
    form = request.form
    with unit_of_work(current_actor()) as work:
        if key := _id(form.get("remove")):
            service.remove_picture(work, product_id, key)
        elif key := _id(form.get("retry")):
            service.retry_media(work, key)
        elif form.get("move"):
            key_text, _, by = form["move"].partition(":")
            if (key := _id(key_text)) and by in ("-1", "1"):
                service.move_picture(work, product_id, key, int(by))
        else:
            order = [key for text in form.getlist("order") if (key := _id(text))]
            service.order_pictures(work, product_id, order)
            alts = {
                key: text
                for name, text in form.items()
                if name.startswith("alt.") and (key := _id(name.removeprefix("alt.")))
            }
            service.describe_pictures(work, product_id, alts)
    return then(product_detail, product_id=product_id)


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text and is_id(text) else None


@bp.get("/media/<uuid:media_id>/<size>")
@requires("catalog.read")
def media_file(media_id: UUID, size: str) -> ResponseReturnValue:
    """Serve a picture to members: full, thumb (320 px) or small (80 px)."""
    if size not in _SIZES:
        raise NotFound
    with reading(current_actor()) as session:
        file = queries.media_file(session, media_id, size)
    return _file(file, is_public=False)


@bp.get("/pictures/<uuid:organization_id>/<uuid:media_id>/<signed>.<suffix>")
@public
def media_public(
    organization_id: UUID, media_id: UUID, signed: str, suffix: str
) -> ResponseReturnValue:
    """Serve a picture to channels, under an address only we can make."""
    if not addresses.is_signed(organization_id, media_id, signed) or suffix not in ("jpg", "png"):
        raise NotFound
    nobody = Actor(organization_id, None, frozenset(), "hook")
    with reading(nobody) as session:
        file = queries.media_file(session, media_id, "full")
    return _file(file, is_public=True)


def _file(file: MediaFile, *, is_public: bool) -> Response:
    response = send_file(
        storage().open(file.key),
        mimetype=file.content_type,
        etag=file.key.rpartition("/")[2].partition(".")[0],
        conditional=True,
    )
    # The content behind a key never changes; the id of a picture keeps its key.
    if is_public:
        response.cache_control.public = True
    else:
        response.cache_control.private = True
    response.cache_control.no_cache = None
    response.cache_control.max_age = YEAR
    response.cache_control.immutable = True
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = "inline"
    return response
