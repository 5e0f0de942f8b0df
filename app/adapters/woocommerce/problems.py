"""WooCommerce's error codes → our errors and sentences, as a table.

Codes are matched, messages never: they are translated. `data` may be a number, `code` may be 0 and
a proxy may have renamed `code` to `error`. A code that is not in the table is refused loudly, with
the shop's own words.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx

from app.adapters.errors import (
    AdapterError,
    Gone,
    NeedsPerson,
    NeedsReauth,
    Refused,
    Throttled,
    Unavailable,
    Unknown,
    Unsupported,
)
from app.adapters.types import Problem
from app.core.transport import asked_to_wait


class Sort(Enum):
    """What an error code means for the one who asked."""

    AUTHENTICATION = NeedsReauth
    NOT_FOUND = Gone
    REFUSED = Refused
    UNSUPPORTED = Unsupported
    PLATFORM = Unavailable


@dataclass(frozen=True, slots=True)
class Row:
    """What one error code means."""

    sort: Sort
    sentence: str | None = None  # None: the shop's own words
    field: str | None = None


_KEYS = "The shop no longer accepts our keys, or they may not do this. Connect it again."
_GONE = "This product no longer exists in the shop."
ORDER_GONE = "This order no longer exists in the shop."
_VARIANT_GONE = "This variant no longer exists in the shop."
_PICTURE = (
    "The shop could not fetch this picture. Check that its address is public and ends in .jpg,"
    " .png, .gif or .webp."
)
_LOST_PICTURE = "The shop deleted this picture from its media library. Send it again."

TABLE: Final[Mapping[str, Row]] = {
    "woocommerce_rest_authentication_error": Row(Sort.AUTHENTICATION, _KEYS),
    "woocommerce_rest_authentication_missing_parameter": Row(Sort.AUTHENTICATION, _KEYS),
    "woocommerce_rest_cannot_view": Row(Sort.AUTHENTICATION, _KEYS),
    "woocommerce_rest_cannot_create": Row(Sort.AUTHENTICATION, _KEYS),
    "woocommerce_rest_cannot_edit": Row(Sort.AUTHENTICATION, _KEYS),
    "woocommerce_rest_cannot_batch": Row(Sort.AUTHENTICATION, _KEYS),
    "woocommerce_rest_user_cannot_delete_product": Row(Sort.AUTHENTICATION, _KEYS),
    "rest_forbidden": Row(Sort.AUTHENTICATION, _KEYS),
    "rest_cookie_invalid_nonce": Row(Sort.AUTHENTICATION, _KEYS),
    "rest_no_route": Row(Sort.UNSUPPORTED, "This shop does not offer this part of the API."),
    "woocommerce_rest_product_invalid_id": Row(Sort.NOT_FOUND, _GONE),
    "woocommerce_rest_invalid_product_id": Row(
        Sort.REFUSED, "This is a variant in the shop, not a product of its own."
    ),
    "woocommerce_rest_product_variation_invalid_id": Row(Sort.NOT_FOUND, _VARIANT_GONE),
    "woocommerce_rest_product_variation_invalid_parent": Row(Sort.NOT_FOUND, _VARIANT_GONE),
    "woocommerce_rest_shop_order_invalid_id": Row(Sort.NOT_FOUND, ORDER_GONE),
    "woocommerce_rest_order_invalid_id": Row(Sort.NOT_FOUND, ORDER_GONE),
    "woocommerce_rest_invalid_order_id": Row(Sort.NOT_FOUND, ORDER_GONE),
    "woocommerce_rest_invalid_order_status": Row(Sort.REFUSED, None, "status"),
    "woocommerce_rest_term_invalid": Row(
        Sort.NOT_FOUND, "A category, tag or brand was deleted in the shop.", "categories"
    ),
    "woocommerce_rest_already_trashed": Row(Sort.NOT_FOUND, _GONE),
    "rest_invalid_param": Row(Sort.REFUSED),
    "rest_missing_callback_param": Row(Sort.REFUSED),
    "product_invalid_sku": Row(
        Sort.REFUSED, "Another product in the shop already uses this SKU.", "sku"
    ),
    "product_invalid_global_unique_id": Row(
        Sort.REFUSED, "Another product in the shop already uses this barcode.", "gtin"
    ),
    "woocommerce_rest_product_not_created": Row(
        Sort.REFUSED,
        "The shop believes this SKU is in use although no product has it. In WooCommerce, run"
        " Status → Tools → Regenerate product lookup tables.",
        "sku",
    ),
    "term_exists": Row(Sort.REFUSED, "The shop already has a term of this name."),
    "woocommerce_rest_product_exists": Row(Sort.REFUSED),
    "woocommerce_product_image_upload_error": Row(Sort.REFUSED, _PICTURE, "images"),
    "woocommerce_variation_image_upload_error": Row(Sort.REFUSED, _PICTURE, "image"),
    "woocommerce_rest_invalid_image_url": Row(Sort.REFUSED, _PICTURE, "images"),
    "woocommerce_rest_invalid_remote_image_url": Row(Sort.REFUSED, _PICTURE, "images"),
    "woocommerce_rest_invalid_image": Row(Sort.REFUSED, _PICTURE, "images"),
    "woocommerce_product_invalid_image_id": Row(Sort.NOT_FOUND, _LOST_PICTURE, "images"),
    "woocommerce_variation_invalid_image_id": Row(Sort.NOT_FOUND, _LOST_PICTURE, "image"),
    "woocommerce_rest_invalid_item_id": Row(Sort.REFUSED, None, "lines"),
    "woocommerce_rest_invalid_customer_id": Row(Sort.REFUSED),
    "woocommerce_rest_required_product_reference": Row(Sort.REFUSED),
    "woocommerce_rest_invalid_shipping_item": Row(Sort.REFUSED),
    "woocommerce_rest_invalid_order_refund": Row(Sort.REFUSED, None, "amount"),
    # A 500 of which the shop is sure: it keeps no refund whose payment it could not return.
    "woocommerce_rest_cannot_create_order_refund": Row(Sort.REFUSED, None, "amount"),
    "woocommerce_rest_shop_webhook_invalid_topic": Row(Sort.REFUSED),
    "woocommerce_rest_shop_webhook_invalid_delivery_url": Row(
        Sort.REFUSED,
        "The shop refuses the address of our webhooks. SyncStore must be reachable from the shop.",
    ),
    "woocommerce_rest_request_entity_too_large": Row(Sort.REFUSED),
    "woocommerce_rest_trash_not_supported": Row(
        Sort.REFUSED,
        "This shop has no trash, so deleting would be final. Delete the product in WooCommerce.",
    ),
    "woocommerce_rest_cannot_delete": Row(Sort.PLATFORM),
    "internal_server_error": Row(Sort.PLATFORM),
}

# The request was taken for an anonymous one: the header was stripped, or the key is unknown.
ANONYMOUS: Final = frozenset(
    f"woocommerce_rest_cannot_{what}" for what in ("view", "create", "edit", "delete", "batch")
)
# Worth one second try after looking again.
WORTH_ANOTHER_LOOK: Final = frozenset(
    ("woocommerce_rest_product_not_created", "woocommerce_rest_term_invalid")
)
LOST_PICTURES: Final = frozenset(
    ("woocommerce_product_invalid_image_id", "woocommerce_variation_invalid_image_id")
)
# Refused for one field: the rest of the item goes through without it.
LEAVES_THE_REST: Final = frozenset(("product_invalid_sku", "product_invalid_global_unique_id"))
_UNDECIDED: Final = frozenset((500, 502, 504, 508, *range(520, 531)))
_CHALLENGE: Final = re.compile(rb"(?i)just a moment|captcha|cf-challenge|attention required")
_TAG: Final = re.compile(r"<[^>]*>")
_LONGEST: Final = 300
_LONGEST_CODE: Final = 60  # as far as rows keep it; plugins have longer ones


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why one item of a batch was refused."""

    code: str
    status: int
    sentence: str
    field: str | None = None
    owner: str | None = None  # who holds the SKU, GTIN or name
    is_gone: bool = False

    def problem(self, variant_key: str | None = None) -> Problem:
        """Say it to the merchant."""
        return Problem(
            self.sentence,
            field=self.field,
            code=self.code,
            variant_key=variant_key,
            owner_external_id=self.owner,
        )


