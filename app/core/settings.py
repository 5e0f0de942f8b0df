"""Typed settings from the environment; wrong or missing ones refuse the boot, a sentence each."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parseaddr
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from app.core.crypto import KeyRing, new_key

_TOKEN_LENGTH: Final = 16
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class BadSettings(SystemExit):
    """The boot is refused; the message lists one sentence per setting."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentences = sentences
        super().__init__("SyncStore cannot start:\n" + "\n".join(f"- {s}" for s in sentences))


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides; see docs/settings.md for each name."""

    environment: str  # ENVIRONMENT: production or development
    database_url: str  # DATABASE_URL: the app role, without bypass of row-level security
    database_owner_url: str  # DATABASE_OWNER_URL: the role that owns the tables (migrations)
    redis_url: str  # REDIS_URL
    secret_key: str  # SECRET_KEY: at least 32 characters
    encryption_keys: tuple[str, ...]  # ENCRYPTION_KEYS: newest first, comma-separated
    public_url: str  # PUBLIC_URL: where browsers and channels reach us
    var_dir: Path  # VAR_DIR: embedded servers, logs, media in development
    media_dir: Path  # MEDIA_DIR
    mail_url: str | None  # MAIL_URL: smtp://user:pass@host:587 or smtps://…; none: dev mailbox
    mail_from: str  # MAIL_FROM
    allow_private_hosts: bool  # ALLOW_PRIVATE_HOSTS: let connections reach private addresses
    metrics_token: str | None  # METRICS_TOKEN: bearer for /metrics
    log_level: str  # LOG_LEVEL
    trusted_proxies: int  # TRUSTED_PROXIES: reverse proxies in front of the web process
    retention_days: int  # RETENTION_DAYS: how long calls, webhooks and closed tasks are kept
    is_demo: bool  # DEMO: shows the demo sign-in and the dev mailbox

    @property
    def is_production(self) -> bool:
        """Tell whether this is a production install."""
        return self.environment == "production"

    @property
    def key_ring(self) -> KeyRing:
        """The ring that seals credentials."""
        return KeyRing(self.encryption_keys)


_ON: Final = ("1", "true", "yes", "on")
_OFF: Final = ("0", "false", "no", "off")
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
_MOST_PROXIES: Final = 10


def _flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environ.get(name, "").strip().lower()
    return default if not value else value in _ON


def _odd_words(environ: Mapping[str, str]) -> list[str]:
    """What cannot even be read: switches that are neither on nor off, numbers that are none."""
    told = [
        f"{name} must be 1 or 0."
        for name in ("ALLOW_PRIVATE_HOSTS", "DEMO")
        if environ.get(name, "").strip().lower() not in ("", *_ON, *_OFF)
    ]
    proxies = environ.get("TRUSTED_PROXIES") or "0"
    if not (proxies.isdecimal() and int(proxies[:3]) <= _MOST_PROXIES):
        told.append(f"TRUSTED_PROXIES must be a number from 0 to {_MOST_PROXIES}.")
    return told


def _problems(settings: Settings) -> list[str]:
    checks = (
        (
            settings.environment in ("production", "development"),
            "ENVIRONMENT must be production or development.",
        ),
        (
            _is_postgresql(settings.database_url),
            "DATABASE_URL must start with postgresql:// and name a database.",
        ),
        (
            settings.database_owner_url == settings.database_url
            or _is_postgresql(settings.database_owner_url),
            "DATABASE_OWNER_URL must start with postgresql:// and name a database.",
        ),
        (
            _parts(settings.redis_url).scheme in ("redis", "rediss", "unix"),
            "REDIS_URL must start with redis://, rediss:// or unix://.",
        ),
        (len(settings.secret_key) >= 32, "SECRET_KEY must be at least 32 random characters."),
        (
            _are_keys(settings.encryption_keys),
            "ENCRYPTION_KEYS must be one or more 32-byte keys in base64url, newest first.",
        ),
        (
            _is_address(settings.public_url),
            "PUBLIC_URL must be a full address such as https://sync.example.com.",
        ),
        (
            not (settings.is_production and _is_bare_http(settings.public_url)),
            "PUBLIC_URL must start with https:// in production: sign-ins travel to it.",
        ),
        (
            settings.mail_url is None or _is_mail_server(settings.mail_url),
            "MAIL_URL must start with smtp:// or smtps:// and name a server.",
        ),
        ("@" in parseaddr(settings.mail_from)[1], "MAIL_FROM must hold an e-mail address."),
        (
            settings.metrics_token is None or len(settings.metrics_token) >= _TOKEN_LENGTH,
            f"METRICS_TOKEN must be at least {_TOKEN_LENGTH} random characters.",
        ),
        (settings.log_level in _LEVELS, f"LOG_LEVEL must be one of {', '.join(_LEVELS)}."),
        (
            not (settings.is_production and settings.is_demo),
            "DEMO must be off in production: its mailbox shows links that open accounts.",
        ),
        (settings.retention_days >= 1, "RETENTION_DAYS must be a number of days, 1 or more."),
    )
    return [sentence for is_right, sentence in checks if not is_right]


def _parts(url: str) -> SplitResult:
    """The parts of an address; none of them when it cannot be read."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _is_postgresql(url: str) -> bool:
    parts = _parts(url)
    return parts.scheme == "postgresql+psycopg" and len(parts.path) > 1


