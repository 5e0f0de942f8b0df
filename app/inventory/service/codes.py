"""What a person typed or scanned: the variant with this SKU, or with this barcode."""

from sqlalchemy import or_, select

from app.catalog import rules
from app.catalog.models import Variant
from app.core.errors import Invalid
from app.core.work import Work
from app.inventory.service.kits import kits_among


def variant_by_code(work: Work, code: str, *, field: str = "code") -> Variant:
    """Return the variant of a SKU or barcode; raises Invalid at the field.

    A kit is no good of its own: what is in it lies on the shelf.
    """
    code = code.strip()
    if not code:
        raise Invalid(fields={field: "Scan or type a SKU or a barcode."})
    key = rules.sku_key(code)
    found = work.session.scalars(
        select(Variant)
        .where(
            Variant.organization_id == work.organization_id,
            or_(Variant.sku_key == key, Variant.gtin.in_(_alike(code))),
        )
        .limit(3)
    ).all()
    named = [each for each in found if each.sku_key == key] or found
    if not named:
        raise Invalid(fields={field: f"No variant has “{code[:60]}” as its SKU or barcode."})
    if len(named) > 1:
        raise Invalid(
            fields={field: f"Several variants have the barcode “{code[:60]}”. Type the SKU."}
        )
    if kits_among(work.session, [named[0].id]):
        raise Invalid(fields={field: f"“{code[:60]}” is a kit. Name what is in it instead."})
    return named[0]


def _alike(code: str) -> list[str]:
    """Return a barcode in the forms scanners say it: twelve digits, or thirteen with a zero."""
    if code.isascii() and code.isdigit():
        if len(code) == 12:
            return [code, f"0{code}"]
        if len(code) == 13 and code.startswith("0"):
            return [code, code[1:]]
    return [code]
