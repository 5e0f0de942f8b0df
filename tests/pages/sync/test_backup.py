"""Settings as a locked file: taken out by an owner, shown before they come back, all or nothing."""

import html
import io
import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.catalog.models import ImportMapping
from app.connections import service as connections
from app.connections.building import credentials_of
from app.connections.models import Connection, ConnectionState
from app.core import db
from app.core.actor import Actor, job_actor
from app.core.locked_file import lock_up, unlock
from app.core.work import unit_of_work
from app.team import service as team
from app.team.models import AuditEntry, Organization
from app.team.permissions import Role
from tests.cast import Cast, cast, csrf, enter, person
from workers.settings_file import settings

WORDS = "kettle and lamp"
KEYS = {"key": "ck_" + "1" * 40, "secret": "cs_" + "2" * 40}


@dataclass
class Place:
    """Acme with one shop, seen by its owner."""

    actor: Actor
    client: FlaskClient
    connection_id: UUID

    def post(self, what: str, **data: Any) -> TestResponse:
        token = {"csrf_token": csrf(self.client)}
        return self.client.post(f"/settings/backup/{what}", data={**token, **data})

    def take(self, **data: str) -> bytes:
        """Take the settings out."""
        answer = self.post("export", passphrase=WORDS, again=WORDS, **data)
        assert answer.status_code == 200, answer.text
        return answer.data

    def show(self, file: bytes, words: str = WORDS) -> TestResponse:
        """Let a file show what it would change."""
        return self.post("preview", passphrase=words, file=(io.BytesIO(file), "acme.backup"))

    def restore(self, shown: TestResponse) -> TestResponse:
        """Press the button of a preview."""
        return self.post("restore", sealed=sealed_of(shown))

    def row(self) -> Connection:
        """The newest connection."""
        with db.reading(self.actor) as session:
            wanted = select(Connection).order_by(Connection.id.desc()).limit(1)
            return session.scalars(wanted).one()

    def change(self, **values: Any) -> None:
        """Change the rules of the shop."""
        with unit_of_work(self.actor) as work:
            row = connections.get_connection(work, self.connection_id)
            connections.change_settings(
                work, row.id, name=row.name, settings=values, version=row.version
            )

    def zone(self, name: str = "") -> str:
        """Return the organization's time zone, after changing it when one is named."""
        with unit_of_work(self.actor) as work:
            if name:
                team.change_organization(work, {"timezone": name})
            return work.session.get_one(Organization, work.organization_id).timezone

    def map(self, **columns: str) -> None:
        """Keep which columns of a file are what."""
        with unit_of_work(self.actor) as work:
            work.session.add(
                ImportMapping(
                    organization_id=work.organization_id,
                    header_key="a" * 64,
                    name="prices.csv",
                    mapping={"columns": columns},
                )
            )

    def mappings(self) -> list[Any]:
        with db.reading(self.actor) as session:
            return list(session.scalars(select(ImportMapping.mapping)))

    def audit(self, action: str) -> list[str]:
        with db.reading(self.actor) as session:
            found = select(AuditEntry.summary).where(AuditEntry.action == action)
            return list(session.scalars(found))


def sealed_of(shown: TestResponse) -> str:
    return html.unescape(re.findall(r'name="sealed" value="([^"]+)"', shown.text)[0])


def content(file: bytes) -> Any:
    return json.loads(unlock(file, WORDS))


def locked(plain: Any) -> bytes:
    return lock_up(json.dumps(plain).encode(), WORDS)


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def acme(client: FlaskClient, people: Cast) -> Place:
    actor = job_actor(people.alice.place)
    with unit_of_work(actor) as work:
        row = connections.add_connection(
            work,
            channel="woocommerce",
            name="Acme outlet",
            address=f"https://{db.new_id().hex[-8:]}.test",
            credentials=KEYS,
            wire={},
        )
        connections.activate(work, row.id)
        row.settings = {"poll_minutes": 30}
    return Place(actor, enter(client, people.alice), row.id)


def test_a_backup_holds_rules_times_and_columns_and_no_keys(acme: Place) -> None:
    acme.map(Preis="price")

    file = acme.take()

    kept = content(file)
    assert kept["connections"][0]["settings"]["poll_minutes"] == 30
    assert kept["connections"][0]["settings"]["groups"]["price"]["direction"] == "to_channel"
    assert kept["mappings"][0]["mapping"] == {"columns": {"Preis": "price"}}
    assert KEYS["secret"] not in json.dumps(kept)
    assert acme.audit("settings.exported") == ["Took the settings out as a file, without keys."]


def test_keys_are_in_it_only_when_asked_for(acme: Place) -> None:
    kept = content(acme.take(with_keys="y"))

    assert kept["connections"][0]["credentials"] == KEYS
    assert "with the keys of its shops" in acme.audit("settings.exported")[0]


def test_what_changed_since_is_shown_and_comes_back(acme: Place) -> None:
    acme.map(Preis="price")
    file = acme.take()
    acme.change(poll_minutes=5, on_removed="follow", poll_cron="0 6 * * *")
    acme.zone("Asia/Tokyo")

    shown = acme.show(file)
    before = acme.row().settings["poll_minutes"], acme.zone()
    answer = acme.restore(shown)

    assert "2 changed, 1 unchanged" in shown.text
    assert "Restore 2 changes" in shown.text
    for label in ("Ask for changes every, in minutes", "When the shop deletes", "Time zone"):
        assert label in shown.text
    assert before == (5, "Asia/Tokyo")
    assert answer.status_code == 303
    now = acme.row().settings
    assert (now["poll_minutes"], now["on_removed"], now["poll_cron"]) == (30, "ask", "")
    assert acme.zone() == "UTC"
    assert len(acme.audit("settings.restored")) == 1


def test_a_file_of_what_is_here_changes_nothing(acme: Place) -> None:
    shown = acme.show(acme.take(with_keys="y"))

    assert "Everything here is as in the file." in shown.text
    assert "Changed</" not in shown.text


def test_a_lost_mapping_comes_back(acme: Place) -> None:
    acme.map(Preis="price")
    file = acme.take()
    with unit_of_work(acme.actor) as work:
        work.session.delete(work.session.scalars(select(ImportMapping)).one())

    shown = acme.show(file)
    acme.restore(shown)

    assert "1 new" in shown.text
    assert "“Preis”" in shown.text
    assert acme.mappings() == [{"columns": {"Preis": "price"}}]


def test_a_shop_that_was_disconnected_comes_back_with_its_keys_and_waits(acme: Place) -> None:
    file = acme.take(with_keys="y")
    with unit_of_work(acme.actor) as work:
        connections.close_connection(work, acme.connection_id)

    acme.restore(acme.show(file))

    made = acme.row()
    assert made.id != acme.connection_id
    assert made.state == ConnectionState.PENDING
    assert credentials_of(made) == KEYS
    assert made.settings["poll_minutes"] == 30


def test_without_its_keys_such_a_shop_is_left_out_and_said_so(acme: Place) -> None:
    file = acme.take()
    with unit_of_work(acme.actor) as work:
        connections.close_connection(work, acme.connection_id)

    shown = acme.show(file)

    assert "1 left out" in shown.text
    assert "Connect this shop first: the file has no keys of it." in shown.text
    assert "Everything here is as in the file." in shown.text


def test_keys_in_use_stay_and_refused_ones_are_replaced(acme: Place) -> None:
    file = acme.take(with_keys="y")
    newer = {"key": "ck_" + "7" * 40, "secret": "cs_" + "8" * 40}
    with unit_of_work(acme.actor) as work:
        connections.replace_credentials(work, acme.connection_id, newer)
    unused = acme.show(file)
    with unit_of_work(acme.actor) as work:
        row = connections.get_connection(work, acme.connection_id)
        connections.set_state(work, row, ConnectionState.ERROR)

    acme.restore(acme.show(file))

    assert "Everything here is as in the file." in unused.text
    assert credentials_of(acme.row()) == KEYS


def test_nothing_is_restored_once_the_settings_here_moved(acme: Place) -> None:
    file = acme.take()
    acme.change(poll_minutes=5)
    shown = acme.show(file)
    acme.change(buffer=3)

    answer = acme.restore(shown)

    assert answer.status_code == 409
    assert "The settings here changed since you looked" in answer.text
    assert "Stock held back" in answer.text
    assert acme.row().settings["poll_minutes"] == 5
    assert acme.restore(answer).status_code == 303
    assert acme.row().settings["buffer"] == 0


