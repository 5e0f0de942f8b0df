"""Keys, and how a request proves that it has one."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.storage import Row

_OAUTH: Final = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)
_METHODS: Final = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
_WINDOW: Final = 15 * 60
_READING: Final = {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Key:
    """A key at the moment it is made: the only time its secret can be seen."""

    id: int
    consumer_key: str
    consumer_secret: str
    permissions: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What authentication looks at in a request."""

    method: str  # on the wire: this one is signed
    effective_method: str  # after `_method`: this one needs the permission
    path: str  # from the store's home on
    query: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...]
    authorization: str
    is_ssl: bool


def new_key(
    store: StoreCore,
    *,
    permissions: str = "read_write",
    description: str = "",
    role: str = "administrator",
    pair: tuple[str, str] | None = None,
) -> Key:
    """Make a key; the store keeps a hash of the public half and its last seven characters."""
    consumer_key, consumer_secret = pair or (
        f"ck_{secrets.token_hex(20)}",
        f"cs_{secrets.token_hex(20)}",
    )
    row: Row = {
        "id": store.take_id("keys"),
        "digest": _digest(consumer_key),
        "last": consumer_key[-7:],
        "secret": consumer_secret,
        "permissions": permissions,
        "description": description,
        "role": role,
        "user_id": 1,
    }
    store.keys.put(row)
    return Key(row["id"], consumer_key, consumer_secret, permissions)


def _digest(consumer_key: str) -> str:
    return hashlib.sha256(consumer_key.encode()).hexdigest()


def _find(store: StoreCore, consumer_key: str) -> Row | None:
    digest = _digest(consumer_key)
    return next((row for row in store.keys.rows.values() if row["digest"] == digest), None)


def who(store: StoreCore, sent: Sent) -> Row | None:
    """Return the key a request proves, or None for an anonymous one; a wrong proof is refused."""
    key = _by_secret(store, sent) if sent.is_ssl else None
    if key is None:
        key = _by_oauth(store, sent)
    if key is not None:
        _refuse_beyond(key, sent.effective_method)
    return key


def _refuse_beyond(key: Row, method: str) -> None:
    wanted = "read" if method in _READING else "write"
    if method != "OPTIONS" and wanted not in key["permissions"]:
        raise _refusal(f"The API key provided does not have {wanted} permissions.")


def _refusal(message: str) -> ApiError:
    return ApiError("woocommerce_rest_authentication_error", 401, message)


def _by_secret(store: StoreCore, sent: Sent) -> Row | None:
    query = dict(sent.query)
    pair = (query.get("consumer_key", ""), query.get("consumer_secret", ""))
    if not all(pair):
        pair = _basic(sent.authorization)
    if not all(pair):
        return None
    key = _find(store, pair[0])
    if key is not None and not hmac.compare_digest(key["secret"].encode(), pair[1].encode()):
        raise _refusal("Consumer secret is invalid.")
    return key


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(token).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _by_oauth(store: StoreCore, sent: Sent) -> Row | None:
    params = dict((*sent.query, *sent.form)) | _header_params(sent.authorization)
    missing = [name for name in _OAUTH if not params.get(name)]
    if len(missing) == len(_OAUTH):
        return None
    if missing:
        code = "woocommerce_rest_authentication_missing_parameter"
        raise ApiError(code, 401, f"Missing OAuth parameter {', '.join(missing)}")
    key = _find(store, params["oauth_consumer_key"])
    if key is None:
        raise _refusal("Consumer key is invalid.")
    _check_signature(store, key, params, sent)
    _check_freshness(store, key, params)
    return key


def _header_params(authorization: str) -> dict[str, str]:
    if not authorization.lower().startswith("oauth "):
        return {}
    pairs = re.findall(r'(oauth_[a-z_]+)="([^"]*)"', authorization)
    return {name: unquote(value) for name, value in pairs}


def _check_signature(store: StoreCore, key: Row, params: Mapping[str, str], sent: Sent) -> None:
    scheme = "https" if sent.is_ssl else "http"
    url = f"{scheme}://{store.settings.home_url.partition('://')[2]}{sent.path}"
    method = params["oauth_signature_method"]
    if method not in _METHODS:
        raise _refusal("Invalid signature - signature method is invalid.")
    signed = [(name, value) for name, value in params.items() if name != "oauth_signature"]
    expected = sign(base_string(sent.method, url, signed), key["secret"], method)
    if not hmac.compare_digest(expected.encode(), params["oauth_signature"].encode()):
        raise _refusal("Invalid signature - provided signature does not match.")


def base_string(method: str, url: str, params: Iterable[tuple[str, str]]) -> str:
    """Build the OAuth 1.0a base string: pairs encoded, sorted, joined and encoded again."""
    pairs = sorted((_encode(name), _encode(value)) for name, value in params)
    joined = _encode("&".join(f"{name}={value}" for name, value in pairs))
    return f"{method.upper()}&{_encode(url)}&{joined}"


def sign(base: str, secret: str, method: str) -> str:
    """Sign a base string with a consumer secret; one-legged, so no token secret."""
    mac = hmac.new(f"{secret}&".encode(), base.encode(), _METHODS[method])
    return base64.b64encode(mac.digest()).decode()


def _encode(value: str) -> str:
    return quote(value, safe="~")


def _check_freshness(store: StoreCore, key: Row, params: Mapping[str, str]) -> None:
    now = store.now()
    stamp = params["oauth_timestamp"]
    if not stamp.isdigit() or abs(now - int(stamp)) > _WINDOW:
        raise _refusal("Invalid timestamp.")
    store.nonces = {used: at for used, at in store.nonces.items() if at > now - _WINDOW}
    used = (key["id"], params["oauth_nonce"])
    if used in store.nonces:
        raise _refusal("Invalid nonce - nonce has already been used.")
    store.nonces[used] = int(stamp)
