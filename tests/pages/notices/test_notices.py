"""The bell, the page of notices, and the dev mailbox."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import settings as process
from app.core.settings import Settings
from app.core.work import unit_of_work
from app.gateways.mail import DevMailbox, Letter
from app.notices import service
from app.notices.views import bells
from tests.cast import Cast, Person, csrf
from tests.pages.notices.conftest import Browse


def _notify(by: Person, title: str, *, link: str = "/settings/team") -> None:
    with unit_of_work(by.actor) as work:
        service.notify(work, "team", title, link=link, user_ids=[by.user_id])


def test_the_bell_counts_what_is_new_on_every_page(cast: Cast, browse: Browse) -> None:
    _notify(cast.bob, "Dave joined as editor.")

    page = browse(cast.bob).get("/profile").text

    assert "Notices, 1 new" in page
    assert "Dave joined as editor." in page
    assert f"notices-{cast.bob.user_id}" in page


def test_reading_all_empties_the_bell(cast: Cast, browse: Browse) -> None:
    _notify(cast.bob, "Dave joined as editor.")
    browser = browse(cast.bob)

    response = browser.post("/notices/read", data={"csrf_token": csrf(browser)})

    assert response.status_code == 303
    assert "Notices, 1 new" not in browser.get("/notices").text


@pytest.mark.parametrize(
    ("link", "leads_to"), [("/settings/team", "/settings/team"), ("//other.example", "/notices")]
)
def test_opening_a_notice_leads_where_it_points_inside_the_house(
    cast: Cast, browse: Browse, link: str, leads_to: str
) -> None:
    _notify(cast.bob, "Dave joined as editor.", link=link)
    browser = browse(cast.bob)
    page = browser.get("/notices").text
    path = page.split('action="/notices/', 1)[1].split('"', 1)[0]

    response = browser.post(f"/notices/{path}", data={"csrf_token": csrf(browser)})

    assert (response.status_code, response.location) == (303, leads_to)


def test_the_stream_draws_a_bell_for_its_owner_only(app: Flask, cast: Cast) -> None:
    bob, carol = str(cast.bob.user_id), str(cast.carol.user_id)

    with app.test_request_context():
        drawn = bells(cast.bob.actor, [bob, carol])
        for_all = bells(cast.bob.actor, ["everybody", bob])

    assert list(drawn) == [bob]
    assert list(for_all) == ["everybody"]


def test_the_mailbox_shows_a_mail_with_its_link(client: FlaskClient, cast: Cast) -> None:
    letter = Letter(cast.bob.email, "Join <Acme>", "Open https://sync.example/invitations/x.y")
    DevMailbox(sender="sync@acme.example").send(letter)

    listed = client.get("/dev/mailbox", query_string={"to": cast.bob.email}).text
    path = listed.split('href="/dev/mailbox/', 1)[1].split('"', 1)[0]
    mail = client.get(f"/dev/mailbox/{path}").text

    assert "Join &lt;Acme&gt;" in listed
    assert 'href="https://sync.example/invitations/x.y"' in mail


@pytest.fixture
def with_settings(settings: Settings) -> Iterator[None]:
    yield
    process.install(settings)


@pytest.mark.usefixtures("with_settings")
@pytest.mark.parametrize(
    ("mail_url", "environment"), [("smtp://mail", "development"), (None, "production")]
)
def test_where_mail_is_real_there_is_no_mailbox(
    client: FlaskClient, settings: Settings, mail_url: str | None, environment: str
) -> None:
    process.install(replace(settings, mail_url=mail_url, environment=environment, is_demo=False))

    assert client.get("/dev/mailbox").status_code == 404
