"""Which orders go before others: a person's word wins, else the rules of the organization."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.connections.models import Connection
from app.core.errors import Invalid, Stale
from app.core.work import Work
from app.orders import rules, rush
from app.orders.errors import NotAllowedNow
from app.orders.events import RushRulesChanged
from app.orders.models import Order, RushTable
from app.orders.rush import Facts, Look, RushRule
from app.orders.service import timeline
from app.orders.service.fetching import get_order
from app.team.service import record_audit

BATCH: Final = 500
_CHANGED: Final = "Somebody else changed these rules meanwhile. Compare them, then save again."
_NO_VALUE: Final[Mapping[Look, str]] = {
    Look.TAG: "Enter the tag.",
    Look.METHOD: "Enter a part of the method's name.",
    Look.TOTAL: "Enter an amount above zero.",
    Look.COUNTRY: "Enter two letters, such as US.",
    Look.CHANNEL: "Choose one of your channels.",
}


@dataclass(frozen=True, slots=True)
class Table:
    """The rules as they stand; version 0: nobody here ever changed them."""

    rules: tuple[RushRule, ...]
    version: int


class LookedAt(Protocol):
    """What of an order the rules look at; a row of `open_orders`, or an order."""

    tags: Any
    shipping_method: Any
    total_minor: Any
    currency: Any
    ship_country: Any
    connection_id: Any


def table_of(session: Session, organization_id: UUID) -> Table:
    """Return the rules of an organization; those everybody begins with while it has none."""
    row = session.get(RushTable, organization_id)
    if row is None:
        return Table(rush.DEFAULT, 0)
    return Table(rush.from_json(row.rules), row.version)


def channel_names(session: Session, organization_id: UUID) -> dict[str, str]:
    """Return the names of all connections, those that were left, too, by id."""
    asked = select(Connection.id, Connection.name).order_by(Connection.name, Connection.id)
    rows = session.execute(asked.where(Connection.organization_id == organization_id))
    return {str(row.id): row.name for row in rows}


def facts_of(order: LookedAt) -> Facts:
    """Return what the rules look at in an order."""
    return Facts(
        tags=tuple(str(tag) for tag in order.tags or ()),
        method=order.shipping_method or "",
        total_minor=order.total_minor or 0,
        currency=order.currency,
        country=order.ship_country or "",
        connection_id=str(order.connection_id or ""),
    )


def verdict(table: Sequence[RushRule], facts: Facts, names: Mapping[str, str]) -> tuple[bool, str]:
    """Return what the rules say of an order, and the words of the one that fits."""
    rule = rush.first_fit(table, facts)
    return (False, "") if rule is None else (True, rush.words(rule, names))


def decide(work: Work, order: Order) -> None:
    """Let the rules say whether an order is a rush order, unless a person did."""
    if order.rush_choice is not None:
        return
    table = table_of(work.session, work.organization_id).rules
    names = {}
    if any(rule.look is Look.CHANNEL for rule in table):
        names = channel_names(work.session, work.organization_id)
    order.is_rush, order.rush_by = verdict(table, facts_of(order), names)


def decide_anew(work: Work, order: Order, before: Facts) -> None:
    """Decide about an order the channel changed, if the rules look at any of that."""
    if order.state not in rules.OPEN or facts_of(order) == before:
        return
    was = bool(order.is_rush)
    decide(work, order)
    _note_turn(work, order, was=was)


def _note_turn(work: Work, order: Order, *, was: bool) -> None:
    if order.is_rush != was:
        said = f"Rush: {order.rush_by}." if order.is_rush else "No longer rush by the rules."
        timeline.note(work, order, "rush", said)


def choose_rush(
    work: Work, order_id: UUID, *, choice: bool | None, version: int | None = None
) -> None:
    """Say by hand whether an open order is a rush order; None: let the rules say it again."""
    order = get_order(work, order_id, version=version)
    if order.state not in rules.OPEN:
        raise NotAllowedNow("Only an open order goes before others, or does not.")
    if order.rush_choice is choice:
        return
    order.rush_choice = choice
    if choice is None:
        decide(work, order)
        said = "The rules say again whether it is a rush order."
    else:
        order.is_rush, order.rush_by = choice, rush.BY_HAND
        said = "Marked as rush." if choice else "Marked as not rush."
    timeline.note(work, order, "rush", said)
    work.touch("orders", f"order-{order.id}")


def change_rules(work: Work, changed: Sequence[RushRule], *, version: int) -> None:
    """Keep other rules, and have open orders looked at again; raises Invalid, or Stale."""
    names = channel_names(work.session, work.organization_id)
    check_rules(changed, names)
    before = table_of(work.session, work.organization_id)
    if tuple(changed) == before.rules and version == before.version:
        work.emit(RushRulesChanged(None))  # orders may be older than the rules
        return
    if not _is_kept(work, rush.to_json(changed), version):
        raise Stale(_CHANGED)
    record_audit(
        work,
        "orders.rush_rules",
        "organization",
        work.organization_id,
        "Changed which orders are rush orders",
        {"before": _said(before.rules, names), "after": _said(changed, names)},
    )
    work.emit(RushRulesChanged(None))


def _said(table: Sequence[RushRule], names: Mapping[str, str]) -> list[str]:
    return [rush.words(rule, names) + ("" if rule.is_on else ", off") for rule in table]


def _is_kept(work: Work, kept: list[dict[str, Any]], version: int) -> bool:
    """Write the rules if they are still the ones that were shown."""
    if version == 0:
        row = insert(RushTable).values(organization_id=work.organization_id, rules=kept, version=1)
        added = row.on_conflict_do_nothing().returning(RushTable.version)
        return work.session.scalar(added) is not None
    found = work.session.get(
        RushTable, work.organization_id, with_for_update=True, populate_existing=True
    )
    if found is None or found.version != version:
        return False
    found.rules, found.version = kept, version + 1
    return True


def check_rules(table: Sequence[RushRule], names: Mapping[str, str]) -> None:
    """Raise Invalid where a rule says nothing, or what another one says."""
    if len(table) > rush.MOST_RULES:
        raise Invalid(f"There are at most {rush.MOST_RULES} rules.")
    problems: dict[str, str] = {}
    seen = set()
    for place, rule in enumerate(table):
        if problem := _problem(rule, names):
            problems[f"value-{place}"] = problem
        elif rule.key in seen:
            problems[f"value-{place}"] = "Another rule above says the same."
        seen.add(rule.key)
    if problems:
        raise Invalid(fields=problems)


def _problem(rule: RushRule, names: Mapping[str, str]) -> str:
    is_known = {
        Look.COUNTRY: len(rule.value) == 2 and rule.value.isascii() and rule.value.isalpha(),
        Look.CHANNEL: rule.value in names,
    }
    if not rush.folded(rule.value) or not is_known.get(rule.look, True):
        return _NO_VALUE[rule.look]
    if rule.look is Look.TOTAL and rush.total_of(rule.value).minor <= 0:
        return _NO_VALUE[rule.look]
    too_long = len(rule.value) > rush.LONGEST
    return f"Use at most {rush.LONGEST} characters." if too_long else ""


def open_orders(organization_id: UUID) -> Select[Any]:
    """Return what the rules look at in open orders of which nobody said anything by hand."""
    return select(
        Order.id,
        Order.tags,
        Order.shipping_method,
        Order.total_minor,
        Order.currency,
        Order.ship_country,
        Order.connection_id,
        Order.is_rush,
        Order.rush_by,
    ).where(
        Order.organization_id == organization_id,
        Order.state.in_(sorted(state.value for state in rules.OPEN)),
        Order.rush_choice.is_(None),
    )


def reapply(work: Work, after: UUID | None) -> int:
    """Let the rules decide about the next open orders; while there are more, it is told again.

    Only those that become something else are locked and written. Returns how many were.
    """
    asked = open_orders(work.organization_id).order_by(Order.id).limit(BATCH)
    rows = work.session.execute(asked if after is None else asked.where(Order.id > after)).all()
    table = table_of(work.session, work.organization_id).rules
    names = channel_names(work.session, work.organization_id)
    turned = 0
    for row in rows:
        if verdict(table, facts_of(row), names) != (row.is_rush, row.rush_by):
            turned += _turn(work, row.id)
    if turned:
        work.touch("orders")
    if len(rows) == BATCH:
        work.emit(RushRulesChanged(rows[-1].id))
    return turned


def _turn(work: Work, order_id: UUID) -> bool:
    """Decide about an order as it stands under its lock."""
    order = get_order(work, order_id)
    if order.state not in rules.OPEN:
        return False
    was = bool(order.is_rush)
    decide(work, order)
    _note_turn(work, order, was=was)
    work.touch(f"order-{order.id}")
    return True
