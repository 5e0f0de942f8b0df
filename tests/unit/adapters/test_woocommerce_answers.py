"""Bodies that are JSON, nearly JSON, and not JSON."""

import pytest

from app.adapters.woocommerce.answers import NotJson, read_json


def test_clean_json_is_not_called_polluted() -> None:
    assert read_json(b'\xef\xbb\xbf [{"id": 1}] ', is_tolerant=True) == ([{"id": 1}], False)


@pytest.mark.parametrize(
    "content",
    [
        b'<b>Warning</b>: Undefined array key [] in {main} on line 5\n[{"id": 1}]',
        b'PHP Notice: x\n[{"id": 1}]\n<br /><b>Deprecated</b>: {}',
    ],
)
def test_notices_of_php_are_cut_away_when_reading(content: bytes) -> None:
    assert read_json(content, is_tolerant=True) == ([{"id": 1}], True)
    with pytest.raises(NotJson):
        read_json(content, is_tolerant=False)


@pytest.mark.parametrize("content", [b"", b"<html>{</html>", b'"text"', b"12", b"[[[[["])
def test_what_holds_no_object_is_no_answer(content: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(content, is_tolerant=True)


def test_what_no_database_keeps_is_dropped_and_whole_characters_stay() -> None:
    content = rb'[{"a\u0000b": ["\ud83d\ude00 \ud83d!", {"c": "\u0000"}], "d": "\\u0000"}]'

    found, _ = read_json(content, is_tolerant=False)

    assert found == [{"ab": ["😀 �!", {"c": ""}], "d": r"\u0000"}]
