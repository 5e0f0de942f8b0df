"""Picture files: recognised by content, decoded with bounds, written anew without what they hid."""

import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from app.catalog.errors import MediaRefused

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
MAX_SIDE: Final = 4096
THUMB: Final = 320
SMALL: Final = 80
_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP")
# What decoding a damaged or hostile file may end in; Pillow promises no single kind of error.
BROKEN: Final = (
    UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning,
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError,
    AttributeError, struct.error, zlib.error, MemoryError,
)  # fmt: skip
_OPAQUE: Final = ("RGB", "L")
SUFFIXES: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be kept: the file as JPEG or PNG and two thumbnails as WebP."""

    content: bytes
    content_type: str
    width: int
    height: int
    thumb: bytes
    small: bytes

    @property
    def suffix(self) -> str:
        """The ending of the file's name."""
        return SUFFIXES[self.content_type]


def read_picture(content: bytes) -> Picture:
    """Decode and write a picture anew; raises MediaRefused. Metadata and animations are dropped."""
    if len(content) > MAX_BYTES:
        raise MediaRefused(f"A picture may have up to {MAX_BYTES // (1024 * 1024)} MB.")
    if not content:
        raise MediaRefused("This file is empty.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about notes of cameras, which are dropped anyway
        image = _decode(content)
    is_opaque = image.mode in _OPAQUE
    if not is_opaque and image.mode != "RGBA":
        image = image.convert("RGBA")
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image, is_opaque = image.convert("RGB"), True
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    kind = "JPEG" if is_opaque else "PNG"
    return Picture(
        content=_encode(image, kind),
        content_type="image/jpeg" if is_opaque else "image/png",
        width=image.width,
        height=image.height,
        thumb=_thumbnail(image, THUMB),
        small=_thumbnail(image, SMALL),
    )


def _decode(content: bytes) -> Image.Image:
    try:
        opened = Image.open(BytesIO(content), formats=_FORMATS)
    except BROKEN as error:
        raise MediaRefused("This is not a JPEG, PNG, GIF or WebP picture.") from error
    if opened.width * opened.height > MAX_PIXELS:
        raise MediaRefused(
            f"This picture has {opened.width} × {opened.height} pixels; 50 million are the most."
        )
    try:
        opened.load()
        turned: Image.Image = ImageOps.exif_transpose(opened)
        return turned if turned.mode in (*_OPAQUE, "RGBA") else _plain(turned)
    except BROKEN as error:
        raise MediaRefused("This picture is damaged and cannot be read.") from error


def _plain(image: Image.Image) -> Image.Image:
    has_alpha = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _encode(image: Image.Image, kind: str) -> bytes:
    target = BytesIO()
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    if kind == "JPEG":
        bare.save(target, "JPEG", quality=90, optimize=True, progressive=True)
    else:
        bare.save(target, "PNG", optimize=True)
    return target.getvalue()


def _thumbnail(image: Image.Image, side: int) -> bytes:
    copy = image.copy()
    copy.thumbnail((side, side), Image.Resampling.LANCZOS)
    target = BytesIO()
    copy.save(target, "WEBP", quality=82, method=4)
    return target.getvalue()
