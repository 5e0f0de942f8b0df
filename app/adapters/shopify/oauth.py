"""Keys: the install of an app by a merchant, and the renewal of keys that expire.

The query of a visit is signed in lower-case hex over its sorted parameters; webhooks are signed
otherwise (webhooks.py). Shopify's own libraries disagree on escaping, so both joins are accepted.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from app.adapters.errors import (
    OWN_LIMIT,
    AdapterError,
    BadPayload,
    NeedsReauth,
    Refused,
    Throttled,
    Unavailable,
)
from app.adapters.port import AppKeys, Install, Query
from app.adapters.shopify import problems, schema
from app.core import clock
from app.core.rate_limit import RateLimited
from app.core.transport import AnswerLost, ForbiddenHost, NotSent, Transport, asked_to_wait

FRESH: Final = timedelta(minutes=10)  # between the 90 seconds and the day of Shopify's libraries
SKEW: Final = timedelta(minutes=5)
EARLY: Final = timedelta(minutes=5)  # a key is renewed when it has less than this left
IDLE: Final = timedelta(days=83)  # … or when its refresh key was not used for a week
DEFAULT_LIFE: Final = 3600  # seconds; Shopify sometimes leaves the figure out
_SHOP: Final = re.compile(r"\A[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com\Z")
_UNSIGNED: Final = ("hmac", "signature")
_OFFLINE: Final = "urn:shopify:params:oauth:token-type:offline-access-token"
_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_OWN: Final = "client_credentials"
_NOT_A_SHOP: Final = (
    "This is not the address of a Shopify shop. It looks like your-shop.myshopify.com; find it in"
    " Shopify under Settings → Domains."
)


def shop_domain(text: str) -> str:
    """Return the name of a shop, the key of its tenant; raises Refused."""
    if not _SHOP.match(text):
        raise Refused(_NOT_A_SHOP, code="not_a_shop")
    return text.lower()


def read_address(typed: str) -> str:
    """Return the base address of the shop a merchant typed, with or without scheme and path."""
    text = typed.strip()
    try:
        host = (urlsplit(text if "://" in text else f"https://{text}").hostname or "").lower()
    except ValueError:  # brackets, which only an address of numbers may have
        host = ""
    return f"https://{shop_domain(host if '.' in host else f'{host}.myshopify.com')}"


def _rendered(params: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Sort parameters without the signatures; repeated `ids[]` become `ids` with a JSON list."""
    plain: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    for name, value in params:
        if name in _UNSIGNED:
            continue
        if name.endswith("[]"):
            lists.setdefault(name[:-2], []).append(value)
        else:
            plain[name] = value
    plain |= {name: json.dumps(values, ensure_ascii=False) for name, values in lists.items()}
    return sorted(plain.items())


def query_digest(params: Query, secret: str, *, is_encoded: bool = False) -> str:
    """Return the signature of a query in lower-case hex, over raw or percent-encoded values."""
    spell = (lambda text: quote(text, safe="")) if is_encoded else str
    joined = "&".join(f"{spell(name)}={spell(value)}" for name, value in _rendered(params))
    return hmac.new(secret.encode(), joined.encode(), hashlib.sha256).hexdigest()


def is_signed(params: Query, secrets: Sequence[str]) -> bool:
    """Tell whether a query carries a signature by one of our secrets."""
    given = dict(params).get("hmac", "").encode()
    matches = [
        hmac.compare_digest(given, query_digest(params, secret, is_encoded=encoded).encode())
        for secret in secrets
        for encoded in (False, True)
    ]
    return bool(given) and any(matches)


def _refuse_stale(params: Query, now: datetime) -> None:
    text = dict(params).get("timestamp", "")
    sent = datetime.fromtimestamp(int(text), UTC) if _is_timestamp(text) else None
    if sent is None or not now - FRESH <= sent <= now + SKEW:
        raise Refused(
            "This link from Shopify is too old. Begin the connection again.", code="stale_link"
        )


