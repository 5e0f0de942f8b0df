"""Pure: what a settings file holds, read without trust: anybody with a passphrase makes one."""

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.adapters.port import AppKeys
from app.connections import rules
from app.core.cron import NotCron, read_cron
from app.core.errors import Invalid
from app.core.texts import is_storable
from app.inventory.offering import Mode
from app.sync.policy import Policy

MOST: Final = 1_000  # connections or mappings of one file
_ODD: Final = "This file holds settings that SyncStore does not know. Nothing was restored."
_ODDITIES: Final = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    ssl.SSLError,
    NotCron,
)
_BOUNDS: Final = {
    "poll_minutes": (1, 1440),
    "reconcile_hours": (1, 720),
    "buffer": (0, 100_000),
    "buffer_percent": (0, 100),
    "stock_cap": (0, 10_000_000),
    "stock_weight": (1, 100),
    "requests_per_second": (1, 1000),
}
_OPEN: Final = frozenset(("requests_per_second", "stock_cap"))
OWN: Final = ("name", "currency", "timezone", "locale", "weight_unit", "length_unit")


@dataclass(frozen=True, slots=True)
class KeptConnection:
    """A connection as a file has it; without credentials unless they were asked for."""

    channel: str
    name: str
    address: str
    settings: Mapping[str, Any]
    wire: Mapping[str, Any]
    credentials: Mapping[str, Any] | None

    @property
    def key(self) -> str:
        """What makes it the same connection as one that is here."""
        return f"{self.channel} {self.address}"


@dataclass(frozen=True, slots=True)
class KeptMapping:
    """Which of our fields the columns of a file are."""

    name: str
    mapping: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything a settings file holds."""

    slug: str
    made_at: str
    own: Mapping[str, str]
    connections: tuple[KeptConnection, ...]
    mappings: Mapping[str, KeptMapping]
    apps: Mapping[str, AppKeys]


def effective(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return every setting of a connection, defaults written out.

    Which of our locations count is told by their ids, and means nothing elsewhere.
    """
    figures = {name: rules.setting(settings, name) for name in rules.DEFAULT_SETTINGS}
    figures["stock_places"] = rules.DEFAULT_SETTINGS["stock_places"]
    return {**Policy.from_settings(settings).to_settings(), **figures}


def flat(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return nested settings as one level: `groups.price.direction`."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found


def read_kept(plain: bytes) -> Kept:
    """Read the content of a settings file; raises Invalid for whatever does not belong there."""
    try:
        given = json.loads(plain)
        if given["kind"] != "settings" or not all(map(is_storable, _texts(given))):
            raise ValueError
        connections = tuple(_connection(each) for each in given["connections"])
        mappings = {_text(each["header_key"], 64): _mapping(each) for each in given["mappings"]}
        if max(len(connections), len(mappings)) > MOST:
            raise ValueError
        return Kept(
            slug=_text(given["organization"]["slug"], 100),
            made_at=_text(given["made_at"], 40),
            own={name: _text(given["organization"][name], 100) for name in OWN},
            connections=connections,
            mappings=mappings,
            apps={_text(name, 20): _app(each) for name, each in given["apps"].items()},
        )
    except _ODDITIES as error:
        raise Invalid(fields={"file": _ODD}) from error


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield name
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most:
        raise ValueError
    return value


def _connection(given: Any) -> KeptConnection:
    credentials = given.get("credentials")
    if credentials is not None and not isinstance(credentials, dict):
        raise TypeError
    wire = dict(given.get("wire") or {})
    if certificates := wire.get("ca"):
        ssl.create_default_context(cadata=certificates)
    return KeptConnection(
        channel=_text(given["channel"], 20),
        name=_text(given["name"], 100),
        address=_text(given["address"], 500),
        settings=_settings(given["settings"]),
        wire=wire,
        credentials=credentials,
    )


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with nothing in them that a form would have refused."""
    found = effective(given)
    for name, (least, most) in _BOUNDS.items():
        value = found[name]
        is_open = value is None and name in _OPEN
        if not is_open and (type(value) is not int or not least <= value <= most):
            raise ValueError
    for name in ("poll_cron", "reconcile_cron", "check_cron"):
        if not isinstance(found[name], str) or len(found[name]) > 120:
            raise ValueError
        if found[name]:
            read_cron(found[name])
    Mode(found["stock_mode"])
    if not isinstance(found["is_sandbox"], bool):
        raise TypeError
    return found


def _mapping(given: Any) -> KeptMapping:
    columns = given["mapping"]["columns"]
    if not all(isinstance(each, str) for each in (*columns, *columns.values())):
        raise TypeError
    return KeptMapping(_text(given["name"], 100), {"columns": dict(columns)})


def _app(given: Any) -> AppKeys:
    return AppKeys(_text(given["key"], 200), tuple(_text(each, 500) for each in given["secrets"]))