def test_nothing_is_half_restored(acme: Place) -> None:
    kept = content(acme.take(with_keys="y"))
    kept["organization"]["timezone"] = "Asia/Tokyo"
    kept["connections"][0]["address"] = "ftp://nowhere"

    answer = acme.restore(acme.show(locked(kept)))

    assert answer.status_code == 422
    assert acme.zone() == "UTC"
    assert acme.audit("settings.restored") == []


def refused(answer: TestResponse) -> str:
    assert answer.status_code == 422
    return html.unescape(answer.text)


def test_each_wrong_file_is_refused_with_its_own_sentence(
    app: Flask, acme: Place, people: Cast
) -> None:
    file = acme.take()
    damaged = file[:-1] + bytes([file[-1] ^ 1])
    later = file[:17] + b"\x07" + file[18:]
    odd = content(file)
    odd["connections"][0]["settings"]["poll_minutes"] = "often"
    mallory = Place(
        job_actor(people.mallory.place), enter(app.test_client(), people.mallory), db.new_id()
    )

    sentences = {
        "This passphrase does not open the file.": acme.show(file, "kettle and lamps"),
        "This file is damaged. Take another copy of it.": acme.show(damaged),
        "This file has version 7": acme.show(later),
        "This is not a file that SyncStore made.": acme.show(b"Handle,Title\n"),
        "settings that SyncStore does not know": acme.show(locked(odd)),
        "This file holds the settings of another organization": mallory.show(file),
    }

    assert {said: said in refused(answer) for said, answer in sentences.items()} == dict.fromkeys(
        sentences, True
    )


@pytest.mark.parametrize("sealed", ["", "§", "AAAA", "A" * 400])
def test_a_preview_nobody_was_shown_restores_nothing(acme: Place, sealed: str) -> None:
    assert "Choose the file again." in refused(acme.post("restore", sealed=sealed))


def test_a_preview_is_for_whom_it_was_shown(app: Flask, acme: Place, people: Cast) -> None:
    file = acme.take()
    acme.change(poll_minutes=5)
    shown = acme.show(file)
    dora = person("Dora", Role.OWNER, organization_id=people.alice.place)
    hers = Place(acme.actor, enter(app.test_client(), dora), acme.connection_id)

    assert "Choose the file again." in refused(hers.restore(shown))
    assert acme.row().settings["poll_minutes"] == 5


def test_passphrases_that_differ_or_are_short_take_nothing(acme: Place) -> None:
    differing = acme.post("export", passphrase=WORDS, again="another one")
    short = acme.post("export", passphrase="short", again="short")

    assert "Both have to be the same." in refused(differing)
    assert "Use 12 to 200 characters." in refused(short)
    assert acme.audit("settings.exported") == []


def test_only_owners_take_and_restore_settings(app: Flask, acme: Place, people: Cast) -> None:
    admin = person("Dora", Role.ADMIN, organization_id=people.alice.place)
    hers = Place(acme.actor, enter(app.test_client(), admin), acme.connection_id)

    answers = [
        hers.client.get("/settings/backup").status_code,
        hers.post("export", passphrase=WORDS, again=WORDS).status_code,
        hers.show(b"").status_code,
        hers.post("restore", sealed="").status_code,
    ]

    assert answers == [403] * 4
    assert "Backup</a>" not in hers.client.get("/settings").text
    assert "/settings/backup" in acme.client.get("/settings").text


def test_commands_take_show_and_restore(app: Flask, acme: Place, tmp_path: Any) -> None:
    file, org = str(tmp_path / "acme.backup"), str(acme.actor.organization)

    def run(*args: str, words: str = WORDS) -> Result:
        with app.app_context():
            return CliRunner().invoke(settings, [*args, "--org", org], input=f"{words}\n")

    taken = run("export", file)
    acme.change(poll_minutes=5)
    wrong = run("import", file, words="kettle and lamps")
    shown = run("import", file)
    before = acme.row().settings["poll_minutes"]
    restored = run("import", file, "--apply")

    assert f"Wrote {file}, with 1 connection in it." in taken.output
    assert "This passphrase does not open the file." in wrong.output
    assert "Ask for changes every, in minutes: 5 → 30" in shown.output
    assert "Nothing was changed." in shown.output
    assert before == 5
    assert "Restored 1 change." in restored.output
    assert acme.row().settings["poll_minutes"] == 30
