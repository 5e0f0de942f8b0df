"""Shopify's three layers of errors → ours: HTTP status, top-level `errors`, `userErrors`.

Codes are matched first; where a payload has none (plain `UserError`), a few texts are, defensively.
A code that is not in a table is refused loudly, with Shopify's own words.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from app.adapters.errors import (
    AdapterError,
    Gone,
    NeedsPerson,
    NeedsReauth,
    Refused,
    Throttled,
    Unavailable,
    Unknown,
)
from app.adapters.types import Problem

THROTTLED: Final = "THROTTLED"
TOO_COSTLY: Final = "MAX_COST_EXCEEDED"
_THROTTLED_WORD: Final = "Throttled"  # all there is where the code is left out
_LONGEST: Final = 300


class Sort(Enum):
    """What an error means for the one who asked."""

    AUTHENTICATION = "authentication"
    CLOSED = "shop_closed"
    VALIDATION = "validation"
    RATE_LIMIT = "rate_limit"
    PLATFORM = "platform_error"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Row:
    """What one code means. `field` is ours; None leaves it to the path of the error."""

    sort: Sort
    sentence: str | None = None  # None: Shopify's own words
    field: str | None = None


_KEYS = "Shopify no longer accepts our key to this shop. Connect the shop again."
_FROZEN = (
    "Shopify has frozen this shop, usually over an unpaid bill. Open it again in Shopify; SyncStore"
    " goes on afterwards."
)
_OUR_BUG = "Shopify did not understand SyncStore. Tell us: this is our mistake."
_GONE = "This product no longer exists in Shopify."
_VARIANT_GONE = "This variant no longer exists in Shopify."
_LOCATION = "This location no longer exists in Shopify. Choose another one for this connection."

HTTP: Final[Mapping[int, Row]] = {
    400: Row(Sort.VALIDATION, _OUR_BUG),
    401: Row(Sort.AUTHENTICATION, _KEYS),
    402: Row(Sort.CLOSED, _FROZEN),
    403: Row(
        Sort.AUTHENTICATION,
        "Shopify refuses our key to this shop, or it lacks a permission. Connect the shop again.",
    ),
    404: Row(Sort.CLOSED, "There is no Shopify shop at this address. Check the address."),
    406: Row(Sort.VALIDATION, _OUR_BUG),
    422: Row(Sort.VALIDATION, _OUR_BUG),
    423: Row(Sort.CLOSED, "Shopify has locked this shop. Ask Shopify's support why."),
    430: Row(
        Sort.PLATFORM, "Shopify's security turned us away for a while. SyncStore tries again."
    ),
}

TOP: Final[Mapping[str, Row]] = {
    THROTTLED: Row(Sort.RATE_LIMIT),
    "ACCESS_DENIED": Row(
        Sort.AUTHENTICATION,
        "SyncStore lacks a permission in this shop. Connect it again and agree to all of them.",
    ),
    TOO_COSTLY: Row(Sort.VALIDATION, _OUR_BUG),
    "SHOP_INACTIVE": Row(Sort.CLOSED, _FROZEN),
    "INTERNAL_SERVER_ERROR": Row(Sort.PLATFORM),
    "SERVICE_UNAVAILABLE": Row(Sort.PLATFORM),
    "TIMEOUT": Row(Sort.PLATFORM),
    "BAD_REQUEST": Row(Sort.VALIDATION, _OUR_BUG),
    "INVALID_FIELD_ARGUMENTS": Row(Sort.VALIDATION, _OUR_BUG),
    "undefinedField": Row(Sort.VALIDATION, _OUR_BUG),
    "NOT_FOUND": Row(Sort.NOT_FOUND, _GONE),
    "TOO_MANY_PARALLEL_REQUESTS_FOR_THIS_PRODUCT": Row(
        Sort.CONFLICT, "Shopify is changing this product this moment. SyncStore tries again."
    ),
    "IDEMPOTENCY_CONCURRENT_REQUEST": Row(Sort.CONFLICT),
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": Row(Sort.CONFLICT),
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": Row(Sort.VALIDATION, _OUR_BUG),
}

# What became of a key that was sent before.
OF_KEYS: Final = ("IDEMPOTENCY_CONCURRENT_REQUEST", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")

_TAKEN_OPTION = "Two variants stand for the same option values. Give each its own."
USER: Final[Mapping[str, Row]] = {
    "CAPABILITY_VIOLATION": Row(Sort.VALIDATION),
    "PRODUCT_SUSPENDED": Row(
        Sort.VALIDATION, "Shopify has suspended this product. Ask Shopify's support why."
    ),
    "INVALID_METAFIELD": Row(Sort.VALIDATION, None, "attributes"),
    "METAFIELD_MISMATCH": Row(Sort.VALIDATION, _OUR_BUG),
    "ID_NOT_ALLOWED": Row(Sort.VALIDATION, _OUR_BUG),
    "INPUT_MISMATCH": Row(Sort.VALIDATION, _OUR_BUG),
    "MISSING_FIELD_REQUIRED": Row(Sort.VALIDATION),
    "INVALID_INPUT": Row(Sort.VALIDATION),
    "INVALID_VALUE": Row(Sort.VALIDATION),
    "INVALID": Row(Sort.VALIDATION),
    "BLANK": Row(Sort.VALIDATION),
    "TOO_LONG": Row(Sort.VALIDATION, "This text is too long for Shopify. Shorten it."),
    "TOO_SHORT": Row(Sort.VALIDATION),
    "OPTION_VALUE_NAME_TOO_LONG": Row(
        Sort.VALIDATION, "An option value is too long for Shopify. Shorten it.", "options"
    ),
    "OPTIONS_OVER_LIMIT": Row(
        Sort.VALIDATION, "Shopify takes three options per product. Remove some.", "options"
    ),
    "OPTION_VALUES_OVER_LIMIT": Row(
        Sort.VALIDATION, "This option has more values than Shopify takes.", "options"
    ),
    "VARIANTS_OVER_LIMIT": Row(
        Sort.VALIDATION, "This product has more variants than this shop takes.", "options"
    ),
    "OPTION_DOES_NOT_EXIST": Row(Sort.VALIDATION, None, "options"),
    "OPTION_VALUE_DOES_NOT_EXIST": Row(Sort.VALIDATION, None, "options"),
    "OPTION_VALUES_MISSING": Row(Sort.VALIDATION, None, "options"),
    "NEED_TO_ADD_OPTION_VALUES": Row(Sort.VALIDATION, None, "choice"),
    "PRODUCT_OPTIONS_INPUT_MISSING": Row(Sort.VALIDATION, _OUR_BUG),
    "VARIANTS_INPUT_MISSING": Row(Sort.VALIDATION, _OUR_BUG),
    "DUPLICATED_OPTION_NAME": Row(
        Sort.CONFLICT, "Two options have the same name. Rename one.", "options"
    ),
    "DUPLICATED_OPTION_VALUE": Row(
        Sort.CONFLICT, "An option names the same value twice. Remove one.", "options"
    ),
    "DUPLICATED_VALUE": Row(Sort.CONFLICT),
    "DUPLICATED_METAFIELD_VALUE": Row(
        Sort.CONFLICT, "Another product in the shop carries SyncStore's mark of this one."
    ),
    "VARIANT_ALREADY_EXISTS": Row(Sort.CONFLICT, _TAKEN_OPTION, "choice"),
    "VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE": Row(Sort.CONFLICT, _TAKEN_OPTION, "choice"),
    "HANDLE_NOT_UNIQUE": Row(
        Sort.CONFLICT, "Another product in the shop already has this address (handle)."
    ),
    "TAKEN": Row(Sort.CONFLICT),
    "STALE_OBJECT": Row(Sort.CONFLICT),
    "NEGATIVE_PRICE_VALUE": Row(Sort.VALIDATION, "A price cannot be negative.", "price"),
    "GREATER_THAN_OR_EQUAL_TO": Row(Sort.VALIDATION, None, "price"),
    "CANNOT_DELETE_LAST_VARIANT": Row(
        Sort.VALIDATION, "A product in Shopify keeps at least one variant. Remove the product."
    ),
    "PRODUCT_DOES_NOT_EXIST": Row(Sort.NOT_FOUND, _GONE),
    "PRODUCT_VARIANT_DOES_NOT_EXIST": Row(Sort.NOT_FOUND, _VARIANT_GONE),
    "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT": Row(Sort.NOT_FOUND, _VARIANT_GONE),
    "NOT_FOUND": Row(Sort.NOT_FOUND, _GONE),
    "INVALID_INVENTORY_ITEM": Row(Sort.NOT_FOUND, _VARIANT_GONE, "quantity"),
    "NON_MUTABLE_INVENTORY_ITEM": Row(Sort.VALIDATION, None, "quantity"),
    "INVALID_LOCATION": Row(Sort.NOT_FOUND, _LOCATION, "quantity"),
    "TRACKED_VARIANT_LOCATION_NOT_FOUND": Row(Sort.NOT_FOUND, _LOCATION, "quantity"),
    "CHANGE_FROM_QUANTITY_STALE": Row(
        Sort.CONFLICT, "The shop's stock changed meanwhile. SyncStore looks again.", "quantity"
    ),
    "INVALID_QUANTITY_TOO_LOW": Row(Sort.VALIDATION, "This stock is too low.", "quantity"),
    "INVALID_QUANTITY_TOO_HIGH": Row(Sort.VALIDATION, "This stock is too high.", "quantity"),
    "INVALID_QUANTITY_NEGATIVE": Row(
        Sort.VALIDATION, "Shopify does not take negative stock here.", "quantity"
    ),
    "INVALID_REASON": Row(Sort.VALIDATION, _OUR_BUG, "quantity"),
    "INVALID_NAME": Row(Sort.VALIDATION, _OUR_BUG, "quantity"),
    "IDEMPOTENCY_CONCURRENT_REQUEST": Row(Sort.CONFLICT),
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": Row(Sort.CONFLICT),
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": Row(Sort.VALIDATION, _OUR_BUG),
    "GENERIC_ERROR": Row(Sort.PLATFORM),
    "JOB_ERROR": Row(Sort.PLATFORM),
    "OPERATION_IN_PROGRESS": Row(Sort.RATE_LIMIT),
    "LIMIT_REACHED": Row(Sort.RATE_LIMIT),
    "PRODUCT_MEDIA_LIMIT_EXCEEDED": Row(
        Sort.VALIDATION, "Shopify takes 250 pictures per product. Remove some.", "images"
    ),
}

# Where a payload has no codes. What they mean has been stable for years; the words vary a little.
_TEXTS: Final = (
    (re.compile(r"(?i)does(?: not|n't) exist|not found|could not be found"), "NOT_FOUND"),
    (re.compile(r"(?i)already been taken|has already been"), "TAKEN"),
    (re.compile(r"(?i)too long"), "TOO_LONG"),
    (re.compile(r"(?i)request is currently in progress"), "IDEMPOTENCY_CONCURRENT_REQUEST"),
    (re.compile(r"(?i)idempotency key failed"), "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"),
)
# The last word of a path that we know → our field.
_FIELDS: Final[Mapping[str, str]] = {
    "title": "title",
    "descriptionHtml": "description",
    "status": "status",
    "vendor": "brand",
    "productType": "categories",
    "category": "categories",
    "tags": "tags",
    "productOptions": "options",
    "optionValues": "choice",
    "files": "images",
    "originalSource": "images",
    "file": "image",
    "mediaId": "image",
    "price": "price",
    "compareAtPrice": "price",
    "sku": "sku",
    "barcode": "gtin",
    "inventoryPolicy": "backorders",
    "inventoryQuantities": "quantity",
    "quantities": "quantity",
    "tracked": "quantity",
    "measurement": "weight",
    "weight": "weight",
    "metafields": "attributes",
    "lineItemsByFulfillmentOrder": "lines",
    "refundLineItems": "lines",
    "transactions": "amount",
    "company": "carrier",
    "number": "number",
    "url": "url",
}


@dataclass(frozen=True, slots=True)
class UserError:
    """One entry of `userErrors`. `index` is the row of the input list it is about."""

    code: str
    message: str
    path: tuple[str, ...] = ()

    @property
    def row(self) -> Row:
        """What the code means."""
        return USER.get(self.code) or Row(Sort.VALIDATION)

    @property
    def field(self) -> str | None:
        """Our field: from the table, else from the path, innermost name first."""
        named = (_FIELDS[part] for part in reversed(self.path) if part in _FIELDS)
        return self.row.field or next(named, None)

    @property
    def sentence(self) -> str:
        """Our sentence, or Shopify's own words."""
        return self.row.sentence or words(self.message)

    @property
    def is_gone(self) -> bool:
        """Tell whether the object named does not exist."""
        return self.row.sort is Sort.NOT_FOUND

    def index_in(self, name: str) -> int | None:
        """Return the number that follows a name in the path: which row was refused."""
        for word, following in zip(self.path, self.path[1:], strict=False):
            if word == name and following.isdigit():
                return int(following)
        return None

    def problem(self, variant_key: str | None = None) -> Problem:
        """Say it to the merchant."""
        return Problem(self.sentence, self.field, self.code, variant_key)


