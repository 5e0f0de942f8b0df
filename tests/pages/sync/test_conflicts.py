"""The pages of conflicts, from the shop's edit to the value on both sides, through HTTP."""

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.catalog import service as catalog
from app.connections.models import Connection
from app.core.db import reading
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState
from app.notices.models import Notice
from app.sync import resolving
from app.sync.models import Conflict, ConflictComment
from tests.cast import Cast, Person, enter
from tests.pages.sync.place import PARTIAL, Place


def test_from_notice_to_a_value_of_its_own_on_both_sides(acme: Place) -> None:
    product = acme.dispute()
    conflict = acme.open()

    bell = acme.client.get("/notices").text
    shown_list = acme.client.get(f"/sync/conflicts?connection={acme.store.connection_id}").text
    detail = acme.client.get(f"/sync/conflicts/{conflict.id}").text
    answer = acme.send(f"/sync/conflicts/{conflict.id}", choice="edited", value="A mug of ours")
    acme.shop.settle()

    assert "was changed on both sides" in bell
    assert "Our Mug" in re.sub(r"<[^>]+>", "", shown_list)
    assert "Keep yours" in detail
    assert 'name="value" value="' in detail
    assert answer.status_code == 303
    assert acme.shop.values(product).values["title"] == "A mug of ours"
    assert acme.store.state.product(acme.row())["name"] == "A mug of ours"
    decided = acme.client.get("/sync/conflicts?view=decided").text
    assert "Alice: a value of its own" in decided
    assert "A mug of ours" in decided


@pytest.mark.parametrize(("choice", "title"), [("ours", "Our Mug"), ("theirs", "Their Mug")])
def test_a_side_is_chosen_on_the_list(acme: Place, choice: str, title: str) -> None:
    product = acme.dispute()

    answer = acme.send(f"/sync/conflicts/{acme.open().id}", choice=choice)
    acme.shop.settle()

    assert answer.status_code == 303
    assert acme.shop.values(product).values["title"] == title
    assert acme.store.state.product(acme.row())["name"] == title


def test_a_picture_that_the_shop_shows_twice_is_drawn(acme: Place) -> None:
    acme.dispute()
    first, second = ({"key": f"ext:{at}", "alt": f"View {at}", "url": None} for at in (1, 2))
    with unit_of_work(acme.shop.actor) as work:
        row = work.session.get_one(Conflict, acme.open().id)
        row.field, row.base, row.theirs = "images", [first, second], [first, first, second]

    shown_list = acme.client.get("/sync/conflicts")
    detail = acme.client.get(f"/sync/conflicts/{acme.open().id}")

    assert (shown_list.status_code, detail.status_code) == (200, 200)


def test_with_htmx_a_decision_leads_back_to_the_filtered_list(acme: Place) -> None:
    acme.dispute()

    answer = acme.send(
        f"/sync/conflicts/{acme.open().id}?field=title", headers=PARTIAL, choice="ours"
    )

    assert answer.headers["HX-Location"] == "/sync/conflicts?field=title"


def test_a_value_that_moved_is_shown_and_nothing_is_written(acme: Place) -> None:
    product = acme.dispute()
    conflict = acme.open()
    seen = resolving.seen_as("title", conflict.ours, conflict.theirs)
    acme.store.state.edit_product(acme.row(), name="Their other mug")
    acme.shop.settle()

    answer = acme.send(
        f"/sync/conflicts/{conflict.id}", choice="theirs", **{f"seen-{conflict.id}": seen}
    )

    assert answer.status_code == 409
    assert "A value changed while you were deciding" in answer.text
    assert "other" in answer.text
    assert acme.shop.values(product).values["title"] == "Our Mug"
    assert acme.open().id == conflict.id


def test_our_value_is_shown_as_it_is_now(acme: Place) -> None:
    product = acme.dispute()

    acme.shop.change(product, title="Our newest mug")

    assert "newest" in acme.client.get("/sync/conflicts").text
    assert "newest" in acme.client.get(f"/sync/conflicts/{acme.open().id}").text


def test_a_value_that_cannot_be_taken_is_refused_beside_what_was_typed(acme: Place) -> None:
    acme.dispute()

    answer = acme.send(f"/sync/conflicts/{acme.open().id}", choice="edited", value=" ")

    assert answer.status_code == 422
    assert "A product needs a title." in answer.text
    assert len(acme.shop.conflicts()) == 1


