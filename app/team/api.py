"""The API's door: sign in, refresh, sign out, who am I.

Programs prove themselves by a bearer token. Cookies mean nothing under /api/, so nothing there can
be forged from another site.
"""

from typing import Final

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from app.core.errors import SignInNeeded
from app.core.work import unit_of_work
from app.team import service
from app.team.bearer import current_caller
from app.team.rules import ACCESS_LIFE, EMAIL_LENGTH, NAME_LENGTH, REFRESH_LIFE, TIER
from app.web.guards import hook, requires
from app.web.identity import current_actor
from app.web.payload import json_body, text_of, texts_of

_SCHEME: Final = "Bearer"

bp = Blueprint("team_api", __name__, url_prefix="/api/v1")


@bp.post("/auth/login")
@hook
def api_sign_in() -> ResponseReturnValue:
    """Give a program its first pair of tokens for e-mail and password."""
    body = json_body()
    wanted = service.ApiSignIn(
        email=text_of(body, "email", longest=EMAIL_LENGTH),
        password=text_of(body, "password", longest=1000),
        client=text_of(body, "client", longest=NAME_LENGTH, is_needed=False),
        organization=text_of(body, "organization", longest=NAME_LENGTH, is_needed=False),
        scopes=texts_of(body, "scopes", most=50),
    )
    return _pair(service.sign_in_api(current_actor(), wanted))


@bp.post("/auth/refresh")
@hook
def api_refresh() -> ResponseReturnValue:
    """Exchange the newest refresh token for the next pair."""
    token = text_of(json_body(), "refresh_token", longest=4000)
    return _pair(service.refresh_api(current_actor(), token))


def _pair(pair: service.TokenPair) -> Response:
    response = jsonify(
        token_type=_SCHEME,
        access_token=pair.access,
        expires_in=int(ACCESS_LIFE.total_seconds()),
        refresh_token=pair.refresh,
        refresh_expires_in=int(REFRESH_LIFE.total_seconds()),
        scopes=pair.caller.scopes,
        organization={
            "id": str(pair.caller.organization_id),
            "name": pair.caller.organization_name,
        },
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/auth/logout")
@requires()
def api_sign_out() -> ResponseReturnValue:
    """End the access of the program that asks; both of its tokens stop working at once."""
    with unit_of_work(current_actor()) as work:
        service.end_grant(work, _caller().grant_id)
    return Response(status=204)


@bp.get("/auth/me")
@bp.get("/me")
@requires()
def api_me() -> ResponseReturnValue:
    """Say whom the program works for and what it may do."""
    caller = _caller()
    return jsonify(
        id=str(caller.user_id),
        email=caller.email,
        name=caller.name,
        role=caller.role,
        tier=TIER,
        scopes=caller.scopes,
        organization={"id": str(caller.organization_id), "name": caller.organization_name},
    )


def _caller() -> service.Caller:
    caller = current_caller()
    if caller is None:
        raise SignInNeeded
    return caller
