"""Entry points of jobs: ids in, one service call, and a bell for whoever goes on.

Each function may run twice, late, or beside itself; what it finds undone in PostgreSQL it does.
"""

import logging
import math
import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from rq import get_current_job

from app.catalog import bulk, imports
from app.catalog import service as catalog
from app.connections import connecting
from app.core import clock, db, housekeeping
from app.core.actor import SYSTEM, Actor, job_actor
from app.core.logging import correlation_id, organization
from app.core.settings import current
from app.core.work import unit_of_work
from app.inventory import telling as inventory
from app.notices import service as notices
from app.sync import (
    inbox,
    order_telling,
    orders,
    pull,
    push,
    sample,
    service,
    stale,
    upkeep,
)
from app.team import service as team
from app.team.permissions import Role
from app.team.queries import all_organizations, member_list
from workers import queues
from workers.queues import Job, Lane

log = logging.getLogger(__name__)

PUSH: Final = Job("push_connection", Lane.PUSH, 180)
PUSH_URGENT: Final = Job("push_connection", Lane.URGENT, 180)
PULL: Final = Job("pull_connection", Lane.PULL, 180)
DELIVERIES: Final = Job("take_deliveries", Lane.URGENT)  # there may be orders among them
ORDERS: Final = Job("read_orders", Lane.URGENT, 180)
TELL: Final = Job("tell_channel", Lane.URGENT, 180)
RUN: Final = Job("read_connection", Lane.BULK, 240)
IMPORT: Final = Job("run_import", Lane.BULK, 900)
BULK: Final = Job("run_bulk_edit", Lane.BULK, 900)
MEDIA: Final = Job("fetch_media", Lane.LOW, 300)
MAIL: Final = Job("send_mail", Lane.PUSH)  # a person waits for it
POLL: Final = Job("poll_connection", Lane.PULL)
RECONCILE: Final = Job("reconcile_connection", Lane.BULK)
CHECK: Final = Job("check_connection", Lane.LOW)
STALE: Final = Job("sweep_stale", Lane.LOW)
CLEAN: Final = Job("clean", Lane.LOW, 600)
LEVELS: Final = Job("check_levels", Lane.LOW, 600)
RESERVATIONS: Final = Job("free_reservations", Lane.PUSH, 300)
TOTALS: Final = Job("sum_up_stock", Lane.LOW, 600)
DIGESTS: Final = Job("mail_digests", Lane.LOW, 600)

# What waiting_work() of the database calls a kind of work → the job that does it.
BY_WORK: Final[Mapping[str, Job]] = {
    "push": PUSH,
    "pull": PULL,
    "ordr": ORDERS,
    "tell": TELL,
    "deliveries": DELIVERIES,
    "run": RUN,
    "import": IMPORT,
    "bulk": BULK,
    "media": MEDIA,
    "mail": MAIL,
}
_FIRST_STEP: Final = 2  # looks at the clock: when a slice is to end, and whether it may begin
# Functions that several kinds of job call: whoever begins answers the bells of all of them.
_ALIKE: Final[Mapping[str, Sequence[Job]]] = {PUSH.function: (PUSH_URGENT, PUSH)}
# Tasks of the periodic table → the job that does them.
BY_TASK: Final[Mapping[str, Job]] = {
    "poll": POLL,
    "reconcile": RECONCILE,
    "check": CHECK,
    "stale": STALE,
    "clean": CLEAN,
    "levels": LEVELS,
    "reservations": RESERVATIONS,
    "totals": TOTALS,
    "digests": DIGESTS,
}


def _worker() -> str:
    """Name whoever begins now, and nobody else.

    Machines may share a name, or the beginning of a long one, and containers the numbers of their
    processes; what such a namesake holds must not be taken for one's own.
    """
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def _begin(organization_id: str) -> None:
    job = get_current_job()
    correlation_id.set((job.meta.get("correlation_id") if job else None) or (job.id if job else ""))
    organization.set(organization_id)


class Patience:
    """The clock of a slice: its time is over, after a first step, once something urgent waits.

    Else an order could wait for the whole slices of all workers.
    """

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self) -> float:
        """Return seconds, or that no time is left."""
        self._looks += 1
        is_over = self._looks > _FIRST_STEP and queues.has_waiting(Lane.URGENT)
        return math.inf if is_over else time.monotonic()


def _go_on(job: Job, slice_: Callable[..., bool], organization_id: str, subject_id: str) -> None:
    """Answer the bell, work one slice, and ring again when there is more."""
    _begin(organization_id)
    queues.answer(_ALIKE.get(job.function, [job]), organization_id, subject_id)
    actor = job_actor(UUID(organization_id))
    watch = time.monotonic if job.lane is Lane.URGENT else Patience()
    if slice_(actor, UUID(subject_id), worker=_worker(), clock=watch):
        queues.ring(job, organization_id, subject_id)


def push_connection(organization_id: str, connection_id: str) -> None:
    """Send what waits for a connection."""
    _go_on(PUSH, push.push_slice, organization_id, connection_id)


