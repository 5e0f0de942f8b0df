"""Bulk edits as rows, and the worker's part: slices of products, each its own unit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select, update

from app.catalog import service as catalog
from app.catalog.bulk.operations import Operation, changes_for, read_operation, stays
from app.catalog.errors import InvalidProducts
from app.catalog.models import BulkEdit, BulkState
from app.catalog.service.loading import load_products, organization_currency
from app.core import clock
from app.core.actor import Actor
from app.core.db import affected
from app.core.errors import AppError, Conflicting, Invalid, NotFound, TooLarge
from app.core.work import Work, unit_of_work

MAX_PRODUCTS: Final = 100_000
_SLICE: Final = 200
_LEASE: Final = timedelta(seconds=60)
_KEPT_FAILURES: Final = 200


@dataclass(frozen=True, slots=True)
class BulkEditRequested:
    """A worker shall apply a bulk edit."""

    bulk_edit_id: UUID


def start_bulk_edit(
    work: Work, product_ids: Sequence[UUID], operation: Operation | None = None
) -> BulkEdit:
    """Keep a bulk edit for its preview; nothing changes yet. The operation may be chosen later."""
    if not product_ids:
        raise Invalid(fields={"ids": "Select at least one product."})
    if len(product_ids) > MAX_PRODUCTS:
        raise TooLarge(f"A bulk edit takes up to {MAX_PRODUCTS:,} products. Narrow the list.")
    row = BulkEdit(
        organization_id=work.organization_id,
        user_id=work.actor.user_id,
        selection={"ids": [str(key) for key in product_ids]},
        operation=operation.to_json() if operation else {},
        state=BulkState.DRAFT,
        total=len(product_ids),
    )
    work.session.add(row)
    work.session.flush()
    return row


def get_bulk_edit(work: Work, bulk_edit_id: UUID) -> BulkEdit:
    """Return a bulk edit of this organization, locked; raises NotFound."""
    found = work.session.scalar(
        select(BulkEdit)
        .where(BulkEdit.id == bulk_edit_id, BulkEdit.organization_id == work.organization_id)
        .with_for_update()
    )
    if found is None:
        raise NotFound
    return found


def choose_operation(work: Work, bulk_edit_id: UUID, operation: Operation) -> BulkEdit:
    """Say, or say anew, what a bulk edit that has not begun shall do."""
    row = _draft(work, bulk_edit_id)
    currency = organization_currency(work.session, row.organization_id)
    row.operation = replace(operation, currency=currency).to_json()
    return row


def _draft(work: Work, bulk_edit_id: UUID) -> BulkEdit:
    row = get_bulk_edit(work, bulk_edit_id)
    if row.state != BulkState.DRAFT:
        raise Conflicting("This bulk edit was applied or cancelled already.")
    return row


def request_bulk_edit(work: Work, bulk_edit_id: UUID) -> BulkEdit:
    """Ask a worker to apply what was previewed."""
    row = _draft(work, bulk_edit_id)
    read_operation(row.operation)
    row.state = BulkState.APPLYING
    work.emit(BulkEditRequested(row.id))
    work.touch(f"bulk_edit-{row.id}")
    return row


def cancel_bulk_edit(work: Work, bulk_edit_id: UUID) -> BulkEdit:
    """Stop a bulk edit; what was changed stays and is in each product's history."""
    row = get_bulk_edit(work, bulk_edit_id)
    if row.state in (BulkState.DRAFT, BulkState.APPLYING):
        row.state, row.finished_at = BulkState.CANCELLED, work.now
        work.touch(f"bulk_edit-{row.id}")
    return row


def run_bulk_edit(actor: Actor, bulk_edit_id: UUID) -> None:
    """Apply a bulk edit slice by slice; called twice, it goes on where it stood."""
    row = _claim(actor, bulk_edit_id)
    if row is None:
        return
    ids = [UUID(key) for key in row.selection["ids"]]
    operation = read_operation(row.operation)
    position = row.done
    while position < len(ids):
        some = ids[position : position + _SLICE]
        if not _apply(actor, row.id, some, operation, position):
            return
        position += len(some)
    with unit_of_work(actor) as work:
        kept = get_bulk_edit(work, bulk_edit_id)
        if kept.state == BulkState.APPLYING:
            kept.state, kept.finished_at, kept.lease_until = BulkState.DONE, work.now, None
            work.touch(f"bulk_edit-{kept.id}", "products")


def _claim(actor: Actor, bulk_edit_id: UUID) -> BulkEdit | None:
    now = clock.now()
    with unit_of_work(actor) as work:
        taken = affected(
            work.session,
            update(BulkEdit)
            .where(
                BulkEdit.id == bulk_edit_id,
                BulkEdit.organization_id == work.organization_id,
                BulkEdit.state == BulkState.APPLYING,
                or_(BulkEdit.lease_until.is_(None), BulkEdit.lease_until < now),
            )
            .values(lease_until=now + _LEASE),
        )
        return get_bulk_edit(work, bulk_edit_id) if taken == 1 else None


def _apply(
    actor: Actor, bulk_edit_id: UUID, ids: Sequence[UUID], operation: Operation, position: int
) -> bool:
    """Change one slice in one unit with its progress.

    False: it was cancelled meanwhile, or our lease ran out and another worker changed these; a
    price raised by a tenth must not be raised twice.
    """
    with unit_of_work(actor) as work:
        row = get_bulk_edit(work, bulk_edit_id)
        if row.state != BulkState.APPLYING or row.done != position:
            return False
        failures = _change(work, bulk_edit_id, ids, operation)
        kept: list[Any] = list(row.results.get("failures", []))
        row.results = {"failures": [*kept, *failures][:_KEPT_FAILURES]}
        row.done += len(ids)
        row.failed += len(failures)
        row.lease_until = work.now + _LEASE
        work.touch(f"bulk_edit-{bulk_edit_id}")
    return True


def _change(
    work: Work, bulk_edit_id: UUID, ids: Sequence[UUID], operation: Operation
) -> list[dict[str, str]]:
    """Change products that can be changed; returns (id, title, sentence) of those that cannot."""
    states = load_products(work.session, work.organization_id, ids, is_locking=True)
    failures, wished = [], []
    for state in states.values():
        try:
            product = state.snapshot()
            wished.append(changes_for(operation, product))
            failures += [
                _failure(state.id, product.values["title"], sentence)
                for sentence in stays(operation, product)
            ]
        except AppError as refusal:
            failures.append(_failure(state.id, state.values["title"], refusal.sentence))
    while wished:
        try:
            with work.session.begin_nested():
                catalog.change_products(work, wished, origin=operation.origin, run_id=bulk_edit_id)
        except InvalidProducts as error:
            for at, problems in error.by_item.items():
                state = states[wished[at].product_id]
                sentence = next(iter(problems.values()))
                failures.append(_failure(state.id, state.values["title"], sentence))
            wished = [each for at, each in enumerate(wished) if at not in error.by_item]
            continue
        break
    return failures


def _failure(product_id: UUID, title: str, sentence: str) -> dict[str, str]:
    return {"id": str(product_id), "title": title, "sentence": sentence}