def _are_keys(keys: tuple[str, ...]) -> bool:
    try:
        KeyRing(keys)
    except ValueError:
        return False
    return True


def _is_address(url: str) -> bool:
    parts = _parts(url)
    is_bare = not (parts.query or parts.fragment or parts.username)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_bare


def _is_bare_http(url: str) -> bool:
    parts = _parts(url)
    return parts.scheme == "http" and parts.hostname not in _LOOPBACK


def _is_mail_server(url: str) -> bool:
    parts = _parts(url)
    return parts.scheme in ("smtp", "smtps") and bool(parts.hostname)


def _with_driver(url: str) -> str:
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _missing_in_production(environ: Mapping[str, str]) -> list[str]:
    needed = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "PUBLIC_URL")
    return [f"{name} is not set." for name in needed if not environ.get(name)]


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check the settings; raises BadSettings with a sentence for each problem."""
    environment = environ.get("ENVIRONMENT", "development")
    if environment == "production" and (missing := _missing_in_production(environ)):
        raise BadSettings(missing)
    if odd := _odd_words(environ):
        raise BadSettings(odd)
    var_dir = Path(environ.get("VAR_DIR", "var")).absolute()
    database_url = _with_driver(environ.get("DATABASE_URL", ""))
    days = environ.get("RETENTION_DAYS", "") or "30"
    settings = Settings(
        environment=environment,
        database_url=database_url,
        database_owner_url=_with_driver(environ.get("DATABASE_OWNER_URL", "")) or database_url,
        redis_url=environ.get("REDIS_URL", ""),
        secret_key=environ.get("SECRET_KEY", ""),
        encryption_keys=tuple(
            key.strip() for key in environ.get("ENCRYPTION_KEYS", "").split(",") if key.strip()
        ),
        public_url=environ.get("PUBLIC_URL", f"http://127.0.0.1:{environ.get('PORT', '8000')}"),
        var_dir=var_dir,
        media_dir=Path(environ.get("MEDIA_DIR", var_dir / "media")).absolute(),
        mail_url=environ.get("MAIL_URL") or None,
        mail_from=environ.get("MAIL_FROM", "SyncStore <syncstore@localhost>"),
        allow_private_hosts=_flag(
            environ, "ALLOW_PRIVATE_HOSTS", default=environment != "production"
        ),
        metrics_token=environ.get("METRICS_TOKEN") or None,
        log_level=environ.get("LOG_LEVEL", "INFO").upper(),
        trusted_proxies=int(environ.get("TRUSTED_PROXIES") or "0"),
        retention_days=int(days) if days.isdigit() else 0,
        is_demo=_flag(environ, "DEMO", default=False),
    )
    if problems := _problems(settings):
        raise BadSettings(problems)
    return replace(settings, public_url=settings.public_url.rstrip("/"))


def development_secrets(var_dir: Path) -> dict[str, str]:
    """Return SECRET_KEY and ENCRYPTION_KEYS kept under var/ (mode 0600), made on first use."""
    path = var_dir / "secrets.json"
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    var_dir.mkdir(parents=True, exist_ok=True)
    made = {"SECRET_KEY": secrets.token_urlsafe(48), "ENCRYPTION_KEYS": new_key()}
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(made))
    try:
        os.link(draft, path)  # the first of two racing processes wins; both then read its keys
    except FileExistsError:
        made = json.loads(path.read_text())
    finally:
        draft.unlink()
    return made


class _Installed:
    settings: Settings | None = None


def install(settings: Settings) -> None:
    """Make these the settings of this process; create_app and the workers do it once."""
    _Installed.settings = settings


def current() -> Settings:
    """Return the settings of this process."""
    if _Installed.settings is None:
        raise RuntimeError("No settings are installed; create_app installs them.")
    return _Installed.settings