def words(message: str) -> str:
    """Return a sentence around Shopify's own words."""
    text = " ".join(message.split())[:_LONGEST]
    return f"Shopify refused this: “{text}”" if text else "Shopify refused this."


def order_problem(error: UserError) -> Problem:
    """Say what an order was refused for; what is gone is no product here."""
    sentence = words(error.message) if error.is_gone else error.sentence
    return Problem(sentence, error.field, error.code)


def user_errors(payload: Any, name: str = "userErrors") -> list[UserError]:
    """Read the user errors of a mutation's payload."""
    listed = payload.get(name) if isinstance(payload, Mapping) else None
    return [_user_error(each) for each in listed or () if isinstance(each, Mapping)]


def _user_error(entry: Mapping[str, Any]) -> UserError:
    message = str(entry.get("message") or "")
    code = entry.get("code")
    path = entry.get("field")
    return UserError(
        code=str(code) if code else _guessed(message),
        message=message,
        path=tuple(str(part) for part in path) if isinstance(path, list) else (),
    )


def _guessed(message: str) -> str:
    return next((code for pattern, code in _TEXTS if pattern.search(message)), "UNTYPED")


class ItemRefused(Refused):
    """A mutation refused with user errors."""

    def __init__(self, errors: Sequence[UserError]) -> None:
        self.errors = tuple(errors)
        super().__init__(errors[0].sentence, code=errors[0].code)


