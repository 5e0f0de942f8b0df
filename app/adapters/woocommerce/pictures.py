"""Pictures: known ones go by their id; new ones by address, a few at a time, and only once.

The shop downloads a new picture inside the request and makes a new media item at every send. So a
picture that was sent before an answer was lost is recognised by its file name and not sent again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from app.adapters.errors import AdapterError, Unknown
from app.adapters.types import ListingDraft, Problem
from app.adapters.woocommerce import problems, schema
from app.adapters.woocommerce.client import Client
from app.adapters.woocommerce.mapper.reader import as_list
from app.adapters.woocommerce.problems import CallRefused

EXTERNAL: Final = "ext:"
_SUFFIX: Final = re.compile(r"(-\d+)?(-scaled|-rotated)?")


@dataclass(slots=True)
class Picture:
    """One picture a product shall show."""

    key: str
    alt: str | None
    id: int | None
    src: str | None

    def body(self) -> dict[str, Any]:
        """Return what stands in a product's `images`."""
        who: dict[str, Any] = {"src": self.src} if self.id is None else {"id": self.id}
        return {**who, "alt": self.alt} if self.alt else who


@dataclass(slots=True)
class Gallery:
    """The pictures a product shall show, beside those it shows."""

    pictures: list[Picture]
    shown: list[tuple[int, str]]
    problems: list[Problem]

    @property
    def new(self) -> list[Picture]:
        """The pictures the shop has to fetch."""
        return [picture for picture in self.pictures if picture.id is None]

    @property
    def is_shown(self) -> bool:
        """Tell whether the product shows exactly this already."""
        if self.new or len(self.pictures) != len(self.shown):
            return False
        # An empty text does not clear the one a picture has; the API leaves it as it is.
        return all(
            picture.id == shown and (not picture.alt or picture.alt == alt)
            for picture, (shown, alt) in zip(self.pictures, self.shown, strict=True)
        )

    @property
    def ids(self) -> dict[str, str]:
        """Return key → their id, for every picture of ours the shop has."""
        return {
            picture.key: str(picture.id)
            for picture in self.pictures
            if picture.id is not None and not picture.key.startswith(EXTERNAL)
        }

    def bodies(self) -> list[dict[str, Any]]:
        """Return the whole `images` list."""
        return [picture.body() for picture in self.pictures]


def known_id(key: str, draft: ListingDraft) -> int | None:
    """Return the shop's id of a picture, when it is known."""
    text = key.removeprefix(EXTERNAL) if key.startswith(EXTERNAL) else draft.image_ids.get(key, "")
    return int(text) if text.isdigit() else None


def gallery(draft: ListingDraft, row: Mapping[str, Any] | None) -> Gallery:
    """Compare the pictures of a draft with what the product shows."""
    images = [image for image in as_list((row or {}).get("images")) or () if image.get("id")]
    shown = [(int(image["id"]), str(image.get("alt") or "")) for image in images]
    pictures: dict[str, Picture] = {}
    missing = []
    for image in draft.values.get("images") or ():
        key = str(image["key"])
        picture = Picture(key, image.get("alt"), known_id(key, draft), draft.image_sources.get(key))
        if picture.id is None and picture.src is None:
            missing.append(
                Problem(
                    "A picture has no address the shop could fetch it from.", "images", "no_source"
                )
            )
            continue
        pictures.setdefault(key, picture)
    found = list(pictures.values())
    _recognise(found, images)
    return Gallery(found, shown, missing)


def _recognise(pictures: Sequence[Picture], images: Sequence[Mapping[str, Any]]) -> None:
    taken = {picture.id for picture in pictures}
    for picture in pictures:
        if picture.id is not None or picture.src is None:
            continue
        for image in images:
            shown = int(image["id"])
            if shown not in taken and is_same_file(picture.src, str(image.get("src") or "")):
                picture.id = shown
                taken.add(shown)
                break


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


def upload(client: Client, product_id: str, wanted: Gallery) -> dict[str, Any] | None:
    """Make a product show its pictures, new ones in small steps; returns its last answer."""
    answer: dict[str, Any] | None = None
    while not wanted.is_shown:
        few = wanted.new[: schema.NEW_IMAGES_PER_REQUEST]
        batch = [p for p in wanted.pictures if p.id is not None or p in few]
        answer = client.post(
            f"/products/{product_id}", {"images": [picture.body() for picture in batch]}
        )
        _learn(batch, answer)
        if not wanted.new:
            break
    return answer


def _learn(batch: Sequence[Picture], answer: Any) -> None:
    """Take the ids of new pictures from an answer, which keeps their order."""
    images = as_list(answer.get("images")) if isinstance(answer, Mapping) else None
    known = {picture.id for picture in batch}
    made: Iterator[int] = (
        int(image["id"]) for image in images or () if int(image["id"]) not in known
    )
    for picture in batch:
        if picture.id is None:
            picture.id = next(made, None)
            if picture.id is None:
                raise Unknown("The shop did not say what became of a picture.", code="no_image_id")


def replaced(wanted: Gallery, draft: ListingDraft) -> bool:
    """Send pictures again whose ids the shop no longer knows; tells whether there are any."""
    shown = {shown for shown, _ in wanted.shown}
    lost = [
        picture
        for picture in wanted.pictures
        if picture.id is not None and picture.id not in shown and picture.src is not None
    ]
    for picture in lost:
        picture.id = None
    return bool(lost)


def problem_of(error: AdapterError, field: str = "images") -> Problem:
    """Say why pictures did not go through."""
    if isinstance(error, CallRefused):
        return Problem(error.sentence, error.error.field or field, error.code)
    return Problem(error.sentence, field, error.code)


def is_lost_picture(error: AdapterError) -> bool:
    """Tell whether the shop no longer has a picture we named by id."""
    return error.code in problems.LOST_PICTURES
