"""Fields and their values: the words in which both sides of a sync are compared.

A product or variant, ours or theirs, is a mapping `field → value`. Values are plain JSON, so that
they can be stored as base, hashed and shown. An absent key means "this side does not carry the
field", None means "carried, and empty". Shapes by kind:

    SCALAR    str | bool | int | None        status, condition, brand, sku, gtin, tax class …
    TEXT      str | None                     title
    HTML      str | None                     description (sanitised)
    MONEY     {"minor": int, "currency": "USD"} | None
    QUANTITY  int | None                     None: stock is not counted
    MEASURE   {"value": "0.5", "unit": "lb"} | None
    MOMENT    "2026-11-20T00:00:00+00:00" | None
    SET       sorted list of str             tags, categories ("Clothing > Shirts")
    IMAGES    list of {"key": str, "alt": str|None, "url": str|None} in order; `key` identifies the
              picture on both sides (our media id once known, else "ext:<their id>")
    MAP       {name: [value, …]}             attributes that are not options
    OPTIONS   list of {"name": str, "values": [str, …]} in order
    CHOICE    {option name: value}           which option values a variant stands for
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

Value = Any
Values = Mapping[str, Value]


class Kind(StrEnum):
    """How two values of a field are compared and merged."""

    SCALAR = "scalar"
    TEXT = "text"
    HTML = "html"
    MONEY = "money"
    QUANTITY = "quantity"
    MEASURE = "measure"
    MOMENT = "moment"
    SET = "set"
    IMAGES = "images"
    MAP = "map"
    OPTIONS = "options"
    CHOICE = "choice"


class Group(StrEnum):
    """Field groups: a connection decides direction and owner per group."""

    CONTENT = "content"
    ORGANISATION = "organisation"
    MEDIA = "media"
    PRICE = "price"
    STOCK = "stock"
    IDENTITY = "identity"
    SHIPPING = "shipping"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a product or of a variant."""

    name: str
    kind: Kind
    group: Group
    label: str
    of_variant: bool = False


def _table(*fields: Field) -> dict[str, Field]:
    return {field.name: field for field in fields}


PRODUCT_FIELDS: Final = _table(
    Field("title", Kind.TEXT, Group.CONTENT, "Title"),
    Field("description", Kind.HTML, Group.CONTENT, "Description"),
    Field("short_description", Kind.HTML, Group.CONTENT, "Short description"),
    Field("status", Kind.SCALAR, Group.STATUS, "Status"),
    Field("brand", Kind.SCALAR, Group.ORGANISATION, "Brand"),
    Field("categories", Kind.SET, Group.ORGANISATION, "Categories"),
    Field("tags", Kind.SET, Group.ORGANISATION, "Tags"),
    Field("attributes", Kind.MAP, Group.ORGANISATION, "Attributes"),
    Field("options", Kind.OPTIONS, Group.CONTENT, "Options"),
    Field("images", Kind.IMAGES, Group.MEDIA, "Pictures"),
)

VARIANT_FIELDS: Final = _table(
    Field("sku", Kind.SCALAR, Group.IDENTITY, "SKU", of_variant=True),
    Field("gtin", Kind.SCALAR, Group.IDENTITY, "Barcode (GTIN)", of_variant=True),
    Field("choice", Kind.CHOICE, Group.CONTENT, "Option values", of_variant=True),
    Field("price", Kind.MONEY, Group.PRICE, "Price", of_variant=True),
    Field("sale_price", Kind.MONEY, Group.PRICE, "Sale price", of_variant=True),
    Field("sale_from", Kind.MOMENT, Group.PRICE, "Sale starts", of_variant=True),
    Field("sale_to", Kind.MOMENT, Group.PRICE, "Sale ends", of_variant=True),
    Field("quantity", Kind.QUANTITY, Group.STOCK, "Stock", of_variant=True),
    Field("backorders", Kind.SCALAR, Group.STOCK, "Backorders", of_variant=True),
    Field("weight", Kind.MEASURE, Group.SHIPPING, "Weight", of_variant=True),
    Field("length", Kind.MEASURE, Group.SHIPPING, "Length", of_variant=True),
    Field("width", Kind.MEASURE, Group.SHIPPING, "Width", of_variant=True),
    Field("height", Kind.MEASURE, Group.SHIPPING, "Height", of_variant=True),
    Field("image", Kind.SCALAR, Group.MEDIA, "Variant picture", of_variant=True),
)

FIELDS: Final[dict[str, Field]] = {**PRODUCT_FIELDS, **VARIANT_FIELDS}

# Values of the `status` field, the same on every side: what a shopper can buy, what is being
# prepared, what is hidden on purpose, what is gone.
PRODUCT_STATUSES: Final = ("active", "draft", "inactive", "archived")
BACKORDERS: Final = ("no", "notify", "yes")
