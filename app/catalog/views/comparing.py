"""Two people edited one product: what each side says, and what the reader chose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from app.catalog import values
from app.catalog.queries import ProductDetail
from app.catalog.service import ProductChange
from app.catalog.service.cleaning import clean_fields
from app.catalog.service.columns import PRODUCT_DEFAULTS, VARIANT_DEFAULTS
from app.catalog.views.showing import field_label, show_value


@dataclass(frozen=True, slots=True)
class Difference:
    """One field on which the form and the newest version differ."""

    key: str
    label: str
    where: str
    ours: str
    theirs: str
    is_both: bool  # both sides changed it since the form was opened
    is_ours: bool  # only the form changed it


def differences(
    change: ProductChange,
    product: ProductDetail,
    since: Mapping[tuple[str | None, str], Any],
    *,
    currency: str,
) -> list[Difference]:
    """Compare a stale form with what is there; `since` holds old values of what others changed."""
    found = _of(None, "", change.values, product.values, since, currency=currency)
    variants = {variant.id: variant for variant in product.variants}
    for key, wished in change.variants.items():
        variant = variants.get(key)
        if variant is not None:
            where = " / ".join(variant.values["choice"].values()) or variant.values["sku"] or ""
            found += _of(key, where, wished, variant.values, since, currency=currency)
    return found


def _of(
    variant_id: UUID | None,
    where: str,
    wished: Mapping[str, Any],
    there: Mapping[str, Any],
    since: Mapping[tuple[str | None, str], Any],
    *,
    currency: str,
) -> list[Difference]:
    known = PRODUCT_DEFAULTS if variant_id is None else VARIANT_DEFAULTS
    cleaned, _ = clean_fields(wished, known=known, currency=currency, is_strict=False)
    variant = str(variant_id) if variant_id else None
    found = []
    for name, ours in cleaned.items():
        theirs = there.get(name)
        if values.same(name, ours, theirs):
            continue
        at = (variant, name)
        has_changed = at in since
        base = since.get(at, theirs)
        is_ours = not values.same(name, ours, base)
        found.append(
            Difference(
                key=f"{variant or 'product'}.{name}",
                label=field_label(name),
                where=where,
                ours=show_value(name, ours),
                theirs=show_value(name, theirs),
                is_both=is_ours and has_changed,
                is_ours=is_ours,
            )
        )
    return found


def merged(change: ProductChange, sent: MultiDict[str, str], *, version: int) -> ProductChange:
    """Return the change without the fields for which the reader chose what is there."""
    theirs = {
        name.removeprefix("pick.")
        for name, choice in sent.items()
        if name.startswith("pick.") and choice == "theirs"
    }
    return replace(
        change,
        values={n: v for n, v in change.values.items() if f"product.{n}" not in theirs},
        variants={
            key: {n: v for n, v in wished.items() if f"{key}.{n}" not in theirs}
            for key, wished in change.variants.items()
        },
        expected_version=version,
    )
