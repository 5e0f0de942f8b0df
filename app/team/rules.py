"""Pure decisions of the team: words, tokens, lifetimes, and who may change whom."""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Network, ip_address
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import available_timezones

from app.core.actor import Actor
from app.core.errors import Forbidden, Invalid
from app.team.permissions import SCOPES, Role, scopes_of

NAME_LENGTH: Final = 100
EMAIL_LENGTH: Final = 254
PASSWORD_LENGTH: Final = (10, 128)
EMAIL: Final = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+\.[^@\s<>,;:\"()\[\]\\.]+")
_COMMON: Final = frozenset(
    [
        "password",
        "password1",
        "password12",
        "password123",
        "1234567890",
        "0123456789",
        "qwertyuiop",
        "iloveyou12",
        "letmein123",
        "welcome123",
        "admin12345",
        "changeme123",
        "syncstore1",
        "syncstore123",
    ]
)

VERIFY_LIFE: Final = timedelta(days=3)
RESET_LIFE: Final = timedelta(hours=1)
INVITATION_LIFE: Final = timedelta(days=7)
SHORT_SESSION: Final = timedelta(hours=12)
LONG_SESSION: Final = timedelta(days=30)
LONGEST_SESSION: Final = timedelta(days=90)
SEEN_EVERY: Final = timedelta(minutes=1)
ACCESS_LIFE: Final = timedelta(minutes=15)
REFRESH_LIFE: Final = timedelta(days=7)
TOKEN_DAYS: Final = (30, 90, 365)
TIER: Final = "self_hosted"  # plans are configuration; an install of one's own has no other

THEMES: Final = ("system", "light", "dark")
DENSITIES: Final = ("comfortable", "compact")
LOCALES: Final = MappingProxyType(
    {
        "en_US": "English (United States)",
        "en_GB": "English (United Kingdom)",
        "de_DE": "German (Germany)",
        "fr_FR": "French (France)",
        "es_ES": "Spanish (Spain)",
        "id_ID": "Indonesian (Indonesia)",
        "ja_JP": "Japanese (Japan)",
        "th_TH": "Thai (Thailand)",
        "vi_VN": "Vietnamese (Vietnam)",
    }
)
TIMEZONES: Final = tuple(
    sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
)
WEIGHT_UNITS: Final = ("kg", "g", "lb", "oz")
LENGTH_UNITS: Final = ("cm", "mm", "m", "in")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many tries per window."""

    tries: int
    window: timedelta


# Narrow per account and address, wide per account: a stranger cannot lock somebody out for long.
LIMITS: Final = MappingProxyType(
    {
        "sign_in_pair": Limit(5, timedelta(minutes=15)),
        "sign_in_account": Limit(50, timedelta(minutes=15)),
        "sign_in_address": Limit(100, timedelta(minutes=15)),
        "sign_up_address": Limit(20, timedelta(hours=1)),
        "mail_account": Limit(5, timedelta(hours=1)),
        "mail_address": Limit(30, timedelta(hours=1)),
        "password_user": Limit(10, timedelta(minutes=15)),
        "invite_organization": Limit(50, timedelta(hours=1)),
        "link_address": Limit(60, timedelta(minutes=15)),
        "refresh_address": Limit(300, timedelta(minutes=15)),
    }
)


def normal_email(email: str) -> str:
    """Return an address as it is stored and compared."""
    return unicodedata.normalize("NFC", email).strip().lower()


def check_email(email: str) -> None:
    """Refuse what cannot be an address of one mailbox; raises Invalid."""
    if len(email) > EMAIL_LENGTH or not EMAIL.fullmatch(email):
        raise Invalid(fields={"email": "Write an address like alice@example.com."})


def check_name(name: str, *, field: str = "name") -> None:
    """Refuse an empty or endless name; raises Invalid at the field."""
    if not 1 <= len(name.strip()) <= NAME_LENGTH:
        raise Invalid(fields={field: f"Use 1 to {NAME_LENGTH} characters for the name."})


def check_password(password: str, *, email: str) -> None:
    """Refuse a password that is too short, too long or easy to guess; raises Invalid."""
    least, most = PASSWORD_LENGTH
    if len(password) < least:
        raise Invalid(fields={"password": f"Use at least {least} characters."})
    if len(password) > most:
        raise Invalid(fields={"password": f"Use at most {most} characters."})
    plain = password.casefold()
    is_easy = plain in _COMMON or len(set(plain)) < 4
    if is_easy or plain in (email, email.partition("@")[0]):
        raise Invalid(fields={"password": "This password is easy to guess. Choose another one."})


def new_token() -> str:
    """Return a random text for a cookie or a link: 256 bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what we store of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def network_of(address: str) -> str:
    """Return what tries are counted under: an IPv4 address, or the /64 one subscriber holds."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Network((found, 64), strict=False))


def attempt_key(kind: str, *parts: str) -> str:
    """Return the key a kind of attempt is counted under; tells nobody who tried."""
    return hashlib.sha256("\n".join((kind, *parts)).encode()).hexdigest()


def slug_of(name: str) -> str:
    """Return a name as lower-case letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "shop"


def session_end(now: datetime, *, began: datetime, is_remembered: bool) -> datetime:
    """Return when a session seen now ends if it is not seen again."""
    life = LONG_SESSION if is_remembered else SHORT_SESSION
    return min(now + life, began + LONGEST_SESSION)


def check_may_assign(actor: Actor, *, before: Role | None, after: Role | None) -> None:
    """Refuse a change of role (None: not a member) the actor may not make; raises Forbidden."""
    if not actor.can("team.manage"):
        raise Forbidden
    if Role.OWNER in (before, after) and not actor.can("team.own"):
        raise Forbidden("Only an owner decides who is an owner.")


def checked_preferences(wanted: Mapping[str, Any]) -> dict[str, str]:
    """Return the known preferences among the given ones; raises Invalid for an unknown value."""
    choices = {
        "theme": THEMES,
        "density": DENSITIES,
        "locale": tuple(LOCALES),
        "timezone": ("", "UTC", *TIMEZONES),
    }
    kept: dict[str, str] = {}
    for name, allowed in choices.items():
        if name not in wanted:
            continue
        if wanted[name] not in allowed:
            raise Invalid(fields={name: "Choose one of the list."})
        kept[name] = str(wanted[name])
    return kept


def checked_scopes(role: Role, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Return the wanted scopes in the order of the table; raises Invalid beyond the role."""
    held = scopes_of(role)
    if wanted is None:
        return held
    for name in wanted:
        if name not in SCOPES:
            raise Invalid(fields={"scopes": f"“{name}” is not a scope."})
        if name not in held:
            raise Invalid(fields={"scopes": f"Your role does not include {name}."})
    if not wanted:
        raise Invalid(fields={"scopes": "Choose at least one thing it may do."})
    return tuple(name for name in held if name in wanted)


def device_name(user_agent: str) -> str:
    """Return a browser's description in a merchant's words: Firefox on Windows."""
    browsers = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    )
    last = "Safari" if "Safari/" in user_agent else "Unknown browser"
    browser = next((name for mark, name in browsers if mark in user_agent), last)
    system = next((name for mark, name in systems if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser
