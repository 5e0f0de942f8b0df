"""What products are sorted into: categories, attributes, saved views; and pictures to be served."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.catalog.models import (
    AttributeDefinition,
    Category,
    Media,
    MediaState,
    ProductCategory,
    SavedView,
)
from app.catalog.queries.values import organization_of
from app.connections.models import Connection, ConnectionState
from app.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A node of the tree in the order a tree is read; `depth` 0 is the top."""

    id: UUID
    parent_id: UUID | None
    name: str
    path: str
    depth: int
    products: int


def category_tree(session: Session, *, is_counting: bool = False) -> list[CategoryRow]:
    """Return the whole tree; with counting, how many products lie directly in each node."""
    counts: dict[UUID, int] = {}
    if is_counting:
        counted = session.execute(
            select(ProductCategory.category_id, func.count().label("products"))
            .where(ProductCategory.organization_id == organization_of(session))
            .group_by(ProductCategory.category_id)
        )
        counts = {row.category_id: row.products for row in counted}
    rows = session.execute(
        select(Category.id, Category.parent_id, Category.name, Category.path).where(
            Category.organization_id == organization_of(session)
        )
    ).all()
    ordered = sorted(rows, key=lambda row: [part.casefold() for part in row.path.split(" > ")])
    return [
        CategoryRow(r.id, r.parent_id, r.name, r.path, r.path.count(" > "), counts.get(r.id, 0))
        for r in ordered
    ]


def category(session: Session, category_id: UUID) -> CategoryRow:
    """Return one node; raises NotFound."""
    for row in category_tree(session, is_counting=True):
        if row.id == category_id:
            return row
    raise NotFound


def attribute_definitions(session: Session) -> list[AttributeDefinition]:
    """Return the attributes of the organization by name."""
    found = session.scalars(
        select(AttributeDefinition)
        .where(AttributeDefinition.organization_id == organization_of(session))
        .order_by(AttributeDefinition.name)
    )
    return list(found)


def attribute_definition(session: Session, attribute_id: UUID) -> AttributeDefinition:
    """Return one attribute; raises NotFound."""
    found = session.scalar(
        select(AttributeDefinition).where(
            AttributeDefinition.id == attribute_id,
            AttributeDefinition.organization_id == organization_of(session),
        )
    )
    if found is None:
        raise NotFound
    return found


def saved_views(session: Session, page: str, user_id: UUID | None) -> list[SavedView]:
    """Return a person's views of a page and those that others share."""
    found = session.scalars(
        select(SavedView)
        .where(
            SavedView.organization_id == organization_of(session),
            SavedView.page == page,
            or_(SavedView.user_id == user_id, SavedView.is_shared),
        )
        .order_by(SavedView.created_at)
    )
    return list(found)


def connection_names(session: Session) -> list[tuple[UUID, str]]:
    """Return the connections products may be listed on."""
    rows = session.execute(
        select(Connection.id, Connection.name)
        .where(
            Connection.organization_id == organization_of(session),
            Connection.state.not_in((ConnectionState.DISCONNECTED, ConnectionState.PENDING)),
        )
        .order_by(Connection.name)
    )
    return [(key, name) for key, name in rows]


@dataclass(frozen=True, slots=True)
class MediaFile:
    """Where the file of a picture lies."""

    key: str
    content_type: str


def media_file(session: Session, media_id: UUID, size: str) -> MediaFile:
    """Return the file of a picture: full, thumb (320 px) or small (80 px); raises NotFound."""
    media = session.scalar(
        select(Media).where(
            Media.id == media_id,
            Media.organization_id == organization_of(session),
            Media.state == MediaState.READY,
        )
    )
    if media is None:
        raise NotFound
    keys = {"full": media.storage_key, "thumb": media.thumb_key, "small": media.small_key}
    key = keys.get(size)
    if not key:
        raise NotFound
    is_full = size == "full"
    return MediaFile(key, (media.content_type if is_full else None) or "image/webp")


def due_media(session: Session, now: datetime, *, most: int = 100) -> Sequence[UUID]:
    """Return pictures that wait to be fetched and are due."""
    found = session.scalars(
        select(Media.id)
        .where(
            Media.organization_id == organization_of(session),
            Media.state == MediaState.WAITING,
            Media.due_at <= now + timedelta(seconds=1),
        )
        .order_by(Media.due_at)
        .limit(most)
    )
    return list(found)
