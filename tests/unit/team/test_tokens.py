"""A signed text says what was signed, or nothing."""

import base64
import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from app.team.tokens import TokenKind, read_token, write_token

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = "s" * 40
LATER = int(NOW.timestamp()) + 60


def _read(token: str, kind: TokenKind = TokenKind.ACCESS) -> dict[str, object] | None:
    return read_token(kind, token, secret=SECRET, now=NOW)


def _write(kind: TokenKind = TokenKind.ACCESS, **claims: object) -> str:
    return write_token(kind, {"exp": LATER, **claims}, secret=SECRET)


@settings(deadline=None)
@given(name=st.text(max_size=50), scopes=st.lists(st.text(max_size=10), max_size=5))
def test_what_was_signed_is_read_again(name: str, scopes: list[str]) -> None:
    assert _read(_write(name=name, scopes=scopes)) == {
        "exp": LATER,
        "name": name,
        "scopes": scopes,
        "type": "access",
    }


def test_it_is_a_json_web_token_of_one_kind() -> None:
    header, body, _ = _write(sub="bob").split(".")

    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(base64.urlsafe_b64decode(body + "=="))["sub"] == "bob"


@settings(deadline=None)
@given(st.data())
def test_one_changed_letter_makes_it_nothing(data: st.DataObject) -> None:
    token = _write(sub="bob")
    at = data.draw(st.integers(0, len(token) - 2))  # the last letter carries spare bits
    letter = data.draw(st.sampled_from("ABCDEFGHabcdefgh0123-_."))

    changed = token[:at] + letter + token[at + 1 :]

    assert (_read(changed) is None) == (changed != token)


def test_another_kind_another_secret_or_its_end_make_it_nothing() -> None:
    token = _write(sub="bob")

    assert _read(token, TokenKind.REFRESH) is None
    assert read_token(TokenKind.ACCESS, token, secret="t" * 40, now=NOW) is None
    assert _read(_write(exp=int(NOW.timestamp()))) is None


def test_a_header_that_asks_for_no_signature_is_nothing() -> None:
    _, body, _ = _write(sub="mallory").split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")

    assert _read(f"{header}.{body}.") is None
