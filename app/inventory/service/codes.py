"""What a person typed or scanned: the variant with this SKU, or with this barcode."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.catalog import rules
from app.catalog.models import Product, Variant
from app.catalog.service.writing import among
from app.core.errors import Invalid
from app.core.work import Work
from app.inventory.service.kits import kits_among


@dataclass(frozen=True, slots=True)
class Named:
    """A variant, and what people call it."""

    id: UUID
    name: str
    code: str


def variant_by_code(work: Work, code: str, *, field: str = "code") -> UUID:
    """Return the variant of a SKU or barcode; raises Invalid at the field."""
    code = code.strip()
    if not code:
        raise Invalid(fields={field: "Scan or type a SKU or a barcode."})
    found = find_codes(work.session, work.organization_id, [code])[code]
    if isinstance(found, str):
        raise Invalid(fields={field: found})
    return found.id


def find_codes(
    session: Session, organization_id: UUID, codes: Iterable[str]
) -> dict[str, Named | str]:
    """Return the variant of each SKU or barcode, or the sentence that says why there is none.

    A kit is no good of its own: what is in it lies on the shelf.
    """
    keys = {code: rules.sku_key(code) for code in codes}
    alike = {code: _alike(code) for code in keys}
    barcodes = [each for some in alike.values() for each in some]
    rows = session.execute(
        select(
            Variant.id, Variant.sku, Variant.sku_key, Variant.gtin, Variant.choice, Product.title
        )
        .join(Product, Product.id == Variant.product_id)
        .where(
            Variant.organization_id == organization_id,
            or_(among(Variant.sku_key, set(keys.values())), among(Variant.gtin, barcodes)),
        )
    ).all()
    by_sku: dict[str | None, Named] = {}
    by_barcode: dict[str | None, list[Named]] = {}
    for row in rows:
        name = " / ".join([row.title, *map(str, row.choice.values())])
        named = by_sku[row.sku_key] = Named(row.id, name, row.sku or row.gtin or "")
        by_barcode.setdefault(row.gtin, []).append(named)
    kits = kits_among(session, [row.id for row in rows])
    found: dict[str, Named | str] = {}
    for code, key in keys.items():
        said = [each for form in alike[code] for each in by_barcode.get(form, ())]
        found[code] = _only(code, [by_sku[key]] if key in by_sku else said, kits)
    return found


def _only(code: str, named: list[Named], kits: Iterable[UUID]) -> Named | str:
    if not named:
        return f"No variant has “{code[:60]}” as its SKU or barcode."
    if len(named) > 1:
        return f"Several variants have the barcode “{code[:60]}”. Type the SKU."
    if named[0].id in kits:
        return f"“{code[:60]}” is a kit. Name what is in it instead."
    return named[0]


def _alike(code: str) -> list[str]:
    """Return a barcode in the forms scanners say it: twelve digits, or thirteen with a zero."""
    if code.isascii() and code.isdigit():
        if len(code) == 12:
            return [code, f"0{code}"]
        if len(code) == 13 and code.startswith("0"):
            return [code, code[1:]]
    return [code]
