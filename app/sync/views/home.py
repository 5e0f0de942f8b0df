"""The dashboard."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.catalog import queries as catalog
from app.catalog import service as catalog_service
from app.core.db import reading
from app.core.work import unit_of_work
from app.sync import queries, service
from app.sync.views.base import bp
from app.team import queries as team
from app.web.filters import plural, viewer_zone
from app.web.fragments import page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor

# What needs a person stands first, always; the rest is for each person to choose.
PARTS: Final = {
    "figures": "Figures",
    "channels": "Listings by channel",
    "activity": "Recent activity",
    "outcomes": "Outcomes of two weeks",
}
_KEPT: Final = "home.parts"


@bp.get("/")
@requires("catalog.read")
def home() -> ResponseReturnValue:
    """Show how things stand and what needs a person."""
    actor = current_actor()
    with reading(actor) as session:
        figures = queries.home(session, viewer_zone())
        steps = team.onboarding_state(session, actor.organization, actor.user_id)
        parts = _parts(session, actor.user_id)
    return page(
        "sync/home.html",
        blocks=("figures",),
        watch=["sync_runs", "conflicts", "connections"],
        home=figures,
        steps=steps,
        chart=_chart(figures.days),
        parts=parts,
        all_parts=PARTS,
    )


def _parts(session: Session, user_id: UUID | None) -> tuple[str, ...]:
    views = catalog.saved_views(session, _KEPT, user_id)
    kept = [view for view in views if view.user_id == user_id]
    return tuple(name for name in PARTS if not kept or name in kept[0].columns)


def _chart(days: Sequence[queries.Day]) -> dict[str, Any]:
    return {
        "type": "bar",
        "data": {
            "labels": [day.at.strftime("%d %b") for day in days],
            "datasets": [
                {"label": "Confirmed", "tone": "good", "data": [day.done for day in days]},
                {"label": "Failed", "tone": "bad", "data": [day.failed for day in days]},
            ],
        },
        "options": {
            "scales": {
                "x": {"stacked": True},
                "y": {"stacked": True, "title": {"text": "Items"}, "ticks": {"precision": 0}},
            }
        },
    }


@bp.post("/home/parts")
@requires("catalog.read")
def home_parts() -> ResponseReturnValue:
    """Keep which parts of the dashboard this person wants."""
    chosen = tuple(name for name in PARTS if name in request.form.getlist("parts"))
    with unit_of_work(current_actor()) as work:
        catalog_service.keep_columns(work, chosen, _KEPT)
    return then(home)


@bp.post("/sync/all")
@requires("sync.run")
def sync_all() -> ResponseReturnValue:
    """Read what changed in every channel, now."""
    with unit_of_work(current_actor()) as work:
        count = service.request_runs(work)
    said = f"Sync started on {plural(count, 'channel')}." if count else "Every channel is at it."
    toast(said, kind="info")
    return then(home)
