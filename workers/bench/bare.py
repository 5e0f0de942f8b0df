"""The limits: what a route costs that does only what cannot be left out.

Served by the same web server with the same settings as the application.
"""

import hashlib
import hmac
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from queue import LifoQueue, SimpleQueue
from typing import Any, Final

import psycopg
import redis
from flask import Flask, Response, request
from psycopg.types.json import Jsonb

app = Flask(__name__)
SECRET: Final = b"a-secret-of-thirty-two-characters"
TABLE: Final = """
CREATE TABLE bare_deliveries (
    id uuid PRIMARY KEY DEFAULT uuidv7(), event_key text UNIQUE, headers jsonb, body bytea)
"""
_INSERT: Final = "INSERT INTO bare_deliveries (event_key, headers, body) VALUES (%s, %s, %s)"
STREAM: Final = "bare-news"
MARK: Final = "<hx-partial"  # what a listener looks for
_queues: "defaultdict[int, set[SimpleQueue[str]]]" = defaultdict(set)
_reader: list[threading.Thread] = []
_idle: "LifoQueue[psycopg.Connection[Any]]" = LifoQueue()


@contextmanager
def _connection() -> Iterator["psycopg.Connection[Any]"]:
    url = os.environ["DATABASE_OWNER_URL"].replace("+psycopg", "")
    connection = psycopg.connect(url) if _idle.empty() else _idle.get()
    yield connection
    _idle.put(connection)


@app.get("/")
def home() -> str:
    """Say that it runs."""
    return "Here."


@app.post("/hook")
def receive() -> Response:
    """Verify the signature, insert one row, commit."""
    body = request.get_data(cache=False)
    digest = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(digest, request.headers.get("X-Signature", "")):
        return Response("Not signed.", 401)
    key = hashlib.sha256(body).hexdigest()
    with _connection() as connection:
        connection.execute(_INSERT, (key, Jsonb(dict(request.headers)), body))
        connection.commit()  # bare on purpose: the limit a unit of work is measured against
    return Response("Stored.", 200, mimetype="text/plain")


@app.get("/stream/<int:group>")
def stream(group: int) -> Response:
    """Stream what one reader of Redis hears for a group."""
    queue: SimpleQueue[str] = SimpleQueue()
    _queues[group].add(queue)
    if not _reader:
        _reader.append(threading.Thread(target=_read, daemon=True))
        _reader[0].start()
    return Response(_listen(group, queue), mimetype="text/event-stream")


def _listen(group: int, queue: "SimpleQueue[str]") -> Iterator[str]:
    try:
        yield ": open\n\n"
        while True:
            yield f"data: {queue.get()}\n\n"
    finally:
        _queues[group].discard(queue)


def _read() -> None:
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    at = "$"
    while True:
        found: Any = client.xread({STREAM: at}, block=1000)
        for _, entries in found or ():
            for entry_id, said in entries:
                at = entry_id.decode()
                for queue in list(_queues[int(said[b"group"])]):
                    queue.put(f"{MARK} {at}")
