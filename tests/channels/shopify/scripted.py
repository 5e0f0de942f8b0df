"""A far side that answers what a test wrote down: for answers no twin should be taught to give."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx

from app.adapters.shopify import schema
from app.adapters.shopify.client import Client, Door
from app.core.transport import Transport

BASE = "https://syncstore-dev.myshopify.com"
_OPERATION: Final = re.compile(r"(?:query|mutation) (\w+)")
Answer = httpx.Response | Callable[[httpx.Request], httpx.Response]


def says(data: Mapping[str, Any], *, status: int = 200, **headers: str) -> httpx.Response:
    """Return an answer that holds data, at a cost of nothing worth mentioning."""
    return answers({"data": data, **cost(1, 1999)}, status=status, **headers)


def answers(body: Any, *, status: int = 200, **headers: str) -> httpx.Response:
    """Return an answer of any body."""
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(
        status, json=body, headers={"x-shopify-api-version": schema.VERSION, **spelled}
    )


def cost(requested: float, available: float, rate: float = 100.0) -> dict[str, Any]:
    """Return the `extensions` of an answer."""
    return {
        "extensions": {
            "cost": {
                "requestedQueryCost": requested,
                "actualQueryCost": None,
                "throttleStatus": {
                    "maximumAvailable": 2000.0,
                    "currentlyAvailable": available,
                    "restoreRate": rate,
                },
            }
        }
    }


def fails(code: str, message: str = "No.", **more: Any) -> httpx.Response:
    """Return a top-level error inside HTTP 200."""
    return answers({"errors": [{"message": message, "extensions": {"code": code}}], **more})


def lost(_: httpx.Request) -> httpx.Response:
    """Take the request and never answer."""
    raise httpx.ReadTimeout("gone")


def unreached(_: httpx.Request) -> httpx.Response:
    """Refuse the connection."""
    raise httpx.ConnectError("nobody there")


class Desk:
    """Answers each operation by its name, in the order written down for it; the last one stays."""

    def __init__(self, **script: Sequence[Answer] | Answer) -> None:
        self._script: dict[str, list[Answer]] = {
            name: list(said) if isinstance(said, Sequence) else [said]
            for name, said in script.items()
        }
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.transport = Transport(inner=httpx.MockTransport(self._answer))
        self.client = Client(Door(BASE, "shpat_secret"), self.transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        found = _OPERATION.match(body["query"].lstrip())
        name = found.group(1) if found else ""
        self.said.append((name, body["variables"]))
        script = self._script[name]
        answer = script.pop(0) if len(script) > 1 else script[0]
        return answer(request) if callable(answer) else answer

    def of(self, name: str) -> list[dict[str, Any]]:
        """The variables of every request of an operation."""
        return [variables for each, variables in self.said if each == name]

    @property
    def names(self) -> list[str]:
        """The operations, in the order asked."""
        return [name for name, _ in self.said]


class Far:
    """Answers in the order written down; remembers what it was asked."""

    def __init__(self, *script: Answer, **wire: Any) -> None:
        self._script = list(script)
        self.requests: list[httpx.Request] = []
        self.transport = Transport(inner=httpx.MockTransport(self._answer), **wire)
        self.client = Client(Door(BASE, "shpat_secret"), self.transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._script.pop(0)
        return answer(request) if callable(answer) else answer

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The variables of every GraphQL request."""
        return [
            json.loads(each.content)["variables"] for each in self.requests if each.method == "POST"
        ]
