"""Pictures of people: whatever is uploaded becomes a small square WebP of our own making."""

import io
import struct
import warnings
import zlib
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from app.core.errors import Invalid

_SIDE: Final = 256
_MAX_PIXELS: Final = 40_000_000
# What decoding a damaged or hostile file may end in; Pillow promises no single kind of error.
_BROKEN: Final = (
    UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning,
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError,
    AttributeError, struct.error, zlib.error, MemoryError,
)  # fmt: skip
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")


def square_picture(content: bytes) -> bytes:
    """Return an uploaded picture as a 256 px square WebP without metadata; raises Invalid."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about notes of cameras, which are dropped anyway
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _square(content)
    except _BROKEN as error:
        raise Invalid(
            fields={"picture": "This is no picture we can read. Use JPEG, PNG or WebP."}
        ) from error


def _square(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        if picture.width * picture.height > _MAX_PIXELS:
            raise Invalid(fields={"picture": "This picture is larger than 40 megapixels."})
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    target = io.BytesIO()
    ImageOps.fit(upright, (_SIDE, _SIDE)).save(target, "WEBP", quality=85)
    return target.getvalue()