class TooCostly(Refused):
    """The request asked for more points than one may; a smaller one may pass."""


class Busy(Unavailable):
    """The object is being changed by somebody else this moment."""


def top_codes(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return (code, message) of every top-level error."""
    listed = answer.get("errors")
    if isinstance(listed, str):  # a refused token answers with a plain text
        yield "", listed
        return
    for entry in listed if isinstance(listed, list) else ():
        extensions = entry.get("extensions") if isinstance(entry, Mapping) else None
        code = extensions.get("code") if isinstance(extensions, Mapping) else None
        message = entry.get("message") if isinstance(entry, Mapping) else entry
        if not code and message == _THROTTLED_WORD:
            code = THROTTLED
        yield str(code or ""), str(message or "")


def of_top(code: str, message: str, *, is_write: bool, wait: float | None) -> AdapterError:
    """Turn a top-level error into ours."""
    row = TOP.get(code, Row(Sort.VALIDATION))
    if row.sort is Sort.RATE_LIMIT:
        return Throttled(code=code, retry_after=wait or 1.0)
    if code == TOO_COSTLY:
        return TooCostly(row.sentence, code=code)
    if row.sort is Sort.CONFLICT:
        return Busy(row.sentence, code=code)
    return _of(row, code or "unknown", words(message), is_write=is_write)


def of_status(status: int, message: str, *, is_write: bool) -> AdapterError | None:
    """Turn an HTTP status into our error; None for one that is no error by itself."""
    if status < 300:
        return None
    if status < 400:
        return NeedsPerson(
            "The shop has moved to another address. Connect it again with its myshopify.com"
            " address.",
            code="moved",
        )
    if status >= 500:
        return _of(Row(Sort.PLATFORM), str(status), "", is_write=is_write)
    row = HTTP.get(status, Row(Sort.VALIDATION))
    return _of(row, str(status), words(message), is_write=is_write)


def _of(row: Row, code: str, theirs: str, *, is_write: bool) -> AdapterError:
    sentence = row.sentence or theirs
    if row.sort is Sort.AUTHENTICATION:
        return NeedsReauth(sentence, code=code)
    if row.sort is Sort.CLOSED:
        return NeedsPerson(sentence, code=code)
    if row.sort is Sort.PLATFORM:
        kind: type[AdapterError] = Unknown if is_write and code != "430" else Unavailable
        return kind(row.sentence, code=code)
    if row.sort is Sort.NOT_FOUND:
        return Gone(sentence, code=code)
    return Refused(sentence, code=code)
