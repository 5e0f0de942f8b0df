"""Pictures: known ones go by their id; new ones by address, and only once.

A file that is sent again is uploaded again, and a product's `files` replace all it had. So the list
is always whole, films and models included, and names files Shopify has by their id. What was sent
before an answer was lost is recognised by its file name, or by its place while it is not ready.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from app.adapters.shopify import ids
from app.adapters.shopify.items import Item
from app.adapters.shopify.mapper.inward import IMAGE
from app.adapters.shopify.mapper.names import EXTERNAL
from app.adapters.types import ListingDraft, Problem

_SUFFIX: Final = re.compile(r"(_[0-9a-f]{8}-[0-9a-f-]{27})?")
_FAILED: Final = "FAILED"
READY: Final = "READY"


@dataclass(slots=True)
class Picture:
    """One picture a product shall show."""

    key: str
    alt: str | None
    id: str | None
    src: str | None

    def body(self) -> dict[str, Any]:
        """Return what stands in a product's `files`, and as the `file` of a variant."""
        alt = self.alt or ""
        if self.id is not None:
            return {"id": ids.gid("MediaImage", self.id), "alt": alt}
        return {"originalSource": self.src, "alt": alt, "contentType": IMAGE}


@dataclass(slots=True)
class Gallery:
    """The pictures a product shall show, beside what it shows."""

    pictures: list[Picture]
    shown: list[tuple[str, str]]  # (id, text) of what it shows
    others: list[str] = field(default_factory=list)  # global ids of films and models
    problems: list[Problem] = field(default_factory=list)
    has_failed: bool = False
    aliases: dict[str, str] = field(default_factory=dict)  # keys of ours for pictures shown anyway

    @property
    def is_shown(self) -> bool:
        """Tell whether the product shows exactly this already."""
        wanted = [(picture.id, picture.alt or "") for picture in self.pictures]
        return wanted == self.shown and not self.has_failed

    @property
    def ids(self) -> dict[str, str]:
        """Return key → their id, for every picture of ours the shop has."""
        listed = {
            picture.key: picture.id
            for picture in self.pictures
            if picture.id is not None and not picture.key.startswith(EXTERNAL)
        }
        return {**self.aliases, **listed}

    def of(self, key: str) -> Picture | None:
        """Return the picture of a key."""
        return next((picture for picture in self.pictures if picture.key == key), None)

    def bodies(self) -> list[dict[str, Any]]:
        """Return the whole `files` list."""
        return [picture.body() for picture in self.pictures] + [
            {"id": each} for each in self.others
        ]


def gallery(item: Item) -> Gallery:
    """Compare the pictures of a draft with what the product shows."""
    images = [each for each in item.media if each.get("mediaContentType") == IMAGE]
    good = [each for each in images if each.get("status") != _FAILED]
    found = Gallery(
        pictures=[],
        shown=[(ids.number(each.get("id")) or "", str(each.get("alt") or "")) for each in good],
        others=[str(each["id"]) for each in item.media if each not in images],
        has_failed="images" in item.draft.values and len(good) < len(images),
    )
    _want(item, found, good)
    failed = {ids.number(each.get("id")) for each in images if each not in good}
    _drop_failed(found, failed)
    _recognise(found.pictures, good)
    return found


def _want(item: Item, found: Gallery, good: Sequence[Mapping[str, Any]]) -> None:
    draft = item.draft
    if "images" in draft.values:
        for image in draft.values["images"] or ():
            _add(found, draft, item.image_ids, str(image["key"]), image.get("alt"))
    else:
        for each in good:
            number = ids.number(each.get("id")) or ""
            alt = str(each.get("alt") or "") or None
            found.pictures.append(Picture(f"{EXTERNAL}{number}", alt, number, None))
    for variant in draft.variants:
        key = variant.values.get("image")
        if key and not variant.is_removed:
            _want_for_variant(item, found, str(key))


def _want_for_variant(item: Item, found: Gallery, key: str) -> None:
    """Let the picture of a variant join those of the product, unless it is among them."""
    known = known_id(key, item.draft, item.image_ids)
    if known is not None and any(picture.id == known for picture in found.pictures):
        if not key.startswith(EXTERNAL):
            found.aliases[key] = known
        return
    _add(found, item.draft, item.image_ids, key, None)


