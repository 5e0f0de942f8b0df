"""One request and its answer: parameters in, JSON and headers out, and who may do what."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Response, current_app, g, request

from app.simulators.woocommerce import auth, php
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.resource import Asking, Page

_ARRAY_NAME = re.compile(r"^([^\[]+)\[(?:\d*)\]$")
_JSON = "application/json; charset=UTF-8"


def store_here() -> StoreCore:
    """Return the store of the running application."""
    store: StoreCore = current_app.extensions["twin"]
    return store


def is_ssl(store: StoreCore) -> bool:
    """Say whether PHP believes that this request came over TLS."""
    settings = store.settings
    if settings.is_ssl is not None:
        return settings.is_ssl
    forwarded = request.headers.get("X-Forwarded-Proto", "")
    if settings.trusts_forwarded_proto and forwarded:
        return forwarded.lower() == "https"
    return request.scheme == "https"


def authenticate() -> None:
    """Find the key behind this request; anonymous requests go on without one."""
    store = store_here()
    store.requests += 1
    g.key = None
    if request.environ.get("twin.rest_route") or "/wp-json/wc" not in request.path:
        return  # the key check only starts where the address says wp-json/wc
    authorization = request.headers.get("Authorization", "")
    sent = auth.Sent(
        method=request.environ.get("twin.method", request.method),
        effective_method=request.method,
        path=request.environ.get("twin.path", request.path),
        query=tuple(parse_qsl(request.query_string.decode(), keep_blank_values=True)),
        form=tuple(request.form.items()),
        authorization="" if store.settings.strips_authorization else authorization,
        is_ssl=is_ssl(store),
    )
    with store.change():
        g.key = auth.who(store, sent)


def permit(right: str) -> None:
    """Refuse whoever may not `view`, `create`, `edit`, `delete` or `batch` here."""
    if g.key is None:
        raise ApiError(f"woocommerce_rest_cannot_{right}", 401, f"Sorry, you cannot {right} this.")
    if g.key["role"] == "customer":
        raise ApiError(f"woocommerce_rest_cannot_{right}", 403, f"Sorry, you cannot {right} this.")


def asking() -> Asking:
    """Return who asks, and for which part of the answer."""
    key = g.key or {"role": "nobody", "user_id": 0}
    wanted = request.args.get("_fields") or ",".join(request.args.getlist("_fields[]"))
    fields = [part.strip() for part in wanted.split(",") if part.strip()]
    g.nested_fields = [part for part in fields if "." in part]
    return Asking(
        store_here(),
        role=key["role"],
        user_id=key["user_id"],
        context=request.args.get("context", "view"),
        fields={part.partition(".")[0] for part in fields} if fields else None,
    )


def query_params() -> dict[str, Any]:
    """Return the query; `a[]=1&a[]=2` and `a[0]=1` make lists."""
    found: dict[str, Any] = {}
    lists: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in request.args.items(multi=True):
        if array := _ARRAY_NAME.match(name):
            lists[array[1]].append(value)
        else:
            found[name] = value
    return found | lists


def body_params(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return body and query as one; the body wins, and of the query only known names count."""
    found = {name: value for name, value in query_params().items() if name in schema}
    if request.mimetype != "application/json":
        return found | dict(request.form)
    raw = request.get_data()
    if not raw.strip():
        return found
    body = request.get_json(silent=True)
    if body is None and raw.strip() != b"null":
        raise ApiError("rest_invalid_json", 400, "Invalid JSON body passed.")
    return found | body if isinstance(body, dict) else found


def wants_force() -> bool:
    """Say whether a delete is to be final."""
    return php.boolean(body_params({"force": None}).get("force", ""))


def answer(shown: Any, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON as PHP writes it."""
    if g.get("nested_fields"):
        shown = _trimmed(shown, g.nested_fields)
    return Response(php.dumps(shown), status, headers=dict(headers or {}), content_type=_JSON)


def answer_page(page: Page, query: Mapping[str, Any]) -> Response:
    """Answer with a page of a list and the headers that count it."""
    per_page = query.get("per_page") or max(1, page.total)
    pages = -(-page.total // per_page)
    headers = {"X-WP-Total": str(page.total), "X-WP-TotalPages": str(pages)}
    if links := _page_links(query.get("page") or 1, pages):
        headers["Link"] = links
    return answer(page.items, headers=headers)


def _page_links(number: int, pages: int) -> str:
    base = f"{store_here().settings.home_url}{request.environ.get('twin.path', request.path)}"
    others = [pair for pair in request.args.items(multi=True) if pair[0] != "page"]
    links = []
    if number > 1:
        links.append((min(number - 1, max(pages, 1)), "prev"))
    if number < pages:
        links.append((number + 1, "next"))
    return ", ".join(
        f'<{base}?{urlencode([*others, ("page", target)])}>; rel="{rel}"' for target, rel in links
    )


def _trimmed(shown: Any, nested: list[str]) -> Any:
    if isinstance(shown, list):
        return [_trimmed(entry, nested) for entry in shown]
    inner: defaultdict[str, set[str]] = defaultdict(set)
    for path in nested:
        top, _, rest = path.partition(".")
        inner[top].add(rest)
    return {
        name: _members(value, inner[name]) if name in inner else value
        for name, value in shown.items()
    }


def _members(value: Any, wanted: set[str]) -> Any:
    if isinstance(value, list):
        return [_members(entry, wanted) for entry in value]
    if isinstance(value, dict):
        return {name: member for name, member in value.items() if name in wanted}
    return value
