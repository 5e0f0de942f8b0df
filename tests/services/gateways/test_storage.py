"""Files lie under the hash of their content, whatever they were called."""

import io
import resource
from pathlib import Path

import pytest

from app.core.errors import NotFound, TooLarge, Unavailable
from app.gateways.storage import LocalStorage, safe_suffix


@pytest.fixture
def shelf(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "media")


def _files(tmp_path: Path) -> list[Path]:
    return [each for each in tmp_path.rglob("*") if each.is_file()]


def test_what_is_kept_can_be_read_from_a_stream_or_whole(shelf: LocalStorage) -> None:
    key = shelf.keep(io.BytesIO(b"blue mug" * 500_000), folder="acme", suffix="jpg")

    assert shelf.size(key) == 4_000_000
    assert shelf.read(key) == b"blue mug" * 500_000
    with shelf.open(key) as file:
        assert file.read(8) == b"blue mug"


def test_the_same_content_is_one_file_per_owner(shelf: LocalStorage, tmp_path: Path) -> None:
    first = shelf.keep(b"mug", folder="acme", suffix="png")
    again = shelf.keep(b"mug", folder="acme", suffix="png")
    other = shelf.keep(b"mug", folder="other-shop", suffix="png")

    assert first == again != other
    assert len(_files(tmp_path)) == 2


def test_a_disk_that_takes_no_more_is_told_and_leaves_nothing(
    shelf: LocalStorage, tmp_path: Path
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(Unavailable, match="disk"):
            shelf.keep(b"mug" * 1_000, folder="acme", suffix="png")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert _files(tmp_path) == []


def test_too_large_a_stream_leaves_nothing(shelf: LocalStorage, tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        shelf.keep(io.BytesIO(b"x" * 3_000_000), folder="acme", max_bytes=2_000_000)

    assert _files(tmp_path) == []


def test_a_removed_file_is_gone_and_may_be_removed_again(shelf: LocalStorage) -> None:
    key = shelf.keep(b"mug", folder="acme")

    shelf.remove(key)
    shelf.remove(key)

    assert not shelf.exists(key)
    for use in (shelf.open, shelf.size, shelf.read):
        with pytest.raises(NotFound):
            use(key)


@pytest.mark.parametrize(
    "key", ["../secrets.json", "/etc/passwd", "acme/ab/../../x", "acme", "", "acme/ab/" + "g" * 64]
)
def test_a_key_never_leads_out_of_the_house(shelf: LocalStorage, key: str) -> None:
    assert not shelf.exists(key)
    with pytest.raises(NotFound):
        shelf.open(key)


@pytest.mark.parametrize(("folder", "suffix"), [("../up", ""), ("acme", "p/ng"), ("", "png")])
def test_an_unsafe_name_is_a_defect(shelf: LocalStorage, folder: str, suffix: str) -> None:
    with pytest.raises(ValueError, match="no safe name"):
        shelf.keep(b"mug", folder=folder, suffix=suffix)


def test_only_a_plain_suffix_survives_of_a_name() -> None:
    names = ["Mug.JPG", "a.tar.gz", "../../x.sh;rm", "noend", ".", "é.ü", "x.averylongsuffix"]

    assert [safe_suffix(name) for name in names] == ["jpg", "gz", "", "", "", "", ""]