def _add(
    found: Gallery, draft: ListingDraft, learned: Mapping[str, str], key: str, alt: str | None
) -> None:
    picture = Picture(key, alt, known_id(key, draft, learned), draft.image_sources.get(key))
    if picture.id is None and picture.src is None:
        found.problems.append(
            Problem("A picture has no address Shopify could fetch it from.", "images", "no_source")
        )
    elif found.of(key) is None:
        found.pictures.append(picture)


def known_id(key: str, draft: ListingDraft, learned: Mapping[str, str]) -> str | None:
    """Return the shop's id of a picture, when it is known."""
    if key.startswith(EXTERNAL):
        text = key.removeprefix(EXTERNAL)
    else:
        text = learned.get(key) or draft.image_ids.get(key, "")
    return text if ids.is_number(text) else None


def _drop_failed(found: Gallery, failed: set[str | None]) -> None:
    """Leave out pictures Shopify could not use, and say so; they would fail again."""
    bad = [picture for picture in found.pictures if picture.id in failed]
    if bad:
        found.pictures = [picture for picture in found.pictures if picture not in bad]
        found.problems.append(
            Problem(
                "Shopify could not use this picture. Check that its address is public and that it"
                " is a PNG, JPEG, GIF or WEBP of at most 20 megapixels, then choose it again.",
                "images",
                "picture_failed",
            )
        )


def _recognise(pictures: Sequence[Picture], media: Sequence[Mapping[str, Any]]) -> None:
    taken = {picture.id for picture in pictures}
    for picture in pictures:
        if picture.id is not None or picture.src is None:
            continue
        for each in media:
            shown = ids.number(each.get("id"))
            if shown not in taken and is_same_file(picture.src, _url(each)):
                picture.id = shown
                taken.add(shown)
                break
    # Files that are still being fetched have no address yet; their order is the one we sent.
    nameless = [each for each in media if not _url(each) and ids.number(each["id"]) not in taken]
    unknown = [picture for picture in pictures if picture.id is None]
    if len(nameless) == len(unknown):
        for picture, each in zip(unknown, nameless, strict=True):
            picture.id = ids.number(each["id"])


def _url(media: Mapping[str, Any]) -> str:
    image = media.get("image")
    return str(image.get("url") or "") if isinstance(image, Mapping) else ""


def is_same_file(sent: str, stored: str) -> bool:
    """Tell whether a stored picture came from this address, judging by its file name."""
    ours, theirs = (
        PurePosixPath(unquote(urlsplit(address).path)).stem.casefold() for address in (sent, stored)
    )
    return (
        len(ours) >= 8  # a short name such as “1.jpg” proves nothing
        and theirs.startswith(ours)
        and _SUFFIX.fullmatch(theirs[len(ours) :]) is not None
    )


def note_sent(item: Item, found: Gallery) -> None:
    """Remember what is about to be sent by address, to learn its ids from the answer."""
    item.sent_pictures = tuple(picture.key for picture in found.pictures if picture.id is None)
    there = [ids.number(each.get("id")) for each in item.media]
    known = [picture.id for picture in found.pictures]
    item.media_before = frozenset(each for each in (*there, *known) if each)


def learn(item: Item) -> None:
    """Take the ids of pictures that were sent from what the shop shows now, in the same order."""
    numbers = [
        ids.number(each.get("id")) or ""
        for each in item.media
        if each.get("mediaContentType") == IMAGE
    ]
    fresh = [each for each in numbers if each not in item.media_before]
    if len(fresh) == len(item.sent_pictures):
        item.image_ids.update(zip(item.sent_pictures, fresh, strict=True))
    item.sent_pictures = ()
    item.image_ids.update(gallery(item).ids)


def is_ready(item: Item, number: str) -> bool:
    """Tell whether a picture of the product may be shown on a variant."""
    return any(
        ids.number(each.get("id")) == number and each.get("status") == READY for each in item.media
    )