def pull_connection(organization_id: str, connection_id: str) -> None:
    """Read the items of a connection that were asked for."""
    _go_on(PULL, pull.pull_slice, organization_id, connection_id)


def read_orders(organization_id: str, connection_id: str) -> None:
    """Read orders of a connection."""
    _go_on(ORDERS, orders.order_slice, organization_id, connection_id)


def tell_channel(organization_id: str, connection_id: str) -> None:
    """Tell a channel what it is owed about its orders."""
    _go_on(TELL, order_telling.tell_slice, organization_id, connection_id)


def read_connection(organization_id: str, run_id: str) -> None:
    """Go on with a reading run."""
    _go_on(RUN, pull.run_slice, organization_id, run_id)


def take_deliveries(organization_id: str, connection_id: str) -> None:
    """Turn kept webhooks into reads."""
    _begin(organization_id)
    queues.answer([DELIVERIES], organization_id, connection_id)
    while inbox.take_deliveries(job_actor(UUID(organization_id)), UUID(connection_id)):
        queues.ring(PULL, organization_id, connection_id)
        queues.ring(ORDERS, organization_id, connection_id)


def run_import(organization_id: str, import_id: str) -> None:
    """Check or apply an import."""
    _begin(organization_id)
    queues.answer([IMPORT], organization_id, import_id)
    imports.run_import(job_actor(UUID(organization_id)), UUID(import_id))


def run_bulk_edit(organization_id: str, bulk_edit_id: str) -> None:
    """Apply a bulk edit."""
    _begin(organization_id)
    queues.answer([BULK], organization_id, bulk_edit_id)
    bulk.run_bulk_edit(job_actor(UUID(organization_id)), UUID(bulk_edit_id))


def fetch_media(organization_id: str, _subject_id: str) -> None:
    """Fetch pictures that are known by address only."""
    _begin(organization_id)
    queues.answer([MEDIA], organization_id, organization_id)
    if catalog.fetch_waiting(job_actor(UUID(organization_id))):
        queues.ring(MEDIA, organization_id, organization_id)


def send_mail(organization_id: str | None, mail_id: str) -> None:
    """Send one mail."""
    _begin(organization_id or "")
    queues.answer([MAIL], organization_id, mail_id)
    actor = job_actor(UUID(organization_id)) if organization_id else SYSTEM
    notices.send_mail(actor, UUID(mail_id))


def poll_connection(organization_id: str, connection_id: str) -> None:
    """Ask a channel what changed."""
    _begin(organization_id)
    service.poll(job_actor(UUID(organization_id)), UUID(connection_id))


def reconcile_connection(organization_id: str, connection_id: str) -> None:
    """Compare everything with a channel."""
    _begin(organization_id)
    sample.compare(job_actor(UUID(organization_id)), UUID(connection_id))


def check_connection(organization_id: str, connection_id: str) -> None:
    """Check health and webhooks of a connection."""
    _begin(organization_id)
    connecting.check_connection(job_actor(UUID(organization_id)), UUID(connection_id))


def sweep_stale(organization_id: str, connection_id: str) -> None:
    """Look after listings nobody confirmed for a day."""
    _begin(organization_id)
    stale.sweep_stale(job_actor(UUID(organization_id)), UUID(connection_id))


def clean(_organization_id: str | None, _subject_id: str | None) -> None:
    """Forget what retention allows to forget."""
    housekeeping.clean(db.engine(), now=clock.now())
    with unit_of_work(SYSTEM) as work:
        team.clear_leftovers(work)
    _in_each(lambda actor: upkeep.forget(actor, days=current().retention_days))


def check_levels(_organization_id: str | None, _subject_id: str | None) -> None:
    """Compare stock levels with their movements, and totals with levels, in every organization."""
    _in_each(_check_levels)


def _check_levels(actor: Actor) -> None:
    with db.reading(actor) as session:
        members = member_list(session, actor.organization)
    owners = [each.user_id for each in members if each.role is Role.OWNER]
    inventory.check_levels(actor, owners)
    inventory.mend_totals(actor)


def free_reservations(_organization_id: str | None, _subject_id: str | None) -> None:
    """Let go of what people kept back until now, in every organization."""
    _in_each(inventory.free_expired)


def sum_up_stock(_organization_id: str | None, _subject_id: str | None) -> None:
    """Write down what variants add up to whose stock moved, in every organization."""
    _in_each(inventory.sum_up)


def mail_digests(_organization_id: str | None, _subject_id: str | None) -> None:
    """Mail what runs low or out to those who want that once a day, where it is morning."""
    _in_each(lambda actor: inventory.mail_digests(actor, public_url=current().public_url))


def _in_each(task: Callable[[Actor], object]) -> None:
    """Do something in every organization; where it fails, the others have their turn all the same.

    The job has failed then, too, and says so at the end.
    """
    with db.reading(SYSTEM) as session:
        places = [place.id for place in all_organizations(session)]
    failures: list[Exception] = []
    for place in places:
        try:
            task(job_actor(place))
        except Exception as error:
            log.exception("Organization %s has to wait for the next time.", place)
            failures.append(error)
    if failures:
        raise ExceptionGroup("Not done in every organization.", failures)
