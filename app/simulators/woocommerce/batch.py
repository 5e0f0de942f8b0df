"""Batches, and the log of every write that came through the API."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from app.simulators.woocommerce import media, php
from app.simulators.woocommerce.core import StoreCore, Write
from app.simulators.woocommerce.errors import ApiError, BatchCut, PhpFatal
from app.simulators.woocommerce.resource import Resource, Shown

_MOST: Final = 100
_KINDS: Final = ("create", "update", "delete")


def logged(
    store: StoreCore,
    resource: Resource,
    method: str,
    params: Mapping[str, Any],
    write: Callable[[], Shown],
    *,
    in_batch: bool = False,
) -> Shown:
    """Do one write and note who wrote what, and whether it took effect."""
    row_id, error = php.integer(params.get("id") or 0), None
    try:
        shown = write()
        row_id = shown.get("id", row_id)
    except ApiError as refusal:
        error = refusal.code
        raise
    except PhpFatal:
        error = "internal_server_error"
        raise
    finally:
        names = tuple(name for name in params if name != "id")
        store.write_log.append(
            Write(
                at=store.now(),
                method=method,
                resource=resource.noun,
                id=row_id,
                fields=names,
                body=params,
                error=error,
                in_batch=in_batch,
            )
        )
    return shown


def run_batch(
    store: StoreCore,
    resource: Resource,
    params: Mapping[str, Any],
    *,
    cut: Callable[[int], int] | None,
) -> dict[str, list[Shown]]:
    """Do the items one after the other, unvalidated; one that fails says so in its place.

    `cut` says how many of the items get done before the host ends the request.
    """
    items = list(_items(params))
    if len(items) > _MOST:
        code = "woocommerce_rest_request_entity_too_large"
        raise ApiError(code, 413, f"Unable to accept more than {_MOST} items for this request.")
    fetched = media.fetch(store, [item for _, item in items if isinstance(item, dict)])
    end = len(items) if cut is None else cut(len(items))
    answers: dict[str, list[Shown]] = {}
    with store.change():
        for kind, item in items[:end]:
            answers.setdefault(kind, []).append(_item(store, resource, kind, item, fetched))
    if end < len(items):
        raise BatchCut
    return answers


def _items(params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for kind in _KINDS:
        entries = params.get(kind)
        for entry in entries if isinstance(entries, list) else []:
            yield kind, entry


def _item(
    store: StoreCore, resource: Resource, kind: str, item: Any, fetched: media.Fetched
) -> Shown:
    params = item if isinstance(item, dict) else {"id": item}
    row_id = php.integer(params.get("id") or 0)
    writes: dict[str, Callable[[], Shown]] = {
        "create": lambda: resource.create(params, fetched),
        "update": lambda: resource.update(row_id, params, fetched),
        "delete": lambda: resource.delete(row_id, force=True),
    }
    try:
        return logged(store, resource, kind, params, _fatal(writes[kind]), in_batch=True)
    except ApiError as refusal:
        return {"id": row_id, "error": refusal.body()}


def _fatal(write: Callable[[], Shown]) -> Callable[[], Shown]:
    def run() -> Shown:
        try:
            return write()
        except (AttributeError, TypeError, ValueError) as error:
            # Nothing checked the item: a list where a text is due ends the whole PHP request.
            raise PhpFatal(str(error)) from error

    return run
