"""The category tree: paths are made on demand; a node moves with everything below it."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, text

from app.catalog import rules, values
from app.catalog.errors import CategoryInUse
from app.catalog.events import ProductChanged
from app.catalog.models import Category, ProductCategory
from app.catalog.service import history
from app.catalog.service.applying import Entry
from app.catalog.service.drafts import Cause
from app.catalog.service.writing import among, insert_rows
from app.core.db import Locks, lock, new_id
from app.core.errors import Conflicting, Invalid, NotFound
from app.core.work import Work

SEPARATOR: Final = " > "


def parents_of(path: str) -> list[str]:
    """Return every path above this one, the root first, and the path itself."""
    parts = path.split(SEPARATOR)
    return [SEPARATOR.join(parts[: at + 1]) for at in range(len(parts))]


def ensure_categories(work: Work, paths: Iterable[str]) -> dict[str, UUID]:
    """Return the ids of category paths, making those that are missing."""
    wanted = sorted(set(paths))
    found = _ids(work, wanted)
    if len(found) == len(wanted):
        return found
    lock(work.session, Locks.CATEGORY_TREE, work.organization_id)
    whole = sorted({part for path in wanted for part in parents_of(path)}, key=_depth)
    found = _ids(work, whole)
    rows = []
    for path in whole:
        if path in found:
            continue
        parent = path.rpartition(SEPARATOR)[0]
        found[path] = new_id()
        rows.append(
            {
                "id": str(found[path]),
                "organization_id": str(work.organization_id),
                "parent_id": str(found[parent]) if parent else None,
                "name": path.rpartition(SEPARATOR)[2],
                "path": path,
                "position": 0,
            }
        )
    insert_rows(work.session, "categories", rows)
    return found


def _depth(path: str) -> tuple[int, str]:
    return path.count(SEPARATOR), path


def _ids(work: Work, paths: list[str]) -> dict[str, UUID]:
    rows = work.session.execute(
        select(Category.path, Category.id).where(
            Category.organization_id == work.organization_id, among(Category.path, paths)
        )
    )
    return {row.path: row.id for row in rows}


def get_category(work: Work, category_id: UUID) -> Category:
    """Return a category for a change; raises NotFound."""
    found = work.session.scalar(
        select(Category)
        .where(Category.id == category_id, Category.organization_id == work.organization_id)
        .with_for_update()
    )
    if found is None:
        raise NotFound
    return found


def create_category(work: Work, path: str) -> UUID:
    """Make a category and what is missing above it; raises Invalid when it is there already."""
    spelled = _clean(path, field="name")
    if _ids(work, [spelled]):
        raise Invalid(fields={"name": f"There is a category {spelled} already."})
    return ensure_categories(work, [spelled])[spelled]


def _clean(path: str, *, field: str) -> str:
    try:
        return values.clean_path(path)
    except values.NotTaken as refusal:
        raise Invalid(fields={field: str(refusal)}) from refusal


def rename_category(work: Work, category_id: UUID, name: str) -> None:
    """Give a category another name; what lies below it follows."""
    lock(work.session, Locks.CATEGORY_TREE, work.organization_id)
    category = get_category(work, category_id)
    spelled = _clean(name, field="name")
    if SEPARATOR.strip() in spelled:
        raise Invalid(fields={"name": "A name must not contain >. Move the category instead."})
    above = category.path.rpartition(SEPARATOR)[0]
    _settle(work, category, above, spelled)


def move_category(work: Work, category_id: UUID, parent_id: UUID | None) -> None:
    """Put a category, with everything below it, under another one or to the top."""
    lock(work.session, Locks.CATEGORY_TREE, work.organization_id)
    category = get_category(work, category_id)
    above = ""
    if parent_id is not None:
        parent = get_category(work, parent_id)
        if parent.id == category.id or parent.path.startswith(category.path + SEPARATOR):
            raise Conflicting("A category cannot lie inside itself.")
        above = parent.path
    _settle(work, category, above, category.name, parent_id=parent_id, is_move=True)


def _settle(
    work: Work,
    category: Category,
    above: str,
    name: str,
    *,
    parent_id: UUID | None = None,
    is_move: bool = False,
) -> None:
    old = category.path
    new = f"{above}{SEPARATOR}{name}" if above else name
    if len(new) > 1000:
        raise Invalid(fields={"name": "This category would lie too deep."})
    if new == old:
        return
    if _ids(work, [new]):
        raise Conflicting(
            f"There is a category {new} already. Delete one and reassign its products."
        )
    before = _paths_of_products_below(work, old)
    category.name = name
    if is_move:
        category.parent_id = parent_id
    work.session.flush()
    work.session.execute(
        _REPATH,
        {
            "organization": work.organization_id,
            "old": old,
            "new": new,
            "below": old + SEPARATOR,
            "length": len(old),
        },
    )
    work.session.expire(category)
    _tell(work, before)


_REPATH: Final = text(
    "UPDATE categories SET path = :new || substr(path, :length + 1)"
    " WHERE organization_id = :organization AND (path = :old OR starts_with(path, :below))"
)


def delete_category(work: Work, category_id: UUID, *, move_to: UUID | None = None) -> None:
    """Delete a category; `move_to` takes over what it holds, else raises CategoryInUse."""
    lock(work.session, Locks.CATEGORY_TREE, work.organization_id)
    category = get_category(work, category_id)
    products = work.session.scalar(
        select(func.count()).where(ProductCategory.category_id == category_id)
    )
    children = list(
        work.session.scalars(select(Category.id).where(Category.parent_id == category_id))
    )
    if (products or children) and move_to is None:
        raise CategoryInUse(category.path, products or 0, len(children))
    before = _paths_of_products_below(work, category.path)
    if move_to is not None:
        target = get_category(work, move_to)
        if target.id == category.id or target.path.startswith(category.path + SEPARATOR):
            raise Conflicting("Choose a category outside the one you delete.")
        for child in children:
            move_category(work, child, move_to)
        work.session.execute(
            _REASSIGN,
            {"organization": work.organization_id, "old": category_id, "new": move_to},
        )
    work.session.execute(delete(Category).where(Category.id == category_id))
    _tell(work, before)


_REASSIGN: Final = text(
    "INSERT INTO product_categories (organization_id, product_id, category_id)"
    " SELECT :organization, product_id, :new FROM product_categories WHERE category_id = :old"
    " ON CONFLICT DO NOTHING"
)


def _paths_of_products_below(work: Work, path: str) -> dict[UUID, list[str]]:
    """Return the category paths of every product in this part of the tree."""
    inside = (
        select(ProductCategory.product_id)
        .join(Category, Category.id == ProductCategory.category_id)
        .where(
            Category.organization_id == work.organization_id,
            (Category.path == path) | func.starts_with(Category.path, path + SEPARATOR),
        )
    )
    return _paths(work, list(work.session.scalars(inside)))


def _paths(work: Work, product_ids: list[UUID]) -> dict[UUID, list[str]]:
    rows = work.session.execute(
        select(ProductCategory.product_id, Category.path)
        .join(Category, Category.id == ProductCategory.category_id)
        .where(among(ProductCategory.product_id, product_ids))
        .order_by(Category.path)
    )
    found: dict[UUID, list[str]] = {}
    for product_id, path in rows:
        found.setdefault(product_id, []).append(path)
    return found


def _tell(work: Work, before: dict[UUID, list[str]]) -> None:
    """Record in each product what became of its categories, and tell the channels."""
    if not before:
        return
    now = _paths(work, list(before))
    moved = [key for key, old in before.items() if now.get(key, []) != old]
    rows = work.session.execute(_TOUCH, {"ids": moved, "now": work.now})
    versions = {row.id: row.version for row in rows}
    cause = Cause("web")
    history.record(
        work,
        [
            (
                key,
                versions[key],
                Entry("categories", before[key], now.get(key, []), rules.Layer.MANUAL),
            )
            for key in moved
        ],
        cause,
    )
    for key in moved:
        work.emit(ProductChanged(key, ("categories",)))
    work.touch("products", *(f"product-{key}" for key in moved[:500]))


_TOUCH: Final = text(
    "UPDATE products SET version = version + 1, updated_at = :now WHERE id = ANY(:ids)"
    " RETURNING id, version"
)
