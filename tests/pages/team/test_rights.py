"""Role × route → status; what is refused leaves no trace; Mallory finds nothing."""

import io
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.core.db import new_id, reading
from app.core.work import unit_of_work
from app.notices import service as notices
from app.notices.models import Notice
from app.team import queries, service
from app.team.permissions import Role
from tests.cast import Cast, Person, csrf, membership_of, person
from tests.pages.team.conftest import Browse
from tests.services.team.post import actions, counts

OWNER, ADMIN, MANAGER, EDITOR, VIEWER = Role
PAGES: list[tuple[str, set[Role]]] = [
    ("/settings", set(Role)),
    ("/settings/team", set(Role)),
    ("/settings/audit", {OWNER, ADMIN}),
    ("/settings/preferences", set(Role)),
    ("/settings/sessions", set(Role)),
    ("/settings/api", set(Role)),
    ("/profile", set(Role)),
    ("/notices", set(Role)),
    ("/operator", set()),
]
ACTIONS: list[tuple[str, set[Role]]] = [
    ("/settings", {OWNER, ADMIN}),
    ("/settings/team/invitations", {OWNER, ADMIN}),
    ("/settings/team/invitations/{invitation}/resend", {OWNER, ADMIN}),
    ("/settings/team/invitations/{invitation}/revoke", {OWNER, ADMIN}),
    ("/settings/team/members/{carol}/role", {OWNER, ADMIN}),
    ("/settings/team/members/{carol}/remove", {OWNER, ADMIN}),
    ("/settings/preferences/mails", set(Role)),
    ("/settings/api/tokens", set(Role)),
    ("/settings/api/{grant}/end", {OWNER, ADMIN}),
    ("/notices/read", set(Role)),
    ("/operator/organizations/{acme}/visit", set()),
]
FORM = {
    "name": "Acme",
    "currency": "EUR",
    "timezone": "UTC",
    "locale": "en_US",
    "weight_unit": "kg",
    "length_unit": "cm",
    "email": "dave@acme.example",
    "role": "editor",
    "days": "30",
    "scopes": "catalog.read",
}


@dataclass(frozen=True)
class World:
    """The cast with something of each kind to act on."""

    cast: Cast
    names: dict[str, UUID]


@pytest.fixture
def world(cast: Cast) -> World:
    with unit_of_work(cast.alice.actor) as work:
        invitation = service.invite(
            work, f"eve-{new_id().hex}@acme.example", Role.VIEWER, public_url="https://s.example"
        )
        notices.notify(work, "sync", "For Bob", user_ids=[cast.bob.user_id])
    with unit_of_work(cast.carol.actor) as work:
        service.create_api_token(work, name="Books", days=30, scopes=["catalog.read"])
    with reading(cast.bob.actor) as session:
        notice = session.scalars(select(Notice.id)).one()
    carol, acme = membership_of(cast.carol), cast.alice.place
    with reading(cast.carol.actor) as session:
        grant = queries.grant_list(session, acme)[0].grant.id
    names = {
        "invitation": invitation,
        "carol": carol,
        "acme": acme,
        "notice": notice,
        "grant": grant,
    }
    return World(cast, names)


def _send(browser: FlaskClient, path: str) -> int:
    return browser.post(path, data={"csrf_token": csrf(browser), **FORM}).status_code


def _member(cast: Cast, role: Role) -> Person:
    return person(role.capitalize(), role, organization_id=cast.alice.organization_id)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_its_pages_and_no_others(cast: Cast, browse: Browse, role: Role) -> None:
    browser = browse(_member(cast, role))

    seen = {path: browser.get(path).status_code for path, _ in PAGES}

    assert seen == {path: 200 if role in allowed else 403 for path, allowed in PAGES}


@pytest.mark.parametrize(("path", "allowed"), ACTIONS)
@pytest.mark.parametrize("role", list(Role))
def test_each_role_does_what_it_may_and_a_refusal_leaves_no_trace(
    world: World, browse: Browse, role: Role, path: str, allowed: set[Role]
) -> None:
    browser = browse(_member(world.cast, role))
    browser.get("/profile")
    before = counts(world.cast.alice)

    status = _send(browser, path.format(**world.names))

    if role in allowed:
        assert status in (200, 303)
    else:
        assert status == 403
        assert counts(world.cast.alice) == before


