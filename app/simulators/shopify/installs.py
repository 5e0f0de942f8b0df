"""The app in the shop: codes, tokens that expire, and leaving."""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.simulators.shopify import payloads
from app.simulators.shopify.core import Condition, StoreCore
from app.simulators.shopify.errors import Refused
from app.simulators.storage import Row

_OWN_APP_SECONDS: Final = 86399  # a token of client credentials
_RETRY_SECONDS: Final = 30 * 86400  # how long a used refresh token can be tried again
_REDACT_SECONDS: Final = 48 * 3600
_UNKNOWN: Final = "[API] Invalid API key or access token (unrecognized login or wrong password)"
_ETERNAL: Final = (
    "Non-expiring access tokens are no longer accepted for the Admin API. Use expiring offline "
    "access tokens."
)


class Denied(Exception):
    """The token endpoint says no."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.status = status
        self.body = {"error": error, "error_description": description}


def client_secrets(store: StoreCore) -> list[str]:
    """Return the app's secrets, the newest first."""
    return list(store.fact("secrets") or [store.settings.client_secret])


def signing_secret(store: StoreCore) -> str:
    """Return the secret webhooks are signed with: for an hour after a rotation the old one."""
    known = client_secrets(store)
    is_fresh = store.now() < (store.fact("old_secret_until") or 0)
    return known[1] if is_fresh and len(known) > 1 else known[0]


def check_client(store: StoreCore, given: Mapping[str, Any]) -> None:
    """Refuse whoever is not the app."""
    if given.get("client_id") != store.settings.client_id:
        raise Denied("application_cannot_be_found", "The app could not be found.")
    secret = str(given.get("client_secret") or "")
    if not any(hmac.compare_digest(secret, known) for known in client_secrets(store)):
        raise Denied("invalid_client", "The client secret is not valid.")


def new_code(store: StoreCore, scopes: Iterable[str]) -> str:
    """Make the code that the merchant's browser carries back to the app."""
    code = secrets.token_hex(16)
    row: Row = {"id": store.take_id(), "code": code, "scopes": sorted(scopes)}
    store.codes.put(row | {"expires": store.now() + store.settings.code_seconds})
    return code


