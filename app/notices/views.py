"""The bell, the page of all notices, and the mailbox for development."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.actor import SYSTEM, Actor
from app.core.db import reading
from app.core.errors import NotFound
from app.core.settings import current
from app.core.work import unit_of_work
from app.notices import queries, service
from app.notices.rules import KINDS
from app.web.fragments import page, then
from app.web.guards import public, requires
from app.web.identity import Identity, current_actor
from app.web.live import announce, live
from app.web.paths import own_path
from app.web.slots import register_slot, register_watch
from app.web.wishes import cursors

bp = Blueprint("notices", __name__)

announce("notices", permission="notices.read")  # for the page of all notices; the bell is drawn


@bp.get("/notices")
@requires("notices.read")
def notice_list() -> ResponseReturnValue:
    """Show all notices for this person."""
    actor = current_actor()
    kind = request.args.get("kind", "")
    only_unread = request.args.get("unread") == "1"
    with reading(actor) as session:
        found = queries.notice_list(
            session,
            _person(actor),
            actor.organization,
            kind=kind if kind in KINDS else "",
            only_unread=only_unread,
            **cursors(),
        )
    return page(
        "notices/notice_list.html",
        blocks=("results",),
        page=found,
        kind=kind,
        kinds=KINDS,
        kind_choices=[(name, each.label) for name, each in KINDS.items()],
        only_unread=only_unread,
        person=_person(actor),
    )


def _person(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise NotFound
    return actor.user_id


@bp.post("/notices/<uuid:notice_id>/open")
@requires("notices.read")
def notice_open(notice_id: UUID) -> ResponseReturnValue:
    """Note that a notice was seen and go where it leads."""
    actor = current_actor()
    with unit_of_work(actor) as work:
        service.read_notice(work, notice_id)
    with reading(actor) as session:
        link = queries.link_of(session, notice_id)
    return redirect(own_path(link) or url_for("notices.notice_list"), 303)


@bp.post("/notices/read")
@requires("notices.read")
def notice_read_all() -> ResponseReturnValue:
    """Note that all notices were seen."""
    with unit_of_work(current_actor()) as work:
        service.read_every_notice(work)
    return then(notice_list)


def _draw_bell(user_id: UUID, organization_id: UUID, actor: Actor) -> str:
    with reading(actor) as session:
        return render_template(
            "notices/_bell.html",
            user_id=user_id,
            unread=queries.unread_count(session, user_id, organization_id),
            newest=queries.newest_notices(session, user_id, organization_id),
        )


def _bell(identity: Identity) -> str:
    is_here = "notices" in current_app.blueprints
    if not is_here or identity.user_id is None or identity.organization_id is None:
        return ""
    drawn = _draw_bell(identity.user_id, identity.organization_id, current_actor())
    return render_template("notices/_bell_place.html", bell=drawn)


@live("notices")
def bells(actor: Actor, ids: Sequence[str]) -> dict[str, str]:
    """Draw the bell of whoever listens, for news to this person or to everybody."""
    drawn: dict[str, str] = {}
    if actor.user_id is None or actor.organization_id is None:
        return drawn
    bell = _draw_bell(actor.user_id, actor.organization_id, actor)
    if "everybody" in ids:
        drawn["everybody"] = render_template("notices/_bell_place.html", bell=bell)
    elif str(actor.user_id) in ids:
        drawn[str(actor.user_id)] = bell
    return drawn


def _watched(identity: Identity) -> Sequence[str]:
    return (service.EVERYBODY, f"notices-{identity.user_id}")


def _check_mailbox() -> None:
    """The mailbox shows links that open accounts: nobody sees it where real mail is sent."""
    settings = current()
    if settings.mail_url or (settings.is_production and not settings.is_demo):
        raise NotFound


@bp.get("/dev/mailbox")
@public
def mailbox() -> ResponseReturnValue:
    """Show the mails that stayed in the house."""
    _check_mailbox()
    recipient = request.args.get("to", "")
    with reading(SYSTEM) as session:
        mails = queries.dev_mails(session, recipient=recipient)
    return page("notices/mailbox.html", blocks=("results",), mails=mails, recipient=recipient)


@bp.get("/dev/mailbox/<uuid:mail_id>")
@public
def mailbox_mail(mail_id: UUID) -> ResponseReturnValue:
    """Show one mail with its links."""
    _check_mailbox()
    with reading(SYSTEM) as session:
        mail = queries.get_dev_mail(session, mail_id)
    return page("notices/mailbox_mail.html", mail=mail)


def install(_app: Flask) -> None:
    """Put the bell into the shell of every page."""
    register_slot("bell", _bell)
    register_watch(_watched)
