"""Picture files: typed by content, stripped, bounded, never a bomb."""

import io
import zlib
from contextlib import suppress
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.catalog.errors import MediaRefused
from app.catalog.pictures import MAX_SIDE, SMALL, THUMB, read_picture


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_metadata_does_not_survive_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "secret place"
    content = saved(Image.new("RGB", (40, 20), "red"), "JPEG", exif=exif)

    picture = read_picture(content)

    assert (picture.width, picture.height) == (20, 40)
    assert b"secret" not in picture.content
    assert not opened(picture.content).getexif()


def test_transparency_keeps_a_png_and_everything_else_becomes_a_jpeg() -> None:
    clear = read_picture(saved(Image.new("RGBA", (9, 9), (1, 2, 3, 100)), "PNG"))
    opaque = read_picture(saved(Image.new("RGBA", (9, 9), (1, 2, 3, 255)), "WEBP", lossless=True))
    palette = read_picture(saved(Image.new("P", (9, 9)), "GIF"))

    assert (clear.content_type, opaque.content_type) == ("image/png", "image/jpeg")
    assert palette.content_type == "image/jpeg"


def test_large_pictures_and_thumbnails_are_bounded() -> None:
    picture = read_picture(saved(Image.new("RGB", (5000, 100), "navy"), "JPEG"))

    assert picture.width == MAX_SIDE
    assert max(opened(picture.thumb).size) == THUMB
    assert max(opened(picture.small).size) == SMALL
    assert opened(picture.small).format == "WEBP"


def bomb() -> bytes:
    """A PNG of a few bytes that claims 400 million pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg onload='x()'/>", b"GIF89a", b"\xff\xd8\xff\xe0 half", b"%PDF-1.7", bomb()],
)
def test_what_is_no_picture_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(MediaRefused) as refusal:
        read_picture(content)

    assert refusal.value.sentence.endswith(".")


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]),
    at=st.integers(8, 400),
    junk=st.binary(min_size=1, max_size=12),
)
def test_a_damaged_picture_is_drawn_or_refused_and_nothing_else(
    kind: str, at: int, junk: bytes
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    sound = saved(
        Image.effect_noise((24, 24), 60), kind, **({} if kind == "GIF" else {"exif": exif})
    )
    at = min(at, len(sound) - 1)

    size = (0, 0)

    with suppress(MediaRefused):
        picture = read_picture(sound[:at] + junk + sound[at + len(junk) :])
        size = (picture.width, picture.height)

    assert max(size) <= MAX_SIDE


def test_the_same_content_is_the_same_file() -> None:
    content = saved(Image.new("RGB", (30, 30), "teal"), "PNG")

    assert read_picture(content).content == read_picture(content).content