def code_of(body: Any) -> str:
    """Return the error code of a body, or an empty text."""
    if not isinstance(body, Mapping):
        return ""
    code = body.get("code") or body.get("error") or ""
    return str(code)[:_LONGEST_CODE]


def _details(body: Mapping[str, Any]) -> Mapping[str, Any]:
    details = body.get("data")
    return details if isinstance(details, Mapping) else {}


def _words(body: Any) -> str:
    message = body.get("message") if isinstance(body, Mapping) else None
    text = html.unescape(_TAG.sub("", message)).strip() if isinstance(message, str) else ""
    return f"The shop refused this: “{text[:_LONGEST]}”" if text else "The shop refused this."


def item_error(body: Any) -> ItemError:
    """Read the `error` object of one item of a batch."""
    body = body if isinstance(body, Mapping) else {}
    code, details = code_of(body), _details(body)
    row = TABLE.get(code, Row(Sort.REFUSED))
    owner = details.get("resource_id")
    status = details.get("status")
    return ItemError(
        code=code or "unknown",
        status=status if isinstance(status, int) else 400,
        sentence=row.sentence or _words(body),
        field=row.field,
        owner=str(owner) if owner else None,
        is_gone=row.sort is Sort.NOT_FOUND and row.field is None,
    )


class CallRefused(Refused):
    """A refused call that carries what the shop said about the item."""

    def __init__(self, error: ItemError) -> None:
        self.error = error
        super().__init__(error.sentence, code=error.code)


