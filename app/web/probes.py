"""Probes: /healthz (the process lives), /readyz (its servers answer), /metrics (Prometheus)."""

import hmac
import logging
import time
from typing import Final

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core import db, kv
from app.core.errors import NotFound
from app.core.settings import Settings
from app.web.guards import public
from app.web.identity import current_identity

log = logging.getLogger(__name__)
probes = Blueprint("probes", __name__)

_SECONDS: Final = Histogram(
    "syncstore_request_seconds",
    "Time to answer a request.",
    ["endpoint", "method"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_ANSWERS: Final = Counter("syncstore_answers_total", "Answers by status.", ["endpoint", "status"])
_UP: Final = Gauge("syncstore_server_up", "Whether a server answers.", ["server"])
_OUTBOX: Final = Gauge("syncstore_outbox_unsent", "Facts that wait in the outbox.")
_QUEUE: Final = Gauge("syncstore_queue_length", "Jobs that wait in a lane.", ["lane"])
_SLOW_SECONDS: Final = 2.0
_UNTOLD: Final = ("static", "probes.", "hooks.")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_LANES: Final = ("urgent", "push", "pull", "bulk", "low")


@probes.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify(status="ok")


@probes.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Say whether the process can do its work: database, schema and Redis."""
    checks = {"database": _has_schema(), "redis": kv.is_up()}
    is_ready = all(checks.values())
    return jsonify(status="ok" if is_ready else "not ready", **checks), 200 if is_ready else 503


def _has_schema() -> bool:
    try:
        with db.engine().connect() as connection:
            return bool(connection.scalar(text("SELECT count(*) FROM alembic_version")))
    except SQLAlchemyError:
        return False


@probes.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """Give figures to Prometheus, with the bearer of METRICS_TOKEN, or to an operator."""
    if not _may_see_metrics():
        raise NotFound
    _measure()
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _may_see_metrics() -> bool:
    settings: Settings = current_app.config["SETTINGS"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = settings.metrics_token
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    identity = current_identity()
    return identity is not None and identity.is_operator


def _measure() -> None:
    _UP.labels("database").set(_has_schema())
    _UP.labels("redis").set(kv.is_up())
    try:
        with db.engine().connect() as connection:
            _OUTBOX.set(
                connection.scalar(
                    text("SELECT count(*) FROM outbox_messages WHERE sent_at IS NULL")
                )
                or 0
            )
        for lane in _LANES:
            _QUEUE.labels(lane).set(float(kv.client().llen(f"rq:queue:syncstore-{lane}")))
    except (SQLAlchemyError, RedisError):
        current_app.logger.warning("Some figures could not be measured.")


def _start_clock() -> None:
    g.began = time.monotonic()


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    # Anybody may make words up; each would be kept for as long as the process lives.
    method = request.method if request.method in _METHODS else "other"
    if endpoint != "web.events" and "began" in g:
        _SECONDS.labels(endpoint, method).observe(time.monotonic() - g.began)
    _ANSWERS.labels(endpoint, response.status_code).inc()
    _tell(endpoint, response)
    return response


def _tell(endpoint: str, response: Response) -> None:
    """Write the line of a request; webhooks are kept with all they say, and probes say nothing."""
    seconds = time.monotonic() - g.get("began", time.monotonic())
    is_slow = seconds > _SLOW_SECONDS and endpoint != "web.events"
    if endpoint.startswith(_UNTOLD) and not is_slow:
        return
    log.log(
        logging.WARNING if is_slow else logging.INFO,
        "%s %s",
        request.method[:20],
        request.path,
        extra={
            "endpoint": endpoint,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000),
        },
    )


def install_probes(app: Flask) -> None:
    """Register the probes and measure every request."""
    app.register_blueprint(probes)
    app.before_request(_start_clock)
    app.after_request(_count)
