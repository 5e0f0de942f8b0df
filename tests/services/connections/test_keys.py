"""Kept keys survive a turn of the key ring, and nobody gets to read them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select

from app.adapters.port import AppKeys
from app.connections import apps, keys, service, wire
from app.connections.cli import reseal_keys
from app.core import settings as process
from app.core.actor import Actor, job_actor
from app.core.crypto import CannotOpen, new_key
from app.core.db import new_id, reading
from app.core.settings import Settings, current
from app.core.work import unit_of_work
from app.team.models import AuditEntry
from app.team.permissions import Role
from tests.cast import Cast, cast, csrf, enter, person

NEWER = new_key()  # one for all tests: what one of them sealed anew the others still read
SECRET = {"key": "ck_" + "5" * 40, "secret": "cs_" + "7" * 40}


@pytest.fixture
def people(client: FlaskClient) -> Cast:
    return cast()


@pytest.fixture
def actor(people: Cast) -> Actor:
    """Acme at work, with one connection whose keys the ring of this install sealed."""
    actor = job_actor(people.alice.place)
    with unit_of_work(actor) as work:
        service.add_connection(
            work,
            channel="woocommerce",
            name="Sandbox",
            address=f"https://{new_id().hex[-8:]}.test",
            credentials=SECRET,
            wire={},
        )
    return actor


@pytest.fixture
def app_keys(actor: Actor) -> AppKeys:
    """Keys of the merchant's app, sealed before the ring is turned."""
    found = AppKeys("client-id-1", ("client-secret-1",))
    with unit_of_work(actor) as work:
        apps.keep_app(work, "shopify", found)
    return found


@pytest.fixture
def turned(settings: Settings) -> Iterator[str]:
    """A newer key at the head of the ring."""
    process.install(replace(settings, encryption_keys=(NEWER, *settings.encryption_keys)))
    yield NEWER
    process.install(settings)


def _kept(actor: Actor) -> keys.KeptKey:
    with reading(actor) as session:
        return keys.kept_keys(session)[0]


def test_the_audit_log_names_the_channel_as_people_write_it(
    actor: Actor, app_keys: AppKeys
) -> None:
    with reading(actor) as session:
        said = session.scalars(select(AuditEntry.summary).where(AuditEntry.action == "app.kept"))
        assert said.all() == ["Set the app keys for Shopify"]


def test_the_keys_of_an_app_are_sealed_anew_too(
    actor: Actor, app_keys: AppKeys, turned: str
) -> None:
    with unit_of_work(actor) as work:
        keys.reseal(work)

    process.install(replace(current(), encryption_keys=(turned,)))
    with reading(actor) as session:
        assert apps.find_app(session, actor.organization, "shopify") == app_keys


def test_after_a_turn_keys_are_old_until_they_are_sealed_anew(actor: Actor, turned: str) -> None:
    before = _kept(actor)

    with unit_of_work(actor) as work:
        first, second = keys.reseal(work), keys.reseal(work)

    process.install(replace(current(), encryption_keys=(turned,)))
    row = wire.load(actor, before.connection.id)
    opened = current().key_ring.open(
        row.credentials or b"", owner=wire.owner_of(row.organization_id, row.id)
    )
    assert (before.is_newest, before.is_readable) == (False, True)
    assert (first, second) == (1, 0)
    assert opened == SECRET
    assert _kept(actor).is_newest


def test_a_key_removed_too_early_shows_and_nothing_is_lost(
    actor: Actor, settings: Settings
) -> None:
    process.install(replace(settings, encryption_keys=(new_key(),)))
    try:
        kept = _kept(actor)
        told = CliRunner().invoke(reseal_keys)
    finally:
        process.install(settings)

    assert not kept.is_readable
    assert told.exit_code == 1
    assert "No key of ENCRYPTION_KEYS opens" in told.output
    assert _kept(actor).is_readable


def test_the_command_turns_every_organization(actor: Actor, turned: str) -> None:
    told = CliRunner().invoke(reseal_keys)

    assert told.exit_code == 0, told.output
    assert _kept(actor).is_newest


def test_a_sealed_key_copied_to_another_connection_does_not_open(actor: Actor) -> None:
    row = _kept(actor).connection

    with pytest.raises(CannotOpen):
        current().key_ring.open(
            row.credentials or b"", owner=wire.owner_of(row.organization_id, new_id())
        )


def test_the_page_shows_how_keys_are_and_never_the_keys(
    client: FlaskClient, people: Cast, actor: Actor, turned: str
) -> None:
    browser = enter(client, people.alice)

    before = browser.get("/connections/keys").text
    browser.post("/connections/keys/reseal", data={"csrf_token": csrf(browser)})
    after = browser.get("/connections/keys").text

    assert "Sandbox" in before
    assert SECRET["key"] not in before
    assert SECRET["secret"] not in before
    assert "Older key" in before
    assert "Older key" not in after


@pytest.mark.parametrize("role", list(Role))
def test_keys_are_for_who_connects_channels(
    client: FlaskClient, people: Cast, actor: Actor, role: Role
) -> None:
    browser = enter(client, person("Bob", role, organization_id=people.alice.place))
    allowed = role in (Role.OWNER, Role.ADMIN)

    page = browser.get("/connections/keys").status_code
    sent = browser.post("/connections/keys/reseal", data={"csrf_token": csrf(browser)}).status_code

    assert (page, sent) == ((200, 303) if allowed else (403, 403))


def test_mallory_sees_none_of_acmes_keys(client: FlaskClient, people: Cast, actor: Actor) -> None:
    assert "Sandbox" not in enter(client, people.mallory).get("/connections/keys").text