def error_of(status: int, body: Any, *, is_write: bool) -> AdapterError:
    """Turn an API error into ours; after a write a 5xx leaves open what happened."""
    code = code_of(body)
    row = TABLE.get(code)
    if row is None:
        if status in (401, 403):
            return NeedsReauth(_KEYS, code=code or str(status))
        if status >= 500:
            return _platform(code or str(status), is_write=is_write)
        return CallRefused(item_error(body))
    if row.sort is Sort.PLATFORM:
        return _platform(code, is_write=is_write)
    if row.sort is Sort.REFUSED:
        return CallRefused(item_error(body))
    kind: type[AdapterError] = row.sort.value
    return kind(row.sentence or _words(body), code=code)


def _platform(code: str, *, is_write: bool) -> AdapterError:
    kind: type[AdapterError] = Unknown if is_write else Unavailable
    return kind(code=code)


def throttled(response: httpx.Response) -> Throttled | None:
    """Return the error when the host or a firewall asks us to slow down."""
    seconds = asked_to_wait(response)
    if seconds is None:
        return None
    return Throttled(code=str(response.status_code), retry_after=seconds)


def not_an_api(response: httpx.Response, *, is_write: bool) -> AdapterError:
    """Turn an answer that is no JSON into an error: something stands in front of the API."""
    status = response.status_code
    if response.is_redirect and (elsewhere := _moved_to(response)):
        return NeedsPerson(
            f"The shop has moved to {elsewhere}. Disconnect it and connect it again there.",
            code="moved",
        )
    if response.headers.get("cf-mitigated") == "challenge" or _CHALLENGE.search(response.content):
        return Unavailable(
            "A firewall in front of the shop asks for a human. Allow SyncStore on /wp-json/wc/ in"
            " the firewall or security plugin.",
            code="challenge",
        )
    if status in (401, 403):
        # It passes when the merchant lets us in, and nothing reached the shop.
        return Unavailable(
            "Something in front of the shop refuses us, such as a firewall or a password. Allow"
            " SyncStore on /wp-json/wc/.",
            code="blocked",
        )
    if status == 404:
        return Unsupported(
            "The shop has no API at its address. Check the address, and that permalinks are on.",
            code="no_api",
        )
    if is_write and (status < 400 or status in _UNDECIDED):
        return Unknown(code=f"not_json_{status}")
    return Unavailable(code=f"not_json_{status}")


def _moved_to(response: httpx.Response) -> str | None:
    """Return the address a redirect leads to, when it is not the one that was asked."""
    asked = str(response.request.url)
    target = urlsplit(urljoin(asked, response.headers.get("location", "")))
    here = urlsplit(asked)
    if (target.scheme, target.netloc) == (here.scheme, here.netloc):
        return None
    return f"{target.scheme}://{target.netloc}"
