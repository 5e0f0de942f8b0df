"""Keys: OAuth 1.0a signatures for plain http, and the wc-auth approval that hands us new keys."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from app.adapters.errors import BadPayload, Refused

APP_NAME: Final = "SyncStore"
_KEY: Final = re.compile(r"ck_[0-9a-f]{40}")
_SECRET: Final = re.compile(r"cs_[0-9a-f]{40}")
_DIGESTS: Final = {"HMAC-SHA256": hashlib.sha256, "HMAC-SHA1": hashlib.sha1}


def _encoded(text: Any) -> str:
    return quote(str(text), safe="~")


def base_string(method: str, url: str, params: Mapping[str, Any]) -> str:
    """Return what is signed: method, address without query, and the sorted parameters."""
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in params.items())
    joined = "%26".join(_encoded(f"{name}={value}") for name, value in pairs)
    return f"{method.upper()}&{_encoded(url)}&{joined}"


def signed(
    method: str,
    url: str,
    params: Mapping[str, Any],
    *,
    keys: tuple[str, str],
    moment: tuple[str, int],
    algorithm: str = "HMAC-SHA256",
) -> dict[str, Any]:
    """Return the parameters with OAuth's own added; `moment` is (nonce, seconds since 1970)."""
    key, secret = keys
    nonce, timestamp = moment
    full = {
        **params,
        "oauth_consumer_key": key,
        "oauth_nonce": nonce,
        "oauth_signature_method": algorithm,
        "oauth_timestamp": timestamp,
    }
    text = base_string(method, url, full)
    digest = hmac.new(f"{secret}&".encode(), text.encode(), _DIGESTS[algorithm]).digest()
    return {**full, "oauth_signature": base64.b64encode(digest).decode()}


def approval_url(base_url: str, token: str, return_url: str, callback_url: str) -> str:
    """Return where the merchant approves us; the token comes back with the keys."""
    if not callback_url.startswith("https://"):
        raise Refused(
            "WooCommerce hands out keys only to an https address. Open SyncStore under https, or"
            " paste keys by hand.",
            code="callback_not_https",
        )
    query = {
        "app_name": APP_NAME,
        "scope": "read_write",
        "user_id": token,
        "return_url": return_url,
        "callback_url": callback_url,
    }
    return f"{base_url}/wc-auth/v1/authorize?{urlencode(query)}"


def read_approval(body: bytes) -> tuple[dict[str, Any], str]:
    """Read what the store posts after approval: ({"key", "secret"}, one-time token)."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadPayload("approval", "JSON") from error
    if not isinstance(sent, dict):
        raise BadPayload("approval", "an object")
    key, secret, token = (sent.get(name) for name in ("consumer_key", "consumer_secret", "user_id"))
    if not (isinstance(key, str) and _KEY.fullmatch(key)):
        raise BadPayload("approval.consumer_key", "a key that starts with ck_")
    if not (isinstance(secret, str) and _SECRET.fullmatch(secret)):
        raise BadPayload("approval.consumer_secret", "a key that starts with cs_")
    if not token or not isinstance(token, str | int):
        raise BadPayload("approval.user_id", "our token")
    if sent.get("key_permissions") != "read_write":
        raise Refused(
            "The approved keys may not read and write. Approve SyncStore with both.",
            code="keys_too_weak",
        )
    return {"key": key, "secret": secret}, str(token)
