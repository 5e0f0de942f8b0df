"""The operator's pages: every organization of the install, and a way into each."""

from uuid import UUID

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from app.core.actor import SYSTEM
from app.core.db import reading
from app.team import queries, service
from app.team.views.blueprint import bp
from app.team.views.visitor import session_id
from app.web.fragments import page
from app.web.guards import requires
from app.web.identity import current_actor


@bp.get("/operator")
@requires("system.operate")
def operator() -> ResponseReturnValue:
    """Show every organization, and what happened outside of any."""
    with reading(SYSTEM) as session:
        rows = queries.all_organizations(session)
        events = queries.audit_list(session, None, queries.AuditFilter())
    return page("team/operator.html", blocks=("organizations",), rows=rows, events=events)


@bp.post("/operator/organizations/<uuid:organization_id>/visit")
@requires("system.operate")
def operator_visit(organization_id: UUID) -> ResponseReturnValue:
    """Enter an organization; its audit log says so."""
    service.visit_organization(current_actor(), session_id(), organization_id)
    return redirect(url_for("web.home"), 303)