def _is_timestamp(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 11


def read_visit(app: AppKeys, params: Query, now: datetime) -> str:
    """Prove an install link that Shopify opened; returns the base address of the shop."""
    shop = shop_domain(dict(params).get("shop", ""))
    if not is_signed(params, app.secrets):
        raise Refused(
            "This link was not made by Shopify. Open SyncStore from your Shopify admin, or type"
            " the address of your shop here.",
            code="bad_signature",
        )
    _refuse_stale(params, now)
    return f"https://{shop}"


def authorize_url(app: AppKeys, install: Install) -> str:
    """Return where the merchant agrees to our scopes; the state comes back with the code."""
    query = {
        "client_id": app.key,
        "scope": ",".join(schema.SCOPES),
        "redirect_uri": install.callback,
        "state": install.state,
    }
    return f"{install.address.rstrip('/')}{schema.AUTHORIZE_PATH}?{urlencode(query)}"


def read_callback(app: AppKeys, params: Query, install: Install | None, now: datetime) -> str:
    """Prove the way back from Shopify, in its documented order; returns the one-time code.

    `install` is what we remember under the state, and is forgotten by being read: None means that
    the state is unknown or was used before.
    """
    given = dict(params)
    if install is None or not hmac.compare_digest(
        given.get("state", "").encode(), install.state.encode()
    ):
        raise Refused(
            "This approval was not begun in this browser, or was used already. Begin the connection"
            " again.",
            code="wrong_state",
        )
    shop = shop_domain(given.get("shop", ""))
    expected = dict(_origin(install.address))
    if expected.get("shop") not in (None, shop):
        raise Refused(
            f"You began with another shop, and Shopify answered for {shop}. Begin the connection"
            " again for the shop you mean.",
            code="foreign_shop",
        )
    if not is_signed(params, app.secrets):
        raise Refused(
            "Shopify's answer was changed on its way. Begin the connection again.",
            code="bad_signature",
        )
    _refuse_stale(params, now)
    if not given.get("code"):
        raise Refused(
            "Shopify sent no code, so the connection was not approved. Begin it again.",
            code="no_code",
        )
    return given["code"]


def _origin(address: str) -> list[tuple[str, str]]:
    """Name the shop of an address, where it is one of Shopify's (a rehearsal store's is not)."""
    host = (urlsplit(address).hostname or "").lower()
    return [("shop", host)] if _SHOP.match(host) else []


def exchange(app: AppKeys, address: str, code: str, transport: Transport) -> dict[str, Any]:
    """Turn a one-time code into keys that expire."""
    return _granted(app, address, {"code": code, "expiring": "1"}, transport)


def refresh(
    app: AppKeys, address: str, credentials: Mapping[str, Any], transport: Transport
) -> dict[str, Any]:
    """Renew a key; the refresh key rotates with it. After a lost answer the old one is good."""
    token = credentials.get("refresh_token")
    if not token:
        raise NeedsReauth(_RECONNECT, code="no_refresh_token")
    sent = {"grant_type": "refresh_token", "refresh_token": str(token)}
    return _granted(app, address, sent, transport, known=credentials)


def renew(
    credentials: Mapping[str, Any], settings: Mapping[str, Any], transport: Transport
) -> Mapping[str, Any] | None:
    """Renew the keys of a connection, as its app; None: these never end."""
    app = app_of(credentials, settings)
    address = str(settings["base_url"])
    if credentials.get("is_own"):
        fresh = client_credentials(app, address, transport)
    elif credentials.get("refresh_token"):
        fresh = refresh(app, address, credentials, transport)
    else:
        return None
    return {**credentials, "client_secret": app.secret, **fresh}


def app_of(credentials: Mapping[str, Any], settings: Mapping[str, Any]) -> AppKeys:
    """Return the app that was let in: with its secrets as they are now, where these are known."""
    key, app = str(credentials.get("key") or ""), settings.get("app")
    if isinstance(app, AppKeys) and app.key == key:
        return app
    known = credentials.get("client_secrets") or [credentials.get("client_secret") or ""]
    return AppKeys(key, tuple(map(str, known)))


def client_credentials(app: AppKeys, address: str, transport: Transport) -> dict[str, Any]:
    """Take a key for a shop of the app's own organization; it lives a day and is taken anew."""
    return _granted(app, address, {"grant_type": _OWN}, transport)


def make_expiring(
    app: AppKeys, address: str, credentials: Mapping[str, Any], transport: Transport
) -> dict[str, Any]:
    """Exchange a key that never expires for keys that do; once, and for good."""
    sent = {
        "grant_type": _EXCHANGE,
        "subject_token": str(credentials["access_token"]),
        "subject_token_type": _OFFLINE,
        "requested_token_type": _OFFLINE,
        "expiring": "1",
    }
    return _granted(app, address, sent, transport, known=credentials)


_RECONNECT: Final = "Shopify's consent for this shop has ended. Connect the shop again."
_NOT_ABOUT_KEYS: Final = (402, 404, 423, 430)  # the shop is frozen, away, locked, or shy
_REFUSALS: Final[Mapping[str, tuple[type[AdapterError], str]]] = {
    "invalid_grant": (NeedsReauth, _RECONNECT),
    "invalid_subject_token": (NeedsReauth, _RECONNECT),
    "invalid_request": (
        Refused,
        "Shopify's approval has expired or was used already. Begin the connection again.",
    ),
    "invalid_client": (Refused, "Shopify does not know this app. Check its client id and secret."),
    "application_cannot_be_found": (
        Refused,
        "Shopify does not know this app. Check its client id and secret.",
    ),
    "shop_not_permitted": (
        Refused,
        "This app belongs to another organization than the shop. Install it by approval instead.",
    ),
}


def _granted(
    app: AppKeys,
    address: str,
    sent: Mapping[str, str],
    transport: Transport,
    *,
    known: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    body = {"client_id": app.key, "client_secret": app.secret, **sent}
    try:
        response = transport.send(
            "POST",
            f"{address.rstrip('/')}{schema.TOKEN_PATH}",
            json_body=body,
            headers={"Accept": "application/json"},
        )
    except ForbiddenHost as error:
        raise Refused(str(error), code="forbidden_host") from error
    except RateLimited as error:
        raise Throttled(code=OWN_LIMIT, retry_after=error.retry_after) from error
    except (NotSent, AnswerLost) as error:
        raise Unavailable(code="no_answer") from error
    if (seconds := asked_to_wait(response)) is not None:
        raise Throttled(code=str(response.status_code), retry_after=seconds)
    answer = _parsed(response.content)
    if response.status_code != 200:
        raise _refusal(response.status_code, answer)
    is_own = sent.get("grant_type") == _OWN
    return normalised(answer, known or {}, clock.now(), is_own=is_own)


def _parsed(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refusal(status: int, answer: Mapping[str, Any]) -> AdapterError:
    if status >= 500:
        return Unavailable(code=str(status))
    if status in _NOT_ABOUT_KEYS:
        return problems.of_status(status, "", is_write=False) or Unavailable(code=str(status))
    code = str(answer.get("error") or status)
    kind, sentence = _REFUSALS.get(
        code, (Refused, "Shopify did not hand out a key. Begin the connection again.")
    )
    return kind(sentence, code=code)


def normalised(
    answer: Mapping[str, Any],
    known: Mapping[str, Any],
    now: datetime,
    *,
    is_own: bool = False,
) -> dict[str, Any]:
    """Return an answer of the token address as credentials.

    A figure that is left out for a key that can be renewed is an hour. One that cannot be is used
    until it is refused: to end it by the clock would help nobody.
    """
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise BadPayload("access_token", "a key")
    again = answer.get("refresh_token") or known.get("refresh_token")
    life = _seconds(answer.get("expires_in"))
    if life is None and (again or is_own):
        life = DEFAULT_LIFE
    renewal = _seconds(answer.get("refresh_token_expires_in"))
    return {
        "access_token": token,
        "scope": str(answer.get("scope") or known.get("scope") or ""),
        "expires_at": _later(now, life),
        "refresh_token": again,
        "refresh_expires_at": _later(now, renewal) or known.get("refresh_expires_at"),
    }


def _seconds(found: Any) -> int | None:
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return int(found) if is_number and found > 0 else None


def _later(now: datetime, seconds: int | None) -> str | None:
    return None if seconds is None else (now + timedelta(seconds=seconds)).isoformat()


def is_due(credentials: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether a key should be renewed: nearly over, or its renewal idle for a week."""
    ends, renewal = (
        _moment(credentials.get(each)) for each in ("expires_at", "refresh_expires_at")
    )
    if ends is None:
        return False
    return ends - now < EARLY or (renewal is not None and renewal - now < IDLE)


def _moment(found: Any) -> datetime | None:
    if not isinstance(found, str) or not found:
        return None
    moment = datetime.fromisoformat(found)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def missing_scopes(granted: Iterable[str], wanted: Iterable[str] = schema.SCOPES) -> list[str]:
    """Return what was asked for and not agreed to; a write scope brings the read scope along."""
    have = {each.strip() for each in granted if each.strip()}
    have |= {f"read_{each.removeprefix('write_')}" for each in have if each.startswith("write_")}
    return [each for each in wanted if each not in have]
