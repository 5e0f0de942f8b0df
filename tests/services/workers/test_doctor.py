"""The doctor looks at everything and says what needs somebody."""

from click.testing import CliRunner
from flask import Flask

from app.core.work import unit_of_work
from app.team import service
from tests.cast import cast
from workers.commands import doctor


def test_the_doctor_tells_settings_servers_queues_and_the_audit_log(
    app: Flask, clean: None
) -> None:
    alice = cast().alice
    with unit_of_work(alice.actor) as work:
        service.record_audit(work, "test.done", "test", "", "one")

    told = CliRunner().invoke(doctor).output

    for part in ("Settings: ", "PostgreSQL: 18", "Queues: urgent", "Waiting for workers: "):
        assert part in told
    assert "Audit log: every entry fits its seal." in told