def exchange_code(store: StoreCore, given: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a code into a token, once."""
    found = [row for row in store.codes.rows.values() if row["code"] == given.get("code")]
    if not found or found[0]["expires"] <= store.now():
        message = "The authorization code was not found or was already used"
        raise Denied("invalid_request", message)
    store.codes.drop(found[0]["id"])
    install(store, found[0]["scopes"])
    is_expiring = str(given.get("expiring", "")) in {"1", "true", "True"}
    return answer(store, issue(store, found[0]["scopes"], is_expiring=is_expiring))


def install(store: StoreCore, scopes: Iterable[str]) -> None:
    """Let the app in, with what the merchant allowed."""
    store.set_fact("granted", sorted(scopes))
    if store.fact("installation_id") is None:
        store.set_fact("installation_id", store.take_id())


def issue(
    store: StoreCore,
    scopes: Iterable[str],
    *,
    is_expiring: bool = True,
    follows: int | None = None,
    seconds: int | None = None,
    access: str | None = None,
) -> Row:
    """Make a token; an expiring one comes with a refresh token."""
    now, settings = store.now(), store.settings
    lasts = seconds or settings.token_seconds
    has_refresh = is_expiring and seconds is None
    return store.tokens.put(
        {
            "id": store.take_id(),
            "access": access or f"shpat_{secrets.token_hex(16)}",
            "refresh": f"shprt_{secrets.token_hex(16)}" if has_refresh else None,
            "scopes": sorted(scopes),
            "made": now,
            "expires": now + lasts if is_expiring else None,
            "refresh_expires": now + settings.refresh_seconds if has_refresh else None,
            "refreshed": None,
            "follows": follows,
            "is_used": False,
        }
    )


def answer(store: StoreCore, row: Row) -> dict[str, Any]:
    """Return what the token endpoint tells of a token."""
    told: dict[str, Any] = {"access_token": row["access"], "scope": ",".join(row["scopes"])}
    if row["expires"] is not None:
        told["expires_in"] = row["expires"] - store.now()
    if row["refresh"] is not None:
        told["refresh_token"] = row["refresh"]
        told["refresh_token_expires_in"] = row["refresh_expires"] - store.now()
    return told


def refresh(store: StoreCore, refresh_token: str) -> dict[str, Any]:
    """Give a new pair; the old refresh token repeats the answer until the new pair is used."""
    now = store.now()
    found = [row for row in store.tokens.where("secret", refresh_token) if row["refresh"]]
    row = found[0] if found else None
    if row is None or row["refresh"] != refresh_token or row["refresh_expires"] <= now:
        raise Denied("invalid_grant", "The refresh token is not valid or has expired.")
    after = [each for each in store.tokens.rows.values() if each["follows"] == row["id"]]
    if after:
        if row["refreshed"] + _RETRY_SECONDS <= now:
            raise Denied("invalid_grant", "The refresh token was used too long ago.")
        return answer(store, after[0])
    store.tokens.put(row | {"refreshed": now})
    return answer(store, issue(store, row["scopes"], follows=row["id"]))


def own_token(store: StoreCore) -> dict[str, Any]:
    """Give a day's token to an app of the shop's own organisation."""
    if not store.settings.is_own_app:
        message = "Client credentials cannot be performed on this shop."
        raise Denied("shop_not_permitted", message)
    install(store, store.settings.scopes)
    return answer(store, issue(store, store.settings.scopes, seconds=_OWN_APP_SECONDS))


def make_expiring(store: StoreCore, subject: str) -> dict[str, Any]:
    """Change a token that never expires for a pair; the old one ends."""
    found = [row for row in store.tokens.where("secret", subject) if row["access"] == subject]
    if not found or found[0]["expires"] is not None:
        raise Denied("invalid_subject_token", "The subject token is not valid.")
    made = issue(store, found[0]["scopes"])
    store.tokens.drop(found[0]["id"])
    return answer(store, made)


def find_token(store: StoreCore, access: str | None) -> Row:
    """Return the token behind a request; its first use ends the refresh token before it."""
    found = [row for row in store.tokens.where("secret", access or "-") if row["access"] == access]
    row = found[0] if found else None
    if row is None or (row["expires"] is not None and row["expires"] <= store.now()):
        raise Refused(401, _UNKNOWN)
    if row["expires"] is None and store.settings.refuses_eternal_tokens:
        raise Refused(403, _ETERNAL)
    if not row["is_used"]:
        store.tokens.put(row | {"is_used": True})
        before = store.tokens.get(row["follows"])
        if before is not None:
            store.tokens.put(before | {"refresh": None})
    return row


def uninstall(store: StoreCore) -> None:
    """Remove the app: its tokens are dead at once, its webhooks hear of it one last time."""
    body = payloads.shop(store)
    for hook in store.hooks.where("topic", "APP_UNINSTALLED"):
        store.queue_delivery(hook, "APP_UNINSTALLED", body)
    for table in (store.hooks, store.tokens, store.codes):
        for row_id in list(table.rows):
            table.drop(row_id)
    store.set_fact("granted", None)
    redact(store, "shop/redact", {}, wait=_REDACT_SECONDS)


def redact(store: StoreCore, topic: str, body: Mapping[str, Any], *, wait: int = 0) -> None:
    """Send one of the privacy topics to the address in the app's own configuration."""
    told = {"shop_id": store.fact("shop_id"), "shop_domain": store.settings.shop, **body}
    if store.settings.compliance_url:
        store.queue_delivery(None, topic, told, wait=wait)


def condition_error(store: StoreCore) -> Refused | None:
    """Return what every call is answered while the shop is not open."""
    answers = {
        Condition.FROZEN: Refused(402, "Unavailable Shop"),
        Condition.FORBIDDEN: Refused(403, "Forbidden"),
        Condition.GONE: Refused(404, "Not Found"),
        Condition.LOCKED: Refused(423, "Locked"),
        Condition.SUSPICIOUS: Refused(430, "Shopify Security Rejection"),
    }
    return answers.get(store.condition)