def test_many_are_decided_after_a_sentence_that_says_what_moves(acme: Place) -> None:
    first, second = acme.dispute("Mug"), acme.dispute("Cup")
    ids = [str(each.id) for each in acme.shop.conflicts()]

    review = acme.send("/sync/conflicts/review", choice="theirs", ids=ids).text
    before = len(acme.shop.conflicts())
    answer = acme.send("/sync/conflicts/decide", choice="theirs", ids=ids)
    acme.shop.settle()

    assert "2 conflicts, 2 products: this sends 0 values and takes in 2." in review
    assert before == 2
    assert answer.status_code == 303
    titles = {acme.shop.values(each).values["title"] for each in (first, second)}
    assert titles == {"Their Mug", "Their Cup"}


def test_all_that_the_filters_leave_can_be_reviewed(acme: Place) -> None:
    acme.dispute("Mug")
    acme.dispute("Cup")

    review = acme.send("/sync/conflicts/review?q=Mug", choice="ours", everything="1").text

    assert "1 conflict, 1 product: this sends 1 value and takes in 0." in review


def test_a_choice_of_neither_side_is_refused(acme: Place) -> None:
    acme.dispute()

    paths = ("review", "decide", str(acme.open().id))
    answers = [acme.send(f"/sync/conflicts/{each}", choice="both").status_code for each in paths]

    assert answers == [422, 422, 422]
    assert len(acme.shop.conflicts()) == 1


def test_one_of_many_that_moved_is_left_and_named(acme: Place) -> None:
    acme.dispute("Mug")
    acme.dispute("Cup")
    moved, still = acme.shop.conflicts()

    answer = acme.send(
        "/sync/conflicts/decide",
        choice="ours",
        ids=[str(moved.id), str(still.id)],
        **{f"seen-{moved.id}": "something else"},
    )
    shown = acme.client.get(answer.location).text

    assert "Decided 1 conflict." in shown
    assert "1 conflict left as is" in shown
    assert acme.open().id == moved.id


def test_always_becomes_a_rule_of_the_connection(acme: Place) -> None:
    acme.dispute("Mug")
    acme.dispute("Cup")
    one = acme.shop.conflicts()[0]

    answer = acme.send(f"/sync/conflicts/{one.id}", choice="ours", always="1")
    acme.shop.settle()

    assert "It decides 1 more conflict now." in acme.client.get(answer.location).text
    assert acme.shop.conflicts() == []
    with reading(acme.shop.actor) as session:
        row = session.get_one(Connection, acme.store.connection_id)
    assert row.settings["groups"]["content"] == {"direction": "both", "on_both": "ours"}
    assert "By rule: your value stays" in acme.client.get("/sync/conflicts?view=decided").text


def test_a_manager_decides_but_makes_no_rules(acme: Place, manager: Person) -> None:
    acme.dispute()
    enter(acme.client, manager)
    path = f"/sync/conflicts/{acme.open().id}"

    refused = acme.send(path, choice="ours", always="1")
    shown = acme.client.get(path).text
    taken = acme.send(path, choice="ours")

    assert refused.status_code == 403
    assert "Always do this" not in shown
    assert taken.status_code == 303


@pytest.mark.parametrize("who", ["bob", "carol"])
def test_whoever_may_only_look_sees_and_decides_nothing(
    acme: Place, people: Cast, who: str
) -> None:
    acme.dispute()
    conflict = acme.open()
    enter(acme.client, getattr(people, who))
    path = f"/sync/conflicts/{conflict.id}"

    shown = acme.client.get(path)
    answers = [
        acme.send(path, choice="ours"),
        acme.send(f"{path}/assign", assignee=""),
        acme.send(f"{path}/comments", text="Hello"),
        acme.send("/sync/conflicts/review", choice="ours", ids=[str(conflict.id)]),
        acme.send("/sync/conflicts/decide", choice="ours", ids=[str(conflict.id)]),
    ]

    assert shown.status_code == 200
    assert "Keep yours" not in shown.text
    assert {each.status_code for each in answers} == {403}
    assert acme.open().id == conflict.id


def test_another_organization_finds_nothing(acme: Place, people: Cast) -> None:
    acme.dispute()
    conflict = acme.open()
    enter(acme.client, people.mallory)
    path = f"/sync/conflicts/{conflict.id}"

    answers = [
        acme.client.get(path),
        acme.send(path, choice="ours"),
        acme.send(path, choice="edited", value="Mine"),
        acme.send(f"{path}/assign", assignee=str(people.mallory.user_id)),
        acme.send(f"{path}/comments", text="Hello"),
    ]

    assert {each.status_code for each in answers} == {404}
    assert acme.client.get("/sync/conflicts").text.count("Our Mug") == 0
    assert acme.open().id == conflict.id


