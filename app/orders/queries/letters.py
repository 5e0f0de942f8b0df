"""Mails to buyers: their texts, whose buyers get them, and what was sent about an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.queries import organization_of
from app.connections.models import Connection, ConnectionState
from app.notices.models import Mail, MailState
from app.orders import letters
from app.orders.letters import LetterKind, LetterText
from app.orders.models import BuyerLetter, LetterChannel, OrderMail


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One kind of mail with its text here."""

    kind: LetterKind
    title: str
    text: LetterText
    is_on: bool


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A connection, and whether its buyers get our mails."""

    id: UUID
    name: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail about an order, and whether it left."""

    title: str
    at: datetime
    state: MailState | None  # None: forgotten with its buyer
    problem: str


def letter_rows(session: Session) -> list[LetterRow]:
    """Return every kind of mail."""
    mine = BuyerLetter.organization_id == organization_of(session)
    kept = {row.kind: row for row in session.scalars(select(BuyerLetter).where(mine))}
    rows = []
    for kind in LetterKind:
        row = kept.get(kind.value)
        text = LetterText(row.subject, row.body) if row else letters.DEFAULTS[kind]
        rows.append(LetterRow(kind, letters.WORDS[kind], text, row.is_on if row else True))
    return rows


def letter_channels(session: Session) -> list[ChannelRow]:
    """Return the connections of this organization that are not left."""
    rows = session.execute(
        select(Connection.id, Connection.name, LetterChannel.connection_id)
        .outerjoin(LetterChannel, LetterChannel.connection_id == Connection.id)
        .where(
            Connection.organization_id == organization_of(session),
            Connection.state != ConnectionState.DISCONNECTED,
        )
        .order_by(Connection.name, Connection.id)
    )
    return [ChannelRow(row[0], row[1], row[2] is not None) for row in rows]


def mail_rows(session: Session, order_id: UUID) -> Sequence[MailRow]:
    """Return what was mailed about an order, the oldest first."""
    rows = session.execute(
        select(OrderMail.kind, OrderMail.at, Mail.state, Mail.problem)
        .outerjoin(Mail, Mail.id == OrderMail.id)
        .where(OrderMail.order_id == order_id)
        .order_by(OrderMail.at, OrderMail.id)
    )
    return [MailRow(letters.WORDS[kind], at, state, why or "") for kind, at, state, why in rows]
