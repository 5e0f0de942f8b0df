"""When a connection is due: by interval or by cron fields in the organization's zone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import redis
from sqlalchemy import select, update

from app.connections import schedules, service
from app.core import clock, db, kv
from app.core.actor import SYSTEM, Actor
from app.core.schedule import Schedule
from app.core.work import unit_of_work
from app.team import service as team
from app.team.models import Organization
from tests.services.connections.conftest import Connect
from workers import queues, relay, scheduler

Advance = Callable[[timedelta], None]


def plan(actor: Actor, connection_id: UUID, **settings: object) -> dict[str, schedules.Coming]:
    """Change settings, let the schedule follow, and return what comes."""
    with unit_of_work(actor) as work:
        row = service.get_connection(work, connection_id)
        row.settings = {**row.settings, **settings}
        work.session.execute(
            update(Organization)
            .where(Organization.id == work.organization_id)
            .values(timezone="Europe/Berlin")
        )
    schedules.schedule(actor, [{"connection_id": str(connection_id)}])
    with db.reading(actor) as session:
        found = schedules.coming(session, actor.organization, connection_id)
    return {each.label: each for each in found}


def test_without_cron_fields_the_interval_counts(actor: Actor, connect: Connect) -> None:
    coming = plan(actor, connect(), poll_minutes=20)

    times = coming["Ask for changes"].times
    assert [at - clock.now() for at in times] == [timedelta(minutes=20 * n) for n in (1, 2, 3)]


def test_cron_fields_are_read_in_the_zone_of_the_organization(
    actor: Actor, connect: Connect
) -> None:
    coming = plan(actor, connect(), reconcile_cron="30 6 * * *")

    times = coming["Compare everything"].times
    assert {at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") for at in times} == {"06:30"}
    assert len(times) == 3


def test_a_task_with_cron_fields_is_due_by_them_again(
    actor: Actor, connect: Connect, advance: Advance
) -> None:
    coming = plan(actor, connect(), poll_cron="0 9 * * mon")
    first, second, _ = coming["Ask for changes"].times
    advance(first - clock.now() + timedelta(seconds=5))

    scheduler.start_due()

    with db.open_session(SYSTEM) as session:
        next_at: datetime | None = session.scalar(
            select(Schedule.next_at).where(
                Schedule.organization_id == actor.organization_id, Schedule.task == "poll"
            )
        )
    assert next_at == second
    assert second - first <= timedelta(days=7, hours=1)


def test_what_is_due_while_redis_is_away_is_started_once_it_is_back(
    actor: Actor, connect: Connect, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection_id = connect()
    plan(actor, connection_id, reconcile_cron="30 6 * * *")
    advance(timedelta(days=1, minutes=1))

    with monkeypatch.context() as away:
        away.setattr(kv._Connected, "client", redis.Redis(port=1))
        for _ in range(3):
            with pytest.raises(redis.ConnectionError):
                scheduler.start_due()
    scheduler.start_due()

    begun = [
        str(job.func_name).rpartition(".")[2]
        for lane in queues.Lane
        for job in queues.queue(lane).jobs
        if tuple(job.args) == (str(actor.organization), str(connection_id))
    ]
    assert {"poll_connection", "reconcile_connection", "check_connection"} <= set(begun)


def test_a_new_time_zone_counts_for_cron_fields_at_once(
    actor: Actor, connect: Connect, advance: Advance
) -> None:
    shop_id = connect()
    before = plan(actor, shop_id, reconcile_cron="30 6 * * *", poll_minutes=20)
    relay.deliver_here(actor)
    advance(timedelta(minutes=5))

    with unit_of_work(actor) as work:
        team.change_organization(work, {"timezone": "Asia/Tokyo"})
    relay.deliver_here(actor)

    with db.reading(actor) as session:
        after = {
            each.label: each for each in schedules.coming(session, actor.organization, shop_id)
        }
    tokyo = ZoneInfo("Asia/Tokyo")
    times = after["Compare everything"].times
    assert {at.astimezone(tokyo).strftime("%H:%M") for at in times} == {"06:30"}
    assert times[0] > clock.now()
    assert after["Ask for changes"].times == before["Ask for changes"].times


def test_other_organizations_see_nothing_of_a_schedule(actor: Actor, connect: Connect) -> None:
    shop_id = connect()
    plan(actor, shop_id)

    with db.reading(actor) as session:
        assert schedules.coming(session, db.new_id(), shop_id) == []
