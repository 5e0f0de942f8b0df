"""Products created and changed: only real differences, one version, one fact, one line each."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from app.catalog import service
from app.catalog.errors import HandleTaken, InvalidProducts, SkuTaken, StaleProduct
from app.catalog.models import FieldChange, Product, Variant
from app.catalog.rules import Layer
from app.catalog.service import ProductChange, VariantDraft
from app.core import db
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from tests.cast import cast
from tests.factories.catalog import draft, product, usd, values_of


def change(actor: Actor, product_id: UUID, origin: str = "web", **wish: Any) -> service.Changed:
    with unit_of_work(actor) as work:
        return service.change_product(work, ProductChange(product_id, **wish), origin=origin)


def row(actor: Actor, product_id: UUID) -> Product:
    with db.reading(actor) as session:
        return session.get_one(Product, product_id)


def facts(actor: Actor, name: str) -> list[dict[str, Any]]:
    with db.reading(actor) as session:
        return list(
            session.scalars(
                select(OutboxMessage.payload)
                .where(
                    OutboxMessage.organization_id == actor.organization_id,
                    OutboxMessage.name == name,
                )
                .order_by(OutboxMessage.id)
            )
        )


def history(actor: Actor, product_id: UUID) -> list[FieldChange]:
    with db.reading(actor) as session:
        found = session.scalars(
            select(FieldChange).where(FieldChange.product_id == product_id).order_by(FieldChange.id)
        )
        return list(found)


def test_a_product_comes_back_as_it_was_given(actor: Actor) -> None:
    key = product(
        actor,
        {
            "sku": "MUG-1",
            "gtin": "4006381333931",
            "choice": {"Colour": "Blue"},
            "price": usd(1250),
            "sale_price": usd(990),
            "sale_from": "2026-11-20T00:00:00+00:00",
            "sale_to": "2026-11-30T00:00:00+00:00",
            "quantity": 7,
            "weight": {"value": "0.50", "unit": "kg"},
            "prices": {"EUR": {"price": {"minor": 1100, "currency": "EUR"}, "sale_price": None}},
        },
        {"sku": "MUG-2", "choice": {"Colour": "Red"}, "price": usd(1300)},
        description="<p>Holds <b>tea</b></p>",
        brand="Acme",
        categories=["Kitchen > Mugs", "Gifts"],
        tags=["tea", "new"],
        attributes={"Material": ["Stoneware"]},
        status="active",
    )

    kept = values_of(actor, key)
    first, second = kept.variants.values()

    assert kept.values["categories"] == ["Gifts", "Kitchen > Mugs"]
    assert kept.values["tags"] == ["new", "tea"]
    assert kept.values["options"] == [{"name": "Colour", "values": ["Blue", "Red"]}]
    assert kept.values["description"] == "<p>Holds <b>tea</b></p>"
    assert (first["sku"], first["quantity"], first["price"]) == ("MUG-1", 7, usd(1250))
    assert first["weight"] == {"value": "0.5", "unit": "kg"}
    assert first["prices"]["EUR"]["price"]["minor"] == 1100
    assert second["quantity"] is None


def test_the_list_summary_follows_the_variants(actor: Actor) -> None:
    key = product(
        actor,
        {"sku": "A", "choice": {"Size": "S"}, "price": usd(500), "quantity": 2},
        {"sku": "B", "choice": {"Size": "M"}, "price": usd(900), "quantity": 3},
    )

    first = next(iter(values_of(actor, key).variants))
    change(actor, key, variants={first: {"price": usd(100), "quantity": 0}})
    kept = row(actor, key)

    assert (kept.variant_count, kept.first_sku) == (2, "A")
    assert (kept.price_min_minor, kept.price_max_minor, kept.stock_total) == (100, 900, 3)


def test_one_change_is_one_version_one_fact_and_one_line_per_field(actor: Actor) -> None:
    key = product(actor, {"sku": "MUG-1"})

    changed = change(actor, key, values={"title": "Blue mug", "brand": "Acme"})

    lines = history(actor, key)[1:]
    assert (changed.fields, changed.version) == (("title", "brand"), 2)
    assert [(line.field, line.old, line.new) for line in lines] == [
        ("title", "Mug", "Blue mug"),
        ("brand", None, "Acme"),
    ]
    assert facts(actor, "ProductChanged") == [
        {
            "product_id": str(key),
            "fields": ["title", "brand"],
            "variant_ids": [],
            "connection_id": None,
            "is_mass": False,
            "is_undo": False,
        }
    ]


def test_the_same_values_again_change_nothing(actor: Actor) -> None:
    key = product(
        actor,
        {"sku": "M", "weight": {"value": "1", "unit": "kg"}, "price": usd(100), "quantity": 1},
        tags=["a", "b"],
        description="<p>Tea</p>",
    )
    variant = next(iter(values_of(actor, key).variants))

    changed = change(
        actor,
        key,
        values={"title": " Mug ", "tags": ["b", "a"], "description": "<p>Tea</p>\r\n"},
        variants={
            variant: {
                "sku": "M ",
                "weight": {"value": "1000.0", "unit": "g"},
                "price": usd(100),
                "quantity": 1,
            }
        },
    )

    assert not changed.is_changed
    assert changed.version == 1
    assert facts(actor, "ProductChanged") == []
    assert len(history(actor, key)) == 1


def test_a_source_write_under_a_manual_edit_changes_only_its_layer(actor: Actor) -> None:
    key = product(actor, title="Mug", origin="import")
    change(actor, key, values={"title": "My mug"})

    changed = change(actor, key, origin="import", values={"title": "Their mug"})

    kept = row(actor, key)
    assert not changed.is_changed
    assert (kept.title, kept.version) == ("My mug", 2)
    assert kept.layers["title"] == {"source": "Their mug", "manual": "My mug"}


def test_an_accepted_suggestion_lies_between_source_and_manual(actor: Actor) -> None:
    key = product(actor, title="Mug", origin="import")

    with unit_of_work(actor) as work:
        service.change_products(
            work,
            [ProductChange(key, {"title": "Suggested mug"})],
            origin="web",
            layer=Layer.AI,
        )
    change(actor, key, origin="import", values={"title": "Sourced mug"})
    change(actor, key, values={"title": "Manual mug"})

    assert row(actor, key).layers["title"] == {
        "source": "Sourced mug",
        "ai": "Suggested mug",
        "manual": "Manual mug",
    }


def test_a_sync_write_goes_to_the_layer_on_top(actor: Actor) -> None:
    key = product(actor, title="Mug", origin="import")
    change(actor, key, values={"title": "My mug"})

    change(actor, key, origin="sync", values={"title": "Shop's mug"})

    kept = row(actor, key)
    assert kept.title == "Shop's mug"
    assert kept.layers["title"] == {"source": "Mug", "manual": "Shop's mug"}


def test_an_older_version_is_refused_with_both_sides(actor: Actor) -> None:
    key = product(actor)
    change(actor, key, values={"title": "Theirs"})

    with pytest.raises(StaleProduct) as refusal:
        change(actor, key, values={"title": "Ours"}, expected_version=1)

    assert refusal.value.ours["values"]["title"] == "Ours"
    assert refusal.value.theirs["values"]["title"] == "Theirs"
    assert row(actor, key).title == "Theirs"
    assert len(facts(actor, "ProductChanged")) == 1


def test_a_taken_sku_names_its_owner_whatever_its_case(actor: Actor) -> None:
    owner = product(actor, {"sku": "Mug-1"}, title="Blue mug")

    with pytest.raises(SkuTaken) as refusal:
        product(actor, {"sku": " MUG-1 "}, title="Other")

    assert refusal.value.owner_id == owner
    assert "Blue mug" in refusal.value.sentence
    assert refusal.value.fields.keys() == {"variants.0.sku"}


def test_a_sku_twice_in_one_batch_is_refused(actor: Actor) -> None:
    with pytest.raises(SkuTaken) as refusal, unit_of_work(actor) as work:
        service.create_products(work, [draft({"sku": "A"}), draft({"sku": "a"})], origin="import")

    assert refusal.value.item == 1


def test_blank_skus_never_collide(actor: Actor) -> None:
    first, second = product(actor, {"sku": ""}), product(actor, {"sku": "  "})

    assert first != second


def test_two_variants_may_swap_their_skus(actor: Actor) -> None:
    key = product(
        actor,
        {"sku": "A", "choice": {"Size": "S"}},
        {"sku": "B", "choice": {"Size": "M"}},
    )
    small, medium = values_of(actor, key).variants

    change(actor, key, variants={small: {"sku": "B"}, medium: {"sku": "A"}})

    assert [v["sku"] for v in values_of(actor, key).variants.values()] == ["B", "A"]


def test_the_same_sku_in_another_organization_is_free(actor: Actor, app: object) -> None:
    mallory = cast().mallory.actor
    product(actor, {"sku": "MUG-1"})

    assert product(mallory, {"sku": "MUG-1"}) is not None


def test_somebody_elses_product_is_not_found(actor: Actor) -> None:
    key = product(actor)

    with pytest.raises(NotFound):
        change(cast().mallory.actor, key, values={"title": "Stolen"})


def test_variants_are_added_removed_and_put_in_order(actor: Actor) -> None:
    key = product(
        actor,
        {"sku": "S", "choice": {"Size": "S"}},
        {"sku": "M", "choice": {"Size": "M"}},
    )
    small, medium = values_of(actor, key).variants

    changed = change(
        actor,
        key,
        new_variants=(VariantDraft({"sku": "L", "choice": {"Size": "L"}, "quantity": 4}),),
        removed_variants=(small,),
        variant_order=(),
    )

    kept = values_of(actor, key)
    assert [v["sku"] for v in kept.variants.values()] == ["M", "L"]
    assert kept.variants[changed.new_variant_ids[0]]["quantity"] == 4
    assert kept.values["options"] == [{"name": "Size", "values": ["S", "M", "L"]}]
    assert changed.removed_variant_ids == (small,)
    assert medium in kept.variants


def test_the_last_variant_stays(actor: Actor) -> None:
    key = product(actor, {"sku": "S"})
    only = next(iter(values_of(actor, key).variants))

    with pytest.raises(InvalidProducts, match="at least one variant"):
        change(actor, key, removed_variants=(only,))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "needs a title"),
        ("title", "x" * 256, "up to 255"),
        ("brand", "x" * 101, "up to 100"),
        ("status", "sold", "must be one of"),
        ("categories", ["x" * 101], "up to 100"),
        ("tags", [str(n) for n in range(251)], "up to 250"),
        ("colour", "blue", "not a field"),
    ],
)
def test_each_wrong_product_value_is_named_at_its_field(
    actor: Actor, field: str, value: Any, words: str
) -> None:
    key = product(actor)

    with pytest.raises(InvalidProducts) as refusal:
        change(actor, key, values={field: value})

    assert words in refusal.value.fields[field]
    assert row(actor, key).version == 1


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"sku": "x" * 101}, "sku", "up to 100"),
        ({"gtin": "4006381333932"}, "gtin", "last digit would be 1"),
        ({"price": {"minor": -1, "currency": "USD"}}, "price", "0 or more"),
        ({"price": {"minor": 1, "currency": "EUR"}}, "price", "priced in USD"),
        ({"price": usd(100), "sale_price": usd(200)}, "sale_price", "not be above"),
        (
            {
                "price": usd(100),
                "sale_from": "2026-11-30T00:00:00+00:00",
                "sale_to": "2026-11-01T00:00:00+00:00",
            },
            "sale_to",
            "end after it starts",
        ),
        ({"weight": {"value": "1", "unit": "cm"}}, "weight", "needs a unit"),
        ({"weight": {"value": "-1", "unit": "kg"}}, "weight", "must be a number"),
        ({"quantity": 1.5}, "quantity", "whole number"),
    ],
)
def test_each_wrong_variant_value_is_named_at_its_field(
    actor: Actor, values: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidProducts) as refusal:
        product(actor, values)

    assert words in refusal.value.fields[f"variants.0.{field}"]


def test_a_barcode_with_a_wrong_check_digit_is_taken_from_a_channel(actor: Actor) -> None:
    key = product(actor, {"gtin": "4006381333932"}, origin="sync")
    only = next(iter(values_of(actor, key).variants))

    change(actor, key, variants={only: {"gtin": "4006381333932", "sku": "NEW"}})

    assert values_of(actor, key).variants[only]["sku"] == "NEW"


def test_active_content_is_cut_out_of_descriptions(actor: Actor) -> None:
    key = product(
        actor,
        description='<p onclick="x()">Tea<script>alert(1)</script><a href="javascript:x">y</a></p>',
    )

    kept = values_of(actor, key).values["description"]

    assert not any(word in kept for word in ("script", "onclick", "javascript"))
    assert "Tea" in kept


def test_text_that_no_database_holds_is_mended(actor: Actor) -> None:
    key = product(actor, title="Mug\x00 \ud800 blue")

    assert values_of(actor, key).values["title"] == "Mug \ufffd blue"


def test_handles_are_made_from_titles_and_stay_unique(actor: Actor) -> None:
    first, second = product(actor, title="Blue Müg!"), product(actor, title="Blue Müg!")

    handles = {row(actor, first).handle, row(actor, second).handle}

    assert "blue-mug" in handles
    assert len(handles) == 2


def test_a_wished_handle_that_is_taken_is_refused(actor: Actor) -> None:
    product(actor, title="Mug")

    with pytest.raises(HandleTaken), unit_of_work(actor) as work:
        service.create_product(
            work, service.draft_of({"title": "Other"}, handle="mug"), origin="import"
        )


def test_a_thousand_products_take_few_statements(actor: Actor) -> None:
    drafts = [
        draft({"sku": f"S-{n}", "price": usd(n), "quantity": n}, title=f"Mug {n}", tags=["a"])
        for n in range(1000)
    ]
    statements: list[str] = []

    def count(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(db.engine(), "before_cursor_execute", count)
    try:
        with unit_of_work(actor) as work:
            ids = service.create_products(work, drafts, origin="import")
        created = len(statements)
        with unit_of_work(actor) as work:
            changes = [ProductChange(key, {"title": f"Cup {n}"}) for n, key in enumerate(ids)]
            service.change_products(work, changes, origin="import")
    finally:
        event.remove(db.engine(), "before_cursor_execute", count)

    assert created <= 14
    assert len(statements) - created <= 18


def test_what_another_variant_of_the_batch_gives_up_may_be_taken(actor: Actor) -> None:
    first = product(actor, {"sku": "A"}, title="First")
    second = product(actor, {"sku": "B"}, title="Second")
    one = next(iter(values_of(actor, first).variants))
    two = next(iter(values_of(actor, second).variants))

    with unit_of_work(actor) as work:
        service.change_products(
            work,
            [
                ProductChange(first, variants={one: {"sku": "C"}}),
                ProductChange(second, variants={two: {"sku": "A"}}),
            ],
            origin="bulk",
        )

    with db.reading(actor) as session:
        skus = set(session.scalars(select(Variant.sku_key)))
    assert skus == {"c", "a"}