def test_a_conflict_is_given_to_a_member_who_hears_of_it(acme: Place, manager: Person) -> None:
    acme.dispute()
    path = f"/sync/conflicts/{acme.open().id}"

    page = acme.send(f"{path}/assign", headers=PARTIAL, assignee=str(manager.user_id)).text

    assert "Dora" in page
    with reading(manager.actor) as session:
        mine = select(Notice).where(Notice.user_id == manager.user_id)
        (notice,) = session.scalars(mine)
    assert (notice.title, notice.link) == ("Alice gave you a conflict", path)
    assert "Their Mug" in notice.body
    listed = acme.client.get(f"/sync/conflicts?assignee={manager.user_id}").text
    assert f'id="conflict-{acme.open().id}"' in listed
    assert "No conflict fits" in acme.client.get("/sync/conflicts?assignee=nobody").text


def test_nobody_from_outside_is_given_a_conflict(acme: Place, people: Cast) -> None:
    acme.dispute()
    path = f"/sync/conflicts/{acme.open().id}/assign"

    answer = acme.send(path, assignee=str(people.mallory.user_id))

    assert answer.status_code == 422
    assert acme.open().assignee_id is None


def test_comments_stay_with_the_conflict(acme: Place) -> None:
    acme.dispute()
    path = f"/sync/conflicts/{acme.open().id}"

    empty = acme.send(f"{path}/comments", text="  ")
    acme.send(f"{path}/comments", text="Ask the <b>printer</b> first.")
    acme.send(path, choice="ours")

    assert empty.status_code == 422
    assert "Ask the &lt;b&gt;printer&lt;/b&gt; first." in acme.client.get(path).text
    with reading(acme.shop.actor) as session:
        assert len(session.scalars(select(ConflictComment)).all()) == 1


@pytest.mark.parametrize(
    "query",
    [
        "connection=nonsense&field=nonsense&assignee=nonsense",
        "connection=01a21fe2-aa78-7fe2-b950-1b3b1db08c02",
        "q=%25_%27",
        "view=decided&q=Mug",
    ],
)
def test_filters_of_any_kind_draw_a_page(acme: Place, query: str) -> None:
    acme.dispute()

    assert acme.client.get(f"/sync/conflicts?{query}").status_code == 200
    assert acme.client.get(f"/sync/conflicts?{query}", headers=PARTIAL).status_code == 200


KINDS: dict[str, tuple[Any, Any, Any, dict[str, Any], Any]] = {
    "description": ("<p>Old</p>", "<p>Old and <b>blue</b></p>", "<p>New</p>", {"value": "<p>X</p>"},
                    "<p>X</p>"),
    "tags": (["a"], ["a", "b"], ["c"], {"value": ["a", "c"], "more": "d\n e "},
             ["a", "c", "d", "e"]),
    "categories": (["A"], ["A", "B"], ["C > D"], {"value": ["C > D"]}, ["C > D"]),
    "attributes": ({"Care": ["cold"]}, {"Care": ["warm"]}, {"Care": ["hot"]},
                   {"value": "Care: warm | hot\nFit: 10,5 cm"},
                   {"Care": ["warm", "hot"], "Fit": ["10,5 cm"]}),
    "options": ([], [{"name": "Size", "values": ["S"]}], [{"name": "Fit", "values": ["M"]}],
                {"value": "Size: S | M"}, [{"name": "Size", "values": ["S", "M"]}]),
    "status": ("active", "draft", "inactive", {"value": "archived"}, "archived"),
}  # fmt: skip
VARIANT_KINDS: dict[str, tuple[Any, Any, Any, dict[str, Any], Any]] = {
    "price": (1000, 1200, 1100, {"value": "11,50"}, {"minor": 1150, "currency": "USD"}),
    "quantity": (10, 4, None, {"value": "7"}, 7),
    "weight": ({"value": "1", "unit": "kg"}, {"value": "2", "unit": "kg"},
               {"value": "3", "unit": "lb"}, {"value": "2.5", "unit": "kg"},
               {"value": "2.5", "unit": "kg"}),
    "sku": ("MUG-1", "MUG-2", "MUG-3", {"value": "MUG-4"}, "MUG-4"),
    "sale_from": (None, "2026-12-01T00:00:00+00:00", "2026-12-02T00:00:00+00:00",
                  {"value": "2026-12-03 09:00"}, "2026-12-03T09:00:00+00:00"),
}  # fmt: skip


