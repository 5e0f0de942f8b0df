"""Structured logs: one JSON line per record, with a correlation id and masked secrets."""

import json
import logging
import re
import sys
from contextvars import ContextVar
from typing import Any, Final

from app.core import clock

correlation_id: Final[ContextVar[str]] = ContextVar("correlation_id", default="")
organization: Final[ContextVar[str]] = ContextVar("organization", default="")
person: Final[ContextVar[str]] = ContextVar("person", default="")

MASK: Final = "••••"
_SECRET_KEYS: Final = re.compile(
    r"(?i)(authorization|cookie|passw|pwd|secret|token|signature|nonce|credential|otp\b|"
    r"(consumer|api|access|private|encryption|signing)[_-]?key)"
)
_SECRET_TEXTS: Final = (
    re.compile(r"\b(c[ks]|sst)_[0-9a-zA-Z][0-9a-zA-Z_-]{5,}"),
    re.compile(r"(?i)\b(basic|bearer) [A-Za-z0-9+/=._-]{8,}"),
    re.compile(
        r"(?i)\b([a-z_.-]*(?:signature|secret|token|passw(?:or)?d|pwd|[_-]key|code))"
        r"(?:=|\"\s*:\s*\")[^&\s\"]+"
    ),
    re.compile(r"(?<=://)([^:/@\s]*):[^@/\s]+(?=@)"),
    re.compile(r"(/(?:reset|verify|invitations))/[^/\s?\"]+"),  # links that open an account
    re.compile(r"(/hooks/[a-z_]+/[0-9a-f-]{36})/[^/\s?\"]+"),
)
_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "taskName",
}


def mask_text(text: str) -> str:
    """Return a text without anything that looks like a credential."""
    for pattern in _SECRET_TEXTS:
        text = pattern.sub(lambda found: f"{found.group(1)}_{MASK}", text)
    return text


def mask(value: Any) -> Any:
    """Return a copy of a JSON-like value whose secrets are masked."""
    if isinstance(value, dict):
        return {
            key: MASK if _SECRET_KEYS.search(str(key)) and item else mask(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [mask(item) for item in value]
    return mask_text(value) if isinstance(value, str) else value


class JsonLines(logging.Formatter):
    """Formats a record as one masked JSON line."""

    def format(self, record: logging.LogRecord) -> str:
        extra = {k: v for k, v in record.__dict__.items() if k not in _STANDARD}
        line = {
            "at": clock.now().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask_text(record.getMessage()),
            "correlation_id": correlation_id.get() or None,
            "organization_id": organization.get() or None,
            "user_id": person.get() or None,
            **mask(extra),
        }
        if record.exc_info:
            line["exception"] = mask_text(self.formatException(record.exc_info))
        return json.dumps({k: v for k, v in line.items() if v is not None}, default=str)


def configure_logging(level: str) -> None:
    """Send every record of this process to stderr as JSON lines."""
    root = logging.getLogger()
    root.handlers.clear()
    target = logging.StreamHandler(sys.stderr)
    target.setFormatter(JsonLines())
    root.addHandler(target)
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "werkzeug", "rq.worker"):
        logging.getLogger(noisy).setLevel("WARNING")
