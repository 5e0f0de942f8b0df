"""The dashboard."""

from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.sync import queries
from app.sync.views.base import bp
from app.team import queries as team
from app.web.fragments import page
from app.web.guards import requires
from app.web.identity import current_actor


@bp.get("/")
@requires("catalog.read")
def home() -> ResponseReturnValue:
    """Show how things stand and what needs a person."""
    actor = current_actor()
    with reading(actor) as session:
        figures = queries.home(session)
        steps = team.onboarding_state(session, actor.organization, actor.user_id)
    chart = {
        "type": "bar",
        "data": {
            "labels": [day.strftime("%d %b") for day, _, _ in figures.success],
            "datasets": [
                {"label": "Confirmed", "data": [done for _, done, _ in figures.success]},
                {
                    "label": "Failed",
                    "tone": "bad",
                    "data": [failed for _, _, failed in figures.success],
                },
            ],
        },
    }
    return page(
        "sync/home.html",
        blocks=("figures",),
        watch=["sync_runs", "conflicts", "connections"],
        home=figures,
        steps=steps,
        chart=chart,
    )