def conflict_over(
    acme: Place, name: str, base: Any, ours: Any, theirs: Any, *, skus: tuple[str, ...] = ("MUG-1",)
) -> UUID:
    """Write a conflict down as a meeting does, for a field of any kind; returns its id."""
    price = {"minor": ours, "currency": "USD"} if name == "price" else None
    if price is not None:
        base, ours, theirs = ({"minor": n, "currency": "USD"} for n in (base, ours, theirs))
    is_of_variant = name in VARIANT_KINDS
    product = acme.shop.add_product("Mug", *skus)
    if is_of_variant:
        acme.shop.change_variant(product, **{name: ours})
    else:
        acme.shop.change(product, **{name: ours})
    variant = next(iter(acme.shop.values(product).variants)) if is_of_variant else None
    with unit_of_work(acme.shop.actor) as work:
        listing = Listing(
            organization_id=work.organization_id,
            connection_id=acme.store.connection_id,
            product_id=product,
            external_id="999",
            state=ListingState.NEEDS_YOU,
            title="Mug",
        )
        work.session.add(listing)
        work.session.flush()
        conflict = Conflict(
            organization_id=work.organization_id,
            connection_id=acme.store.connection_id,
            listing_id=listing.id,
            product_id=product,
            variant_id=variant,
            subject=str(variant or "product"),
            field=name,
            base=base,
            ours=ours,
            theirs=theirs,
        )
        work.session.add(conflict)
        work.session.flush()
        return conflict.id


@pytest.mark.parametrize("name", [*KINDS, *VARIANT_KINDS])
def test_every_kind_of_value_is_shown_and_edited_in_its_own_way(acme: Place, name: str) -> None:
    base, ours, theirs, typed, wanted = {**KINDS, **VARIANT_KINDS}[name]
    path = f"/sync/conflicts/{conflict_over(acme, name, base, ours, theirs)}"

    shown = [acme.client.get(each).status_code for each in ("/sync/conflicts", path)]
    answer = acme.send(path, choice="edited", **typed)

    assert shown == [200, 200]
    assert answer.status_code == 303
    values = acme.values()
    held = next(iter(values.variants.values())) if name in VARIANT_KINDS else values.values
    assert held[name] == wanted


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("price", {"value": "ten"}),
        ("quantity", {"value": "-1"}),
        ("quantity", {"value": "9" * 5000}),
        ("options", {"value": "Size without values"}),
        ("sale_from", {"value": "soon"}),
        ("weight", {"value": "heavy", "unit": "kg"}),
    ],
)
def test_what_cannot_be_read_is_refused_at_the_field(
    acme: Place, name: str, typed: dict[str, str]
) -> None:
    base, ours, theirs, _, _ = {**KINDS, **VARIANT_KINDS}[name]
    path = f"/sync/conflicts/{conflict_over(acme, name, base, ours, theirs)}"

    answer = acme.send(path, choice="edited", **typed)

    assert answer.status_code == 422
    assert 'id="value-error"' in answer.text
    assert typed["value"] in answer.text


def test_pictures_of_both_sides_are_picked_and_ordered(acme: Place) -> None:
    with unit_of_work(acme.shop.actor) as work:
        urls = [f"https://pictures.test/{n}.jpg" for n in range(3)]
        keys = [str(key) for key in catalog.media_by_url(work, urls).values()]
    front, side, back = (
        {"key": key, "alt": None, "url": url} for key, url in zip(keys, urls, strict=True)
    )
    path = f"/sync/conflicts/{conflict_over(acme, 'images', [front], [front, side], [back])}"

    shown = acme.client.get(path).text
    order = [back["key"], front["key"]]
    answer = acme.send(path, choice="edited", value=order, **{f"alt-{back['key']}": "Back"})

    assert all(f"/media/{key}/thumb" in shown for key in keys)
    assert answer.status_code == 303
    images = acme.values().values["images"]
    assert [(each["key"], each["alt"]) for each in images] == [(order[0], "Back"), (order[1], None)]


def test_variants_follow_an_option_that_was_decided_to_be_called_otherwise(acme: Place) -> None:
    before = [{"name": "Size", "values": ["S", "M"]}]
    theirs = [{"name": "Größe", "values": ["S", "M"]}]
    conflict_id = conflict_over(acme, "options", before, before, theirs, skus=("S", "M"))

    answer = acme.send(f"/sync/conflicts/{conflict_id}", choice="edited", value="Größe: S | M | L")

    assert answer.status_code == 303
    values = acme.values()
    assert values.values["options"] == [{"name": "Größe", "values": ["S", "M", "L"]}]
    assert [each["choice"] for each in values.variants.values()] == [{"Größe": "S"}, {"Größe": "M"}]
