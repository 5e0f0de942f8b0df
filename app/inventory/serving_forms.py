"""Input of the page that tells what would come of an order."""

import re
from typing import Final

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.catalog.forms import Form
from app.inventory.routing import Spot

MOST_ITEMS: Final = 50
_MOST_UNITS: Final = 1_000_000
_ITEM: Final = re.compile(r"(?P<sku>.+?)(?:[\s,;]+[x×*]?\s*(?P<units>\d{1,7}))?")


def _strip(text: str | None) -> str:
    return (text or "").strip()


class WhatIfForm(Form):
    """An order that nobody placed: what is in it, and where it goes."""

    class Meta:
        """It changes nothing, so anybody's address of it may be opened."""

        csrf = False

    items = TextAreaField(
        "SKUs and units, one per line",
        [InputRequired("Name at least one SKU."), Length(max=5_000)],
        filters=[_strip],
    )
    country = StringField("Country", [Length(max=100)], filters=[_strip])
    region = StringField("State or region", [Length(max=100)], filters=[_strip])
    postcode = StringField("Postcode", [Length(max=20)], filters=[_strip])

    def wanted(self) -> dict[str, int]:
        """Return SKU → units; a line without a number means one."""
        found: dict[str, int] = {}
        for line in str(self.items.data or "").splitlines():
            if read := _ITEM.fullmatch(line.strip()):
                units = min(int(read["units"] or 1), _MOST_UNITS)
                found[read["sku"]] = min(found.get(read["sku"], 0) + units, _MOST_UNITS)
        return found

    def goes_to(self) -> Spot:
        """Return where it goes, as far as it was said."""
        return Spot.of(self.country.data or "", self.region.data or "", self.postcode.data or "")

    def is_said(self) -> bool:
        """Tell whether what was typed can be looked at; else the fields say why not."""
        if not self.validate():
            return False
        wanted = self.wanted()
        if len(wanted) > MOST_ITEMS:
            self.refuse_fields({"items": f"Name at most {MOST_ITEMS} SKUs."})
        if self.country.data and not self.goes_to().country:
            sentence = "Write a country by its name or its code of two letters, such as DE."
            self.refuse_fields({"country": sentence})
        return not self.errors
