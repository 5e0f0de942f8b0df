"""The pictures of one product: added, ordered, described, taken off."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.catalog.rules import MAX_IMAGES
from app.catalog.service.drafts import ProductChange, ProductState
from app.catalog.service.loading import lock_products
from app.catalog.service.media import StoredPicture, forget_unused_media, is_fetchable, keep_media
from app.catalog.service.products import change_product
from app.core.errors import Invalid, NotFound
from app.core.work import Work

Images = list[dict[str, Any]]


def attach_upload(work: Work, product_id: UUID, stored: StoredPicture) -> UUID:
    """Put a stored picture at the end of a product's pictures; returns its id."""
    media_id = keep_media(work, stored)

    def add(images: Images) -> Images:
        if any(image["key"] == str(media_id) for image in images):
            return images
        return [*images, {"key": str(media_id), "alt": None, "url": None}]

    _change(work, product_id, add)
    return media_id


def attach_urls(work: Work, product_id: UUID, urls: Sequence[str]) -> None:
    """Put pictures known by address at the end; they are fetched in the background."""
    odd = [url for url in urls if not is_fetchable(url)]
    if odd:
        raise Invalid(
            fields={"urls": f"{odd[0][:100]} is not an address of a picture (https://…)."}
        )
    _change(
        work,
        product_id,
        lambda images: [*images, *({"key": f"ext:{url}", "alt": None, "url": url} for url in urls)],
    )


def order_pictures(work: Work, product_id: UUID, media_ids: Sequence[UUID]) -> None:
    """Put pictures in this order; those that are not named stay behind them."""
    place = {str(key): at for at, key in enumerate(media_ids)}
    _change(
        work,
        product_id,
        lambda images: sorted(images, key=lambda image: place.get(image["key"], len(place))),
    )


def describe_pictures(work: Work, product_id: UUID, alts: Mapping[UUID, str]) -> None:
    """Set the texts that stand for pictures."""
    words = {str(key): text for key, text in alts.items()}
    _change(
        work,
        product_id,
        lambda images: [{**i, "alt": words.get(i["key"], i["alt"])} for i in images],
    )


def move_picture(work: Work, product_id: UUID, media_id: UUID, by: int) -> None:
    """Move a picture by some places; beyond the ends nothing happens."""

    def moved(images: Images) -> Images:
        at = _place(images, media_id)
        images.insert(max(0, min(at + by, len(images) - 1)), images.pop(at))
        return images

    _change(work, product_id, moved)


def remove_picture(work: Work, product_id: UUID, media_id: UUID) -> None:
    """Take a picture off a product; one that nothing shows any more is forgotten."""

    def without(images: Images) -> Images:
        images.pop(_place(images, media_id))
        return images

    _change(work, product_id, without, dropped=str(media_id))
    forget_unused_media(work, [media_id])


def _place(images: Images, media_id: UUID) -> int:
    keys = [image["key"] for image in images]
    if str(media_id) not in keys:
        raise NotFound
    return keys.index(str(media_id))


def _change(
    work: Work,
    product_id: UUID,
    change: Callable[[Images], Images],
    *,
    dropped: str | None = None,
) -> None:
    product: ProductState = lock_products(work, [product_id])[product_id]
    images = change([dict(image) for image in product.values["images"]])
    if len(images) > MAX_IMAGES:
        raise Invalid(f"A product takes up to {MAX_IMAGES} pictures.")
    variants = {
        key: {"image": None}
        for key, variant in product.variants.items()
        if dropped is not None and variant.values["image"] == dropped
    }
    wish = ProductChange(product_id, {"images": images}, variants)
    change_product(work, wish, origin="web")
