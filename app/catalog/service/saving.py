"""Products in memory written back: a handful of statements for any number of products."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update

from app.catalog import rules, stock
from app.catalog.errors import HandleTaken, SkuTaken
from app.catalog.models import Product, ProductCategory, ProductMedia, Variant, VariantPrice
from app.catalog.service import columns
from app.catalog.service.applying import Applied
from app.catalog.service.categories import ensure_categories
from app.catalog.service.drafts import Cause, ProductState, VariantState
from app.catalog.service.writing import among, insert_rows, update_rows
from app.core.work import Work

MAX_NAMED: Final = 500  # more live rows than this: browsers hear only that the list changed


def touch(work: Work, product_ids: Sequence[UUID]) -> None:
    """Name the rows and the list that changed, for browsers."""
    work.touch("products")
    if len(product_ids) <= MAX_NAMED:
        work.touch(*(f"product-{key}" for key in product_ids))


def check_skus(
    work: Work,
    products: Sequence[ProductState],
    *,
    fresh: Mapping[UUID, str],
    gone: Iterable[UUID] = (),
) -> None:
    """Refuse a SKU that is taken. `fresh`: variants whose SKU is new, with their form field."""
    owner: dict[str, tuple[ProductState, UUID]] = {}
    for product in products:
        for variant in product.variants.values():
            key = rules.sku_key(variant.values["sku"])
            if key is None:
                continue
            if key in owner and (variant.id in fresh or owner[key][1] in fresh):
                _refuse(products, product, variant.id, fresh, *_named(owner[key][0]))
            owner[key] = (product, variant.id)
    wanted = {key: (p, v) for key, (p, v) in owner.items() if v in fresh}
    if not wanted:
        return
    here = {variant_id for product in products for variant_id in product.variants} | set(gone)
    rows = work.session.execute(
        select(Variant.sku_key, Variant.id, Product.id, Product.title)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.organization_id == work.organization_id, among(Variant.sku_key, wanted))
    )
    for key, variant_id, owner_id, title in rows:
        if key is not None and variant_id not in here:
            product, mine = wanted[key]
            _refuse(products, product, mine, fresh, owner_id, title)


def _named(product: ProductState) -> tuple[UUID, str]:
    return product.id, product.values["title"]


def _refuse(
    products: Sequence[ProductState],
    product: ProductState,
    variant_id: UUID,
    fresh: Mapping[UUID, str],
    owner_id: UUID,
    owner_title: str,
) -> None:
    raise SkuTaken(
        product.variants[variant_id].values["sku"],
        owner_id=owner_id,
        owner_title=owner_title,
        field=fresh.get(variant_id, f"variants.{variant_id}.sku"),
        item=next(at for at, each in enumerate(products) if each.id == product.id),
    )


def choose_handles(work: Work, products: Sequence[ProductState]) -> None:
    """Give each new product a handle of its own; a wished one that is taken is refused."""
    wished = {p.id: p.handle for p in products if p.handle}
    bases = {p.id: p.handle or rules.slug(p.values["title"]) or "product" for p in products}
    taken = set(
        work.session.scalars(
            select(Product.handle).where(
                Product.organization_id == work.organization_id,
                among(Product.handle, set(bases.values())),
            )
        )
    )
    for at, product in enumerate(products):
        handle = bases[product.id]
        if handle in taken:
            if product.id in wished:
                raise HandleTaken(handle, item=at)
            handle = f"{handle}-{product.id.hex[-8:]}"
        taken.add(handle)
        product.handle = handle


def insert_products(
    work: Work, products: Sequence[ProductState], cause: Cause, currency: str
) -> None:
    """Write new products with everything that hangs on them."""
    organization_id, session = str(work.organization_id), work.session
    insert_rows(
        session,
        "products",
        [columns.product_row(p, organization_id=organization_id, now=work.now) for p in products],
    )
    _insert_variants(work, [(p, v) for p in products for v in p.variants.values()], currency)
    _place(work, products)
    _picture(work, products)
    _stock(work, [v for p in products for v in p.variants.values()], cause)


def _insert_variants(
    work: Work, pairs: Sequence[tuple[ProductState, VariantState]], currency: str
) -> None:
    organization_id = str(work.organization_id)
    rows = [
        columns.variant_row(v, product_id=p.id, organization_id=organization_id, currency=currency)
        for p, v in pairs
    ]
    insert_rows(work.session, "variants", rows)
    _price(work, [variant for _, variant in pairs])


def _price(work: Work, variants: Sequence[VariantState]) -> None:
    owner = str(work.organization_id)
    rows = [row for each in variants for row in columns.price_rows(each, organization_id=owner)]
    insert_rows(work.session, "variant_prices", rows)


def _place(work: Work, products: Sequence[ProductState]) -> None:
    ids = ensure_categories(work, {c for p in products for c in p.values["categories"]})
    rows = [
        {
            "organization_id": str(work.organization_id),
            "product_id": str(product.id),
            "category_id": str(ids[path]),
        }
        for product in products
        for path in product.values["categories"]
    ]
    insert_rows(work.session, "product_categories", rows)


def _picture(work: Work, products: Sequence[ProductState]) -> None:
    owner = str(work.organization_id)
    rows = [row for each in products for row in columns.media_rows(each, organization_id=owner)]
    insert_rows(work.session, "product_media", rows)


def _stock(work: Work, variants: Sequence[VariantState], cause: Cause) -> None:
    wanted = {v.id: v.values["quantity"] for v in variants if v.values["quantity"] is not None}
    if wanted:
        stock.keeper().set_quantities(work, wanted, origin=cause.origin)


def save_changes(work: Work, done: Sequence[Applied], cause: Cause, currency: str) -> None:
    """Write changed products back, with everything that hangs on them."""
    session, organization_id = work.session, str(work.organization_id)
    removed = [key for each in done for key in each.removed_ids]
    if removed:
        session.execute(delete(Variant).where(among(Variant.id, removed)))
    _free_skus(work, done)
    pairs = [(a.product, v) for a in done for v in a.product.variants.values()]
    new = {key for each in done for key in each.new_ids}
    rewritten = {key for each in done for key in each.rewritten} - new
    rows = [
        columns.variant_row(v, product_id=p.id, organization_id=organization_id, currency=currency)
        for p, v in pairs
        if v.id in rewritten
    ]
    update_rows(session, "variants", rows)
    _insert_variants(work, [(p, v) for p, v in pairs if v.id in new], currency)
    _replace_hangers(work, done)
    _save_stock(work, done, cause)
    update_rows(
        session,
        "products",
        [
            columns.product_row(
                a.product, organization_id=organization_id, now=a.product.updated_at or work.now
            )
            for a in done
        ],
    )


def _free_skus(work: Work, done: Sequence[Applied]) -> None:
    """Let variants of one batch swap SKUs although the unique index looks row by row."""
    moving = [key for each in done for key, names in each.variant_fields.items() if "sku" in names]
    if len(moving) > 1:
        session = work.session
        session.execute(update(Variant).where(among(Variant.id, moving)).values(sku_key=None))


def _replace_hangers(work: Work, done: Sequence[Applied]) -> None:
    session = work.session
    placed = [each.product for each in done if "categories" in each.fields]
    if placed:
        ids = [product.id for product in placed]
        session.execute(delete(ProductCategory).where(among(ProductCategory.product_id, ids)))
        _place(work, placed)
    pictured = [each.product for each in done if "images" in each.fields]
    if pictured:
        ids = [product.id for product in pictured]
        session.execute(delete(ProductMedia).where(among(ProductMedia.product_id, ids)))
        _picture(work, pictured)
    priced = [
        each.product.variants[key]
        for each in done
        for key, names in each.variant_fields.items()
        if "prices" in names
    ]
    if priced:
        ids = [variant.id for variant in priced]
        session.execute(delete(VariantPrice).where(among(VariantPrice.variant_id, ids)))
        _price(work, priced)


def _save_stock(work: Work, done: Sequence[Applied], cause: Cause) -> None:
    wanted: dict[UUID, int | None] = {}
    for each in done:
        variants = each.product.variants
        for key, names in each.variant_fields.items():
            if "quantity" in names:
                wanted[key] = variants[key].values["quantity"]
        for key in each.new_ids:
            if variants[key].values["quantity"] is not None:
                wanted[key] = variants[key].values["quantity"]
    if wanted:
        stock.keeper().set_quantities(work, wanted, origin=cause.origin)
