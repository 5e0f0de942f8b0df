"""GraphQL over HTTP: who asks, which version, what it costs, and the answer with its headers."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Blueprint, Response, current_app, jsonify, request
from graphql import (
    DocumentNode,
    GraphQLError,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    validate,
)

from app.simulators.shopify import cost, gql, installs, jobs
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import Quirk, StoreCore
from app.simulators.shopify.errors import Refused
from app.simulators.shopify.schema_text import load_schema
from app.simulators.shopify.settings import COMING_VERSIONS, SUPPORTED_VERSIONS

_VERSION: Final = re.compile(r"\A\d{4}-(?:01|04|07|10)\Z")
_COST_DOCS: Final = "https://shopify.dev/api/usage/rate-limits"
_BUSY: Final = "This product is currently being modified. Please try again later."

api = Blueprint("api", __name__, url_prefix="/admin")


def store_here() -> StoreCore:
    """Return the store of the running application."""
    store: StoreCore = current_app.extensions["twin"]
    return store


@dataclass
class Asked:
    """One request, as far as it has been understood."""

    store: StoreCore
    scopes: frozenset[str]
    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]
    name: str | None
    meter: cost.Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = cost.Meter(load_schema(), self.document, self.operation, self.variables)


@api.errorhandler(Refused)
def refused(error: Refused) -> Response:
    """Answer what never reaches GraphQL."""
    answer = jsonify(errors=error.errors)
    answer.status_code = error.status
    answer.headers.extend(error.headers)
    return _with_headers(answer)


@api.post("/api/<version>/graphql.json")
def graphql(version: str) -> Response:
    """Run one document."""
    store = store_here()
    store.requests += 1
    spoken = spoken_version(version)
    jobs.catch_up(store)
    with store.change():
        token = admit(store)
    body = _body()
    try:
        asked = _understood(store, frozenset(token["scopes"]), body)
    except gql.Invalid as error:
        return _with_headers(jsonify(errors=error.errors), spoken)
    except GraphQLError as error:
        return _with_headers(jsonify(errors=[_syntax(error)]), spoken)
    answer = _with_headers(jsonify(_run(asked)), spoken)
    deprecated = validate(load_schema(), asked.document, [NoDeprecatedCustomRule])
    if deprecated:
        answer.headers["X-Shopify-API-Deprecated-Reason"] = _COST_DOCS.replace("rate-limits", "")
    return answer


def spoken_version(version: str) -> str:
    """Return the version that answers: a gone one is replaced by the oldest that is left."""
    if version in (*SUPPORTED_VERSIONS, *COMING_VERSIONS):
        return version
    if not _VERSION.match(version) or version > SUPPORTED_VERSIONS[-1]:
        raise Refused(404, "Not Found")
    return SUPPORTED_VERSIONS[0]


def admit(store: StoreCore) -> dict[str, Any]:
    """Find the token of this request, or refuse it."""
    if store.settings.checks_host and request.host.lower() != store.settings.shop:
        raise Refused(404, "Not Found")
    problem = installs.condition_error(store)
    if problem is not None:
        raise problem
    return installs.find_token(store, request.headers.get("X-Shopify-Access-Token"))


def _body() -> Mapping[str, Any]:
    if request.mimetype != "application/json":
        raise Refused(406, "Not Acceptable")
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise Refused(400, {"query": "Required parameter missing or invalid"})
    if not isinstance(body.get("variables") or {}, dict):
        raise Refused(400, {"variables": "Must be a JSON object"})
    return body


def _understood(store: StoreCore, scopes: frozenset[str], body: Mapping[str, Any]) -> Asked:
    document = gql.read(body["query"])
    name = body.get("operationName")
    operation = gql.operation_of(document, name)
    return Asked(store, scopes, document, operation, body.get("variables") or {}, name)


def _syntax(error: GraphQLError) -> dict[str, Any]:
    return {**error.formatted, "extensions": {"code": "PARSE_ERROR", **(error.extensions or {})}}


def _run(asked: Asked) -> dict[str, Any]:
    store, requested = asked.store, asked.meter.requested()
    if requested > cost.MOST:
        return _too_dear(asked, requested)
    refusal = _forced(asked, requested)
    if refusal is not None:
        return refusal
    with store.change():
        if not store.bucket.take(requested, store.moment()):
            return _throttled(asked, requested)
        call = Call(store, asked.scopes)
        result = gql.run(call, asked.document, asked.variables, asked.name)
        actual = asked.meter.actual(result.data)
        store.bucket.give_back(requested - actual)
    answer: dict[str, Any] = {}
    if result.errors:
        answer["errors"] = gql.told(result.errors)
    if result.data is not None or not result.errors:
        answer["data"] = result.data
    if store.takes(Quirk.NO_COST) is None and store.settings.shows_cost:
        answer["extensions"] = _extensions(asked, requested, actual)
    return answer


def _too_dear(asked: Asked, requested: int) -> dict[str, Any]:
    message = f"Query cost is {requested}, which exceeds the single query max cost limit"
    told = {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": cost.MOST}
    told["documentation"] = _COST_DOCS
    error = {"message": f"{message} ({cost.MOST}).", "extensions": told}
    return {"errors": [error], "extensions": _extensions(asked, requested, None)}


def _throttled(asked: Asked, requested: int) -> dict[str, Any]:
    told = {"code": "THROTTLED", "documentation": _COST_DOCS}
    error = {"message": "Throttled", "extensions": told}
    return {"errors": [error], "extensions": _extensions(asked, requested, None)}


def _forced(asked: Asked, requested: int) -> dict[str, Any] | None:
    store = asked.store
    wanted = [Quirk.THROTTLED, Quirk.INTERNAL_ERROR]
    if gql.is_mutation(asked.operation):
        wanted.append(Quirk.PARALLEL)
    quirk = store.takes(*wanted)
    if quirk is None:
        return None
    if quirk is Quirk.THROTTLED:
        return _throttled(asked, requested)
    if quirk is Quirk.PARALLEL:
        code = "TOO_MANY_PARALLEL_REQUESTS_FOR_THIS_PRODUCT"
        return {"errors": [{"message": _BUSY, "extensions": {"code": code}}], "data": None}
    message = "Internal error. Looks like something went wrong on our end."
    told = {"code": "INTERNAL_SERVER_ERROR", "requestId": str(uuid.uuid4())}
    return {"errors": [{"message": message, "extensions": told}]}


def _extensions(asked: Asked, requested: int, actual: int | None) -> dict[str, Any]:
    bucket, now = asked.store.bucket, asked.store.moment()
    return {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": float(bucket.size),
                "currentlyAvailable": int(bucket.available(now)),
                "restoreRate": float(bucket.rate),
            },
        }
    }


def _with_headers(answer: Response, version: str | None = None) -> Response:
    answer.headers["X-Request-Id"] = f"{uuid.uuid4()}-{store_here().now()}"
    if version is not None:
        answer.headers["X-Shopify-API-Version"] = version
    return answer


@api.delete("/api_permissions/current.json")
def leave() -> Response:
    """Remove the app, as appUninstall does."""
    store = store_here()
    with store.change():
        admit(store)
        installs.uninstall(store)
    return Response(status=200)
