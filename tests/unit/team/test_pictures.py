"""Pictures of people."""

import io

import pytest
from PIL import Image

from app.core.errors import Invalid
from app.team.pictures import square_picture


def test_a_picture_becomes_a_small_square_without_metadata() -> None:
    source = io.BytesIO()
    Image.new("RGB", (900, 300), "navy").save(source, "JPEG", exif=b"Exif\x00\x00secret place")

    made = square_picture(source.getvalue())

    with Image.open(io.BytesIO(made)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (256, 256))
    assert b"secret" not in made


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"GIF89a" + b"\x00" * 20])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        square_picture(content)

    assert "picture" in refused.value.fields
