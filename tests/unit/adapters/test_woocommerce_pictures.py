"""Pictures: what is known goes by id, what was sent before is recognised by its file name."""

from typing import Any

import pytest

from app.adapters.types import ListingDraft
from app.adapters.woocommerce import pictures


@pytest.mark.parametrize(
    ("sent", "stored", "is_same"),
    [
        ("https://m.test/ab12cd34ef.jpg", "https://s.test/2026/11/ab12cd34ef.jpg", True),
        ("https://m.test/ab12cd34ef.jpg?v=2", "https://s.test/ab12cd34ef-1-scaled.jpg", True),
        ("https://m.test/ab12cd34ef.png", "https://s.test/AB12CD34EF.webp", True),
        ("https://m.test/ab12cd34ef.jpg", "https://s.test/ab12cd34ef-back.jpg", False),
        ("https://m.test/1.jpg", "https://s.test/1.jpg", False),
        ("https://m.test/front.jpg", "https://s.test/front-2.jpg", False),
    ],
)
def test_files_are_recognised_by_name(sent: str, stored: str, is_same: bool) -> None:
    assert pictures.is_same_file(sent, stored) is is_same


def _draft(*keys: str, **more: Any) -> ListingDraft:
    images = [{"key": key, "alt": None, "url": None} for key in keys]
    return ListingDraft("k", "1", {"images": images}, **more)


def test_known_pictures_in_the_same_order_need_nothing() -> None:
    draft = _draft("ext:4", "front", image_ids={"front": "5"})
    row = {"images": [{"id": 4, "alt": "Old text"}, {"id": 5, "alt": ""}]}

    assert pictures.gallery(draft, row).is_shown
    assert not pictures.gallery(_draft("front", "ext:4", image_ids={"front": "5"}), row).is_shown


def test_a_picture_sent_before_its_answer_was_lost_is_known_again() -> None:
    source = "https://m.test/ab12cd34ef.jpg"
    row = {"images": [{"id": 9, "src": "https://s.test/ab12cd34ef-1.jpg", "alt": ""}]}

    found = pictures.gallery(_draft("front", image_sources={"front": source}), row)

    assert found.is_shown
    assert found.ids == {"front": "9"}


def test_a_picture_without_id_and_address_is_a_problem() -> None:
    found = pictures.gallery(_draft("front"), None)

    assert [problem.code for problem in found.problems] == ["no_source"]
    assert not found.pictures
