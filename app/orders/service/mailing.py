"""Mails to buyers: laid ready in the transaction that made them true, and once per event."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.connections.models import Connection
from app.core.db import new_id
from app.core.errors import Invalid, NotFound
from app.core.money import Money
from app.core.work import Work
from app.gateways.mail import Letter
from app.notices import service as notices
from app.orders import letters
from app.orders.letters import LetterKind, LetterText
from app.orders.models import BuyerLetter, LetterChannel, Order, OrderMail
from app.orders.service import personal, timeline
from app.team.models import Organization


def text_of(work: Work, kind: LetterKind) -> tuple[LetterText, bool]:
    """Return the text of this organization, and whether such mails are sent at all."""
    row = work.session.get(BuyerLetter, (work.organization_id, kind.value))
    if row is None:
        return letters.DEFAULTS[kind], True
    return LetterText(row.subject, row.body), row.is_on


def change_letter(work: Work, kind: LetterKind, text: LetterText, *, is_on: bool) -> None:
    """Keep the text of a mail; raises Invalid where it holds what means nothing."""
    problems = {}
    for name, value, longest in (
        ("subject", text.subject, letters.SUBJECT_LENGTH),
        ("body", text.body, letters.BODY_LENGTH),
    ):
        if not value.strip():
            problems[name] = "Write something."
        elif len(value) > longest:
            problems[name] = f"Use at most {longest:,} characters."
        elif unknown := letters.unknown_placeholders(kind, value):
            problems[name] = f"Nothing is known as {{{{ {unknown[0][:40]} }}}} here."
    if problems:
        raise Invalid(fields=problems)
    row = insert(BuyerLetter).values(
        organization_id=work.organization_id,
        kind=kind.value,
        subject=text.subject.strip(),
        body=text.body.strip(),
        is_on=is_on,
    )
    kept = {name: row.excluded[name] for name in ("subject", "body", "is_on")}
    asked = row.on_conflict_do_update(
        index_elements=[BuyerLetter.organization_id, BuyerLetter.kind], set_=kept
    )
    work.session.execute(asked)


def choose_channel(work: Work, connection_id: UUID, *, is_on: bool) -> None:
    """Let buyers of a channel get our mails, or not; raises NotFound."""
    row = work.session.get(Connection, connection_id)
    if row is None or row.organization_id != work.organization_id:
        raise NotFound
    work.session.execute(delete(LetterChannel).where(LetterChannel.connection_id == connection_id))
    if is_on:
        work.session.add(
            LetterChannel(organization_id=work.organization_id, connection_id=connection_id)
        )


def tell_buyer(
    work: Work,
    order: Order,
    kind: LetterKind,
    subject_id: UUID,
    values: Mapping[str, str] | None = None,
) -> bool:
    """Lay a mail ready about an event of an order, if it is wanted; tells whether one was."""
    text, is_on = text_of(work, kind)
    if not is_on or not _is_wanted(work, order):
        return False
    told = personal.unseal(work.organization_id, order.id, order.personal)
    recipient = str(told.get("email") or "").strip()
    if not recipient or order.is_test or order.erased_at is not None:
        return False
    row = insert(OrderMail).values(
        id=new_id(),
        organization_id=work.organization_id,
        order_id=order.id,
        kind=kind.value,
        subject_id=subject_id,
        at=work.now,
    )
    once = row.on_conflict_do_nothing(constraint="uq_order_mails_order_id_kind_subject_id")
    mail_id = work.session.scalar(once.returning(OrderMail.id))
    if mail_id is None:
        return False
    filling = {**_facts(work, order, told), **(values or {})}
    said = letters.filled(text.body, filling)
    subject = " ".join(letters.filled(text.subject, filling).split())
    letter = Letter(recipient, subject, said, letters.as_html(said))
    notices.request_mail(work, letter, mail_id=mail_id)
    timeline.note(work, order, "mailed", f"Mail to the buyer: {letters.WORDS[kind]}.")
    return True


def _is_wanted(work: Work, order: Order) -> bool:
    """Orders entered here are mailed about; those of a channel where somebody chose so."""
    if order.connection_id is None:
        return True
    return work.session.get(LetterChannel, order.connection_id) is not None


def _facts(work: Work, order: Order, told: Mapping[str, object]) -> dict[str, str]:
    shop = work.session.scalar(
        select(Organization.name).where(Organization.id == work.organization_id)
    )
    items = [
        f"{line.quantity} × {' '.join(part for part in (line.title, line.options) if part)}"
        for line in order.lines
        if line.quantity
    ]
    return {
        "name": personal.name_of(told),
        "number": order.external_number or order.number,
        "items": "\n".join(items),
        "total": money(order, order.total_minor),
        "shop": shop or "",
    }


def money(order: Order, minor: int) -> str:
    """Write an amount of an order for its buyer."""
    return str(Money(minor, order.currency))
