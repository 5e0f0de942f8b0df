"""Mails to buyers, pure: what may stand in their text, and how it becomes a mail.

A text holds placeholders like {{ number }}; nothing else in it is carried out. What they stand for
comes from buyers and shops, so in HTML all of it is escaped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Final


class LetterKind(StrEnum):
    """What a buyer hears of."""

    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    REFUNDED = "refunded"


WORDS: Final[Mapping[str, str]] = {
    LetterKind.CONFIRMED: "Order confirmed",
    LetterKind.SHIPPED: "Order shipped",
    LetterKind.REFUNDED: "Money given back",
}
_EVERYWHERE: Final[Mapping[str, str]] = {
    "name": "who bought",
    "number": "the number of the order",
    "items": "the items, a line each",
    "total": "what the order costs",
    "shop": "the name of your organization",
}
PLACEHOLDERS: Final[Mapping[str, Mapping[str, str]]] = {
    LetterKind.CONFIRMED: _EVERYWHERE,
    LetterKind.SHIPPED: {
        **_EVERYWHERE,
        "carrier": "who brings the parcel",
        "tracking_number": "its tracking number",
        "tracking_url": "the address to follow it",
    },
    LetterKind.REFUNDED: {
        **_EVERYWHERE,
        "amount": "how much went back",
        "reason": "why",
    },
}
SAMPLE: Final[Mapping[str, str]] = {
    "name": "Dora Diaz",
    "number": "M-1001",
    "items": "2 × Blue mug\n1 × Copper lamp",
    "total": "79.99 USD",
    "shop": "Your shop",
    "carrier": "UPS",
    "tracking_number": "1Z999",
    "tracking_url": "https://track.example/1Z999",
    "amount": "10.00 USD",
    "reason": "Scratched",
}
SUBJECT_LENGTH: Final = 200
BODY_LENGTH: Final = 5000
_HOLE: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_LINK: Final = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True, slots=True)
class LetterText:
    """Subject and body with their placeholders."""

    subject: str
    body: str


DEFAULTS: Final[Mapping[str, LetterText]] = {
    LetterKind.CONFIRMED: LetterText(
        "Your order {{ number }}",
        "Hello {{ name }},\n\nThank you for your order {{ number }}.\n\n{{ items }}\n\n"
        "Total: {{ total }}\n\n{{ shop }}",
    ),
    LetterKind.SHIPPED: LetterText(
        "Your order {{ number }} is on its way",
        "Hello {{ name }},\n\nA parcel of your order {{ number }} left today.\n\n{{ items }}\n\n"
        "{{ carrier }} {{ tracking_number }}\n{{ tracking_url }}\n\n{{ shop }}",
    ),
    LetterKind.REFUNDED: LetterText(
        "Money back for your order {{ number }}",
        "Hello {{ name }},\n\nWe gave back {{ amount }} for your order {{ number }}.\n\n"
        "{{ reason }}\n\n{{ shop }}",
    ),
}


def unknown_placeholders(kind: LetterKind, text: str) -> list[str]:
    """Return what stands in double braces and means nothing here, once each."""
    found = dict.fromkeys(_HOLE.findall(text))
    return [name for name in found if name not in PLACEHOLDERS[kind]]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its placeholders filled; lines that thereby are empty twice are one."""
    said = _HOLE.sub(lambda hole: values.get(hole.group(1), ""), text)
    lines = "\n".join(line.rstrip() for line in said.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def as_html(text: str) -> str:
    """Return a filled text as HTML: paragraphs, line breaks, links; all else is escaped."""
    parts = (part for part in text.strip().split("\n\n") if part)
    body = "\n".join(f"<p>{'<br>'.join(map(_linked, part.splitlines()))}</p>" for part in parts)
    return f"<html><body>{body}</body></html>"


def _linked(line: str) -> str:
    done, at = [], 0
    for found in _LINK.finditer(line):
        url = escape(found.group())
        done += [escape(line[at : found.start()]), f'<a href="{url}">{url}</a>']
        at = found.end()
    return "".join((*done, escape(line[at:])))
