"""Pictures named by address become pictures of ours, before values are compared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from app.adapters.values import Values
from app.catalog import addresses
from app.catalog.keys import is_id
from app.catalog.models import Media
from app.catalog.service.drafts import ProductChange, ProductDraft, VariantDraft
from app.catalog.service.media import media_by_url
from app.catalog.service.writing import among
from app.core.work import Work

Wish = TypeVar("Wish", ProductDraft, ProductChange)
_PREFIX = "ext:"


def resolve_pictures(work: Work, wishes: Sequence[Wish]) -> list[Wish]:
    """Return the wishes with every picture named by our id; new addresses wait to be fetched.

    A picture that is neither ours nor has an address keeps its name, and cleaning refuses it.
    """
    urls: dict[str, str] = {}  # key as given → address
    ids: set[str] = set()
    for wish in wishes:
        for image in wish.values.get("images") or ():
            _note(str(image["key"]), image.get("url"), urls, ids)
        for values in _variant_values(wish):
            if values.get("image"):
                _note(str(values["image"]), None, urls, ids)
    if not urls and not ids:
        return list(wishes)
    shown = _shown_by_us(work, urls)
    known = media_by_url(work, {url for key, url in urls.items() if key not in shown})
    names = {key: str(known[url]) for key, url in urls.items() if url in known} | shown
    foreign = ids - set(_ours(work, ids))
    names.update({key: f"unknown:{key}" for key in foreign})
    return [_renamed(wish, names) for wish in wishes]


def _note(key: str, url: str | None, urls: dict[str, str], ids: set[str]) -> None:
    if is_id(key):
        ids.add(key)
    elif url or key.startswith((f"{_PREFIX}http://", f"{_PREFIX}https://")):
        urls.setdefault(key, url or key.removeprefix(_PREFIX))


def _shown_by_us(work: Work, urls: Mapping[str, str]) -> dict[str, str]:
    """Return the pictures whose addresses are ours: exports name uploaded ones so."""
    found = {
        key: str(media_id)
        for key, url in urls.items()
        if (media_id := addresses.own_media(work.organization_id, url))
    }
    there = set(_ours(work, set(found.values())))
    return {key: media_id for key, media_id in found.items() if media_id in there}


def _variant_values(wish: Wish) -> Iterable[Values]:
    if isinstance(wish, ProductDraft):
        return [each.values for each in wish.variants]
    changed: Mapping[UUID, Values] = wish.variants
    return [*changed.values(), *(each.values for each in wish.new_variants)]


def _ours(work: Work, ids: set[str]) -> list[str]:
    """Keep the ids that are pictures of this organization."""
    if not ids:
        return []
    found = work.session.scalars(
        select(Media.id).where(
            Media.organization_id == work.organization_id, among(Media.id, [UUID(i) for i in ids])
        )
    )
    return [str(key) for key in found]


def _renamed(wish: Wish, names: Mapping[str, str]) -> Wish:
    values = _product_values(wish.values, names)
    if isinstance(wish, ProductChange):
        variants = {key: _with_image(each, names) for key, each in wish.variants.items()}
        new = tuple(_draft(each, names) for each in wish.new_variants)
        return replace(wish, values=values, variants=variants, new_variants=new)
    return replace(
        wish, values=values, variants=tuple(_draft(each, names) for each in wish.variants)
    )


def _draft(draft: VariantDraft, names: Mapping[str, str]) -> VariantDraft:
    if not draft.values.get("image"):
        return draft
    return replace(draft, values=_with_image(draft.values, names))


def _product_values(values: Values, names: Mapping[str, str]) -> Values:
    if not values.get("images"):
        return values
    images = [
        {**image, "key": names.get(str(image["key"]), image["key"])} for image in values["images"]
    ]
    return {**values, "images": images}


def _with_image(values: Values, names: Mapping[str, str]) -> Values:
    image: Any = values.get("image")
    if not image:
        return values
    return {**values, "image": names.get(str(image), image)}