MALLORYS = [path for path, _ in ACTIONS if "{" in path and "operator" not in path]


@pytest.mark.parametrize(
    "path", [*MALLORYS, "/organizations/{acme}/switch", "/notices/{notice}/open"]
)
def test_mallory_finds_nothing_of_acme(world: World, browse: Browse, path: str) -> None:
    browser = browse(world.cast.mallory)
    browser.get("/profile")
    before = counts(world.cast.alice)

    status = _send(browser, path.format(**world.names))

    assert status == 404
    assert counts(world.cast.alice) == before


def test_carol_does_not_open_a_notice_for_bob(world: World, browse: Browse) -> None:
    assert _send(browse(world.cast.carol), f"/notices/{world.names['notice']}/open") == 404


def test_mallorys_audit_log_knows_nothing_of_acme(world: World, browse: Browse) -> None:
    browser = browse(world.cast.mallory)

    page = browser.get(f"/settings/audit?person={world.cast.alice.user_id}").text

    assert "Nothing like this happened" in page


def test_an_operator_sees_all_enters_one_and_is_seen(world: World, browse: Browse) -> None:
    browser = browse(person("Operator", None, is_operator=True))

    listed = browser.get("/operator")
    status = _send(browser, f"/operator/organizations/{world.names['acme']}/visit")
    page = browser.get("/settings/team")

    assert listed.status_code == 200
    assert "Other shop" in listed.text
    assert status == 303
    assert world.cast.alice.email in page.text
    assert actions(world.cast.alice)[-1] == "operator.visited"


@pytest.mark.parametrize("path", ["/", "/products", "/settings", "/search", "/events"])
def test_an_operator_outside_any_organization_is_asked_to_enter_one(
    browse: Browse, cast: Cast, path: str
) -> None:
    browser = browse(person("Operator", None, is_operator=True))

    assert browser.get(path).status_code == 403
    assert browser.get("/start").location == "/operator"


def test_a_person_without_an_organization_is_asked_to_choose_one(
    browse: Browse, cast: Cast
) -> None:
    browser = browse(person("Dave", None))

    assert browser.get("/settings/team").status_code == 403
    assert browser.get("/profile").status_code == 200
    assert browser.get("/organizations/new").status_code == 200


def test_a_refused_form_shows_its_sentences_and_keeps_nothing(world: World, browse: Browse) -> None:
    browser = browse(world.cast.alice)
    before = counts(world.cast.alice)

    response = browser.post(
        "/settings/team/invitations",
        data={"csrf_token": csrf(browser), "email": "no address", "role": "editor"},
        headers={"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#team"},
    )

    assert response.status_code == 422
    assert "Write an address like" in response.text
    assert "<html" not in response.text
    assert counts(world.cast.alice) == before


def test_a_colleague_sees_a_picture_and_a_stranger_does_not(cast: Cast, browse: Browse) -> None:
    source = io.BytesIO()
    Image.new("RGB", (40, 60), "teal").save(source, "PNG")
    alice = browse(cast.alice)
    form = {"csrf_token": csrf(alice), "name": "Alice Adams", "picture": (source, "me.png")}
    source.seek(0)

    saved = alice.post("/profile", data=form, content_type="multipart/form-data")
    path = f"/people/{cast.alice.user_id}/picture"

    assert saved.status_code == 303
    shown = browse(cast.carol).get(path)
    assert (shown.status_code, shown.mimetype) == (200, "image/webp")
    shown.close()
    assert browse(cast.mallory).get(path).status_code == 404
    with reading(cast.alice.actor) as session:
        assert queries.get_user(session, cast.alice.user_id).name == "Alice Adams"


def test_preferences_follow_the_person(cast: Cast, browse: Browse) -> None:
    browser = browse(cast.bob)
    wanted = {"theme": "dark", "density": "compact", "locale": "de_DE", "timezone": "Europe/Berlin"}

    response = browser.post("/settings/preferences", data={"csrf_token": csrf(browser), **wanted})

    assert response.status_code == 303
    assert 'class="dark compact"' in browser.get("/profile").text
    with reading(cast.bob.actor) as session:
        assert queries.get_user(session, cast.bob.user_id).preferences == wanted
