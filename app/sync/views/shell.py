"""What the sync puts into the shell: menu, counters, live bar, live rows."""

from collections.abc import Sequence
from uuid import UUID

from flask import Flask, render_template, url_for

from app.connections.queries import Card
from app.core.actor import Actor
from app.core.db import reading
from app.sync import queries
from app.sync.models import RunState
from app.sync.views.values import (
    field_label,
    is_prose,
    run_line,
    run_reasons,
    run_title,
    share_of,
    value_of,
)
from app.sync.views.versus import decided_words
from app.web.identity import Identity, current_actor
from app.web.live import announce, live
from app.web.nav import NavItem, Section, register_counters, register_nav
from app.web.slots import register_moves, register_slot


def install_shell(app: Flask) -> None:
    """Register menu entries, counters, the live bar, live rows and how values are written."""
    app.jinja_env.globals.update(
        value_of=value_of,
        decided_words=decided_words,
        field_label=field_label,
        run_reasons=run_reasons,
        run_title=run_title,
        run_line=run_line,
        is_prose=is_prose,
        share_of=share_of,
        connection_choices=connection_choices,
    )
    register_nav(
        NavItem(
            Section.SELL, "Home", "sync.home", "house", "catalog.read", order=10, is_on_phone=True
        ),
        NavItem(Section.SYNC, "Activity", "sync.run_list", "activity", "sync.read", order=10),
        NavItem(
            Section.SYNC,
            "Plans",
            "sync.plan_list",
            "list-checks",
            "sync.read",
            counter="held",
            order=20,
        ),
        NavItem(
            Section.SYNC,
            "Conflicts",
            "sync.conflict_list",
            "git-compare-arrows",
            "sync.read",
            counter="conflicts",
            order=30,
            is_on_phone=True,
        ),
        NavItem(
            Section.SYNC,
            "Errors",
            "sync.error_list",
            "circle-alert",
            "sync.read",
            counter="errors",
            order=40,
        ),
        NavItem(
            Section.SYNC,
            "Parked",
            "sync.parked_list",
            "circle-parking",
            "sync.read",
            counter="parked",
            order=50,
        ),
    )
    register_counters(_counters)
    register_slot("live_bar", _live_bar)
    for kind in (
        "sync_run",
        "sync_runs",
        "conflicts",
        "conflict",
        "listings",
        "listing",
        "delivery",
        "parked",
    ):
        announce(kind, permission="sync.read")
    register_moves("conflicts", "listings", "sync_runs", "parked", "plans")
    live("sync_run")(run_fragments)


def connection_choices(cards: Sequence[Card]) -> list[tuple[str, str]]:
    """Return connections as choices of a filter."""
    return [(str(card.row.id), card.row.name) for card in cards]


def _counters(actor: Actor) -> dict[str, int]:
    if actor.organization_id is None or not actor.can("sync.read"):
        return {}
    with reading(actor) as session:
        return queries.counters(session)


def _live_bar(identity: Identity) -> str:
    actor = current_actor()
    if identity.organization_id is None or not actor.can("sync.read"):
        return ""
    with reading(actor) as session:
        open_runs = [
            row
            for row in queries.run_page(session, limit=5).rows
            if row.is_open and row.run.state != RunState.PAUSED
        ]
    return render_template("sync/_live_bar.html", runs=open_runs)


def run_fragments(actor: Actor, ids: Sequence[str]) -> dict[str, str]:
    """Draw the rows of runs."""
    if not actor.can("sync.read"):
        return {}
    with reading(actor) as session:
        rows = queries.run_rows(session, [UUID(each) for each in ids if each])
    return {
        str(row.id): render_template(
            "sync/_run_row.html", row=row, url=url_for("sync.run_detail", run_id=row.id)
        )
        for row in rows
    }
