"""A live stream ends with the rights it was opened with, not minutes later."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.work import unit_of_work
from app.team import service
from app.team.permissions import Role
from tests.cast import Cast, csrf, membership_of
from tests.pages.team.conftest import Browse

Listen = Callable[[FlaskClient], Iterator[bytes]]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Open the live stream of a browser."""
    opened: list[TestResponse] = []

    def begin(client: FlaskClient) -> Iterator[bytes]:
        answer = client.get("/events?watch=connections", buffered=False)
        opened.append(answer)
        assert answer.status_code == 200
        messages: Iterator[bytes] = iter(answer.response)  # type: ignore[arg-type]  # bytes
        assert next(messages).startswith(b"retry")
        return messages

    yield begin
    for answer in opened:
        answer.close()


def _ends(messages: Iterator[bytes]) -> bool:
    """Wait for the end of a stream; a stream that goes on runs into the time limit of the test."""
    return not [each for each in messages if not each.startswith(b":")]


def test_a_stream_ends_when_its_browser_signs_out(
    cast: Cast, browse: Browse, listen: Listen
) -> None:
    here = browse(cast.alice)
    token = csrf(here)
    messages = listen(here)

    here.post("/signout", data={"csrf_token": token})

    assert _ends(messages)


def test_a_stream_ends_when_its_person_is_signed_out_everywhere_else(
    cast: Cast, browse: Browse, listen: Listen
) -> None:
    here, elsewhere = browse(cast.alice), browse(cast.alice)
    messages = listen(elsewhere)

    here.post("/settings/sessions/end", data={"csrf_token": csrf(here)})

    assert _ends(messages)


def test_a_stream_ends_with_the_role_it_was_opened_with(
    cast: Cast, browse: Browse, listen: Listen
) -> None:
    bob = browse(cast.bob)
    messages = listen(bob)

    with unit_of_work(cast.alice.actor) as work:
        service.change_role(work, membership_of(cast.bob), Role.VIEWER)

    assert _ends(messages)
    listen(bob)


def test_a_stream_ends_when_its_person_is_taken_out(
    cast: Cast, browse: Browse, listen: Listen
) -> None:
    bob = browse(cast.bob)
    messages = listen(bob)

    with unit_of_work(cast.alice.actor) as work:
        service.remove_member(work, membership_of(cast.bob))

    assert _ends(messages)
