"""Programs that use the API: make a named token, see who has access, end it."""

from uuid import UUID

from flask import Response
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.team import queries, service
from app.team.forms import ApiTokenForm
from app.team.permissions import SCOPES, SENTENCES
from app.team.views.blueprint import bp, public_url
from app.web.fragments import page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor


@bp.get("/settings/api")
@requires()
def api_access() -> ResponseReturnValue:
    """Show which programs may use the API."""
    return _api_page(None)


def _api_page(form: ApiTokenForm | None, *, made: str = "", status: int = 200) -> Response:
    actor = current_actor()
    sees_all = actor.can("team.manage")
    with reading(actor) as session:
        rows = queries.grant_list(
            session, actor.organization, user_id=None if sees_all else actor.user_id
        )
    return page(
        "team/api_access.html",
        blocks=("access",),
        status=status,
        rows=rows,
        sees_all=sees_all,
        form=form or ApiTokenForm(formdata=None, data={"scopes": ["catalog.read"]}),
        scopes=[(name, SENTENCES[name]) for name in SCOPES if actor.can(name)],
        made=made,
        base_url=f"{public_url()}/api/v1",
    )


@bp.post("/settings/api/tokens")
@requires()
def api_token_create() -> ResponseReturnValue:
    """Make a named token and show it this once."""
    form = ApiTokenForm()
    if not form.validate():
        return _api_page(form, status=422)
    try:
        with unit_of_work(current_actor()) as work:
            token = service.create_api_token(
                work, name=form.name.data, days=int(form.days.data), scopes=form.scopes.data
            )
    except Invalid as refusal:
        form.refuse(refusal)
        return _api_page(form, status=422)
    response = _api_page(None, made=token)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/settings/api/<uuid:grant_id>/end")
@requires()
def api_grant_end(grant_id: UUID) -> ResponseReturnValue:
    """End the access of a program."""
    with unit_of_work(current_actor()) as work:
        service.end_grant(work, grant_id)
    toast("Access ended")
    return then(api_access)
