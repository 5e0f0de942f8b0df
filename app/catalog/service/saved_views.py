"""Saved views of a list: a person's own, or shared with everybody in the organization."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from app.catalog.models import SavedView
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.work import Work

MAX_VIEWS: Final = 50
NAME_LENGTH: Final = 60
COLUMNS_PAGE: Final = "products.columns"  # the one view of this page is a person's columns


@dataclass(frozen=True, slots=True)
class ViewDraft:
    """A list as somebody wants it: its query string and columns."""

    name: str
    query: str
    columns: tuple[str, ...] = ()
    is_shared: bool = False


def _owner(work: Work) -> UUID:
    if work.actor.user_id is None:
        raise Forbidden("Only a person keeps views.")
    return work.actor.user_id


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > NAME_LENGTH:
        raise Invalid(fields={"name": f"A view needs a name of up to {NAME_LENGTH} characters."})
    return name


def save_view(work: Work, page: str, draft: ViewDraft) -> UUID:
    """Keep a view of a page; raises Invalid without a name or beyond the most. Flushes."""
    owner = _owner(work)
    count = work.session.scalar(
        select(func.count()).where(SavedView.user_id == owner, SavedView.page == page)
    )
    if (count or 0) >= MAX_VIEWS:
        raise Invalid(fields={"name": f"You have {MAX_VIEWS} views. Delete one first."})
    view = SavedView(
        organization_id=work.organization_id,
        user_id=owner,
        page=page,
        name=_name(draft.name),
        query=draft.query[:2000],
        columns=list(draft.columns),
        is_shared=draft.is_shared,
        created_at=work.now,
    )
    work.session.add(view)
    work.session.flush()
    return view.id


def keep_columns(work: Work, columns: tuple[str, ...], page: str = COLUMNS_PAGE) -> None:
    """Keep which columns of the product list, or parts of another page, the actor wants to see."""
    kept = work.session.scalar(
        select(SavedView).where(SavedView.user_id == _owner(work), SavedView.page == page)
    )
    if kept is None:
        save_view(work, page, ViewDraft("Columns", "", columns))
    else:
        kept.columns = list(columns)


def change_view(work: Work, view_id: UUID, draft: ViewDraft) -> None:
    """Rename, share or re-filter a view of one's own; raises NotFound for somebody else's."""
    view = get_view(work, view_id)
    view.name, view.is_shared = _name(draft.name), draft.is_shared
    view.query, view.columns = draft.query[:2000], list(draft.columns)


def delete_view(work: Work, view_id: UUID) -> None:
    """Forget a view of one's own."""
    work.session.delete(get_view(work, view_id))


def get_view(work: Work, view_id: UUID) -> SavedView:
    """Return a view of the actor's own for a change; raises NotFound."""
    found = work.session.scalar(
        select(SavedView).where(
            SavedView.id == view_id,
            SavedView.organization_id == work.organization_id,
            SavedView.user_id == _owner(work),
        )
    )
    if found is None:
        raise NotFound
    return found
