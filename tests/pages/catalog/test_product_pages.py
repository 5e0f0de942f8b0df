"""Product pages through HTTP: whole, in parts, refused, and without script."""

import io
import re
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event, select

from app.catalog import service
from app.catalog.models import Product, ProductMedia, SavedView
from app.catalog.service import ProductChange
from app.core import db
from app.core.work import unit_of_work
from tests.cast import Cast, Person, csrf, enter
from tests.factories.catalog import product, usd, values_of

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def form_of(html: str) -> dict[str, str]:
    """Return what a browser would send of the editor, as it stands."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<(?:input|textarea|select)[^>]*>", html):
        name = re.search(r' name="([^"]+)"', tag)
        if name is None or ("editor" not in tag and 'name="version"' not in tag):
            continue
        if 'type="checkbox"' in tag and " checked" not in tag:
            continue
        value = re.search(r' value="([^"]*)"', tag)
        if tag.startswith("<input"):
            found[name[1]] = value[1] if value else ""
        elif tag.startswith("<textarea"):
            body = html.split(tag, 1)[1].split("</textarea>", 1)[0]
            found[name[1]] = body.removeprefix("\n")
        else:
            body = html.split(tag, 1)[1].split("</select>", 1)[0]
            chosen = re.search(r'value="([^"]*)" selected', body)
            first = re.search(r'value="([^"]*)"', body)
            option = chosen or first
            found[name[1]] = option[1] if option else ""
    return {name: unescape(value) for name, value in found.items()}


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    return answer.get_data(as_text=True)


def save(client: FlaskClient, key: UUID, **wish: str) -> Any:
    html = page(client, f"/products/{key}")
    sent = form_of(html) | wish
    return client.post(f"/products/{key}", data={**sent, "csrf_token": token(client)})


def token(client: FlaskClient) -> str:
    return csrf(client)


def variant_of(person: Person, key: UUID) -> UUID:
    return next(iter(values_of(person.actor, key).variants))


def picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (64, 48), "navy").save(target, "PNG")
    return target.getvalue()


def test_the_list_shows_products_with_stock_price_and_state(
    client: FlaskClient, cast: Cast
) -> None:
    product(
        cast.alice.actor,
        {"sku": "MUG-1", "price": usd(1250), "quantity": 3},
        title="Blue mug",
        status="active",
    )

    html = page(enter(client, cast.carol), "/products")

    for words in ("Blue mug", "MUG-1", "$12.50", "Active", "Not listed"):
        assert words in html


def test_an_empty_catalog_says_what_to_do_next(client: FlaskClient, cast: Cast) -> None:
    html = page(enter(client, cast.alice), "/products")

    assert "No products yet" in html
    assert "Import a file" in html


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("q=blu", {"Blue mug"}),
        ("q=müg", {"Blue mug", "Red mug"}),
        ("q=mug-r", {"Red mug"}),
        ("q=4006381333931", {"Blue mug"}),
        ("q=nothing", set()),
        ("status=draft", {"Red mug"}),
        ("brand=Acme", {"Blue mug"}),
        ("tag=gift", {"Blue mug"}),
        ("stock=out", {"Red mug"}),
        ("stock=low", {"Blue mug"}),
        ("stock=uncounted", {"Plate"}),
        ("listing=none", {"Blue mug", "Red mug", "Plate"}),
        ("status=archived", {"Old cup"}),
    ],
)
def test_each_filter_narrows_the_list(
    client: FlaskClient, cast: Cast, query: str, titles: set[str]
) -> None:
    actor = cast.alice.actor
    product(
        actor,
        {"sku": "MUG-B", "gtin": "4006381333931", "quantity": 2},
        title="Blue mug",
        brand="Acme",
        tags=["gift"],
        status="active",
    )
    product(actor, {"sku": "MUG-R", "quantity": 0}, title="Red mug")
    product(actor, {"sku": "PLATE"}, title="Plate", status="active")
    product(actor, {"sku": "CUP"}, title="Old cup", status="archived")

    html = page(enter(client, cast.alice), f"/products?{query}")

    every = {"Blue mug", "Red mug", "Plate", "Old cup"}
    assert {title for title in every if f">{title}<" in html} == titles


def test_a_category_holds_what_lies_below_it(client: FlaskClient, cast: Cast) -> None:
    product(cast.alice.actor, title="Shirt", categories=["Clothing > Shirts"])
    product(cast.alice.actor, title="Mug", categories=["Kitchen"])
    browser = enter(client, cast.alice)
    tree = page(browser, "/categories")
    clothing = re.search(r"category=([0-9a-f-]{36})[^>]*>Clothing<", tree)

    assert clothing is not None
    html = page(browser, f"/products?category={clothing[1]}")

    assert ">Shirt<" in html
    assert ">Mug<" not in html


@pytest.mark.parametrize("sort", ["title", "-title", "price", "-price", "stock", "-stock"])
def test_pages_follow_each_other_in_both_directions(
    client: FlaskClient, cast: Cast, sort: str
) -> None:
    actor = cast.alice.actor
    with unit_of_work(actor) as work:
        drafts = [
            service.draft_of(
                {"title": f"Mug {n:03}"},
                [{"price": usd(n) if n % 3 else None, "quantity": n if n % 2 else None}],
            )
            for n in range(120)
        ]
        service.create_products(work, drafts, origin="import")
    browser = enter(client, cast.alice)
    seen: list[list[str]] = []
    path = f"/products?sort={sort}"

    for _ in range(3):
        html = page(browser, path)
        seen.append(re.findall(r"data-row-link[^>]*>(Mug \d+)<", html))
        following = re.search(r'rel="next" href="([^"]+)"', html)
        if following:
            path = following[1].replace("&amp;", "&")
    back = re.search(r'rel="prev" href="([^"]+)"', html)
    assert back is not None
    before = page(browser, back[1].replace("&amp;", "&"))

    assert [len(rows) for rows in seen] == [50, 50, 20]
    assert len({title for rows in seen for title in rows}) == 120
    assert "101–120 of 120" in html
    assert re.findall(r"data-row-link[^>]*>(Mug \d+)<", before) == seen[1]
    assert "51–100 of 120" in before


def test_a_list_takes_the_same_statements_for_one_row_and_for_fifty(
    client: FlaskClient, cast: Cast
) -> None:
    browser = enter(client, cast.alice)
    product(cast.alice.actor, title="First")
    counts = []

    for _ in range(2):
        statements: list[str] = []

        def note(_c: Any, _k: Any, sql: str, *_: Any, kept: list[str] = statements) -> None:
            kept.append(sql)

        event.listen(db.engine(), "before_cursor_execute", note)
        page(browser, "/products")
        event.remove(db.engine(), "before_cursor_execute", note)
        counts.append(len(statements))
        with unit_of_work(cast.alice.actor) as work:
            drafts = [service.draft_of({"title": f"Mug {n}"}) for n in range(49)]
            service.create_products(work, drafts, origin="import")

    assert counts[0] == counts[1]


def test_a_search_swaps_only_the_results(client: FlaskClient, cast: Cast) -> None:
    product(cast.alice.actor, title="Blue mug")

    answer = enter(client, cast.alice).get(
        "/products?q=blue", headers={**PARTIAL, "HX-Target": "div#results"}
    )

    html = answer.get_data(as_text=True)
    assert "Blue mug" in html
    assert "<html" not in html


def test_a_damaged_page_address_is_a_sentence(client: FlaskClient, cast: Cast) -> None:
    product(cast.alice.actor)

    answer = enter(client, cast.alice).get("/products?after=xyz")

    assert answer.status_code == 422
    assert "damaged" in answer.get_data(as_text=True)


def test_a_saved_form_changes_only_what_was_changed(client: FlaskClient, cast: Cast) -> None:
    key = product(
        cast.alice.actor,
        {
            "sku": "MUG-1",
            "price": usd(1250),
            "quantity": 3,
            "weight": {"value": "0.5", "unit": "kg"},
        },
        title="Mug",
        description="<p>Holds “tea” &amp; more</p>",
        categories=["Kitchen > Mugs"],
        tags=["a", "b"],
        attributes={"Material": ["Clay"]},
    )
    browser = enter(client, cast.bob)

    same = save(browser, key)
    untouched = values_of(cast.alice.actor, key)
    saved = save(browser, key, title="Blue mug")

    kept = values_of(cast.alice.actor, key)
    assert (same.status_code, saved.status_code) == (303, 303)
    assert untouched.version == 1
    assert (kept.version, kept.values["title"]) == (2, "Blue mug")
    assert kept.values | {"title": "Mug"} == untouched.values
    assert kept.variants == untouched.variants


def test_prices_stock_and_dates_are_read_as_people_write_them(
    client: FlaskClient, cast: Cast
) -> None:
    key = product(cast.alice.actor, {"sku": "M", "price": usd(100)})
    box = f"variant.{variant_of(cast.alice, key)}."

    save(
        enter(client, cast.bob),
        key,
        **{
            f"{box}price": "$1,234.50",
            f"{box}sale_price": "999,90",
            f"{box}sale_from": "2026-11-27T09:00",
            f"{box}quantity": "1 200",
            f"{box}weight": "0,75",
            f"{box}weight_unit": "kg",
        },
    )

    (kept,) = values_of(cast.alice.actor, key).variants.values()
    assert (kept["price"], kept["sale_price"]) == (usd(123450), usd(99990))
    assert kept["sale_from"] == "2026-11-27T09:00:00+00:00"
    assert (kept["quantity"], kept["weight"]) == (1200, {"value": "0.75", "unit": "kg"})


def test_wrong_values_come_back_at_their_boxes_and_nothing_is_saved(
    client: FlaskClient, cast: Cast
) -> None:
    product(cast.alice.actor, {"sku": "TAKEN"}, title="Owner of the SKU")
    key = product(cast.alice.actor, {"sku": "MUG-1"})
    box = f"variant.{variant_of(cast.alice, key)}."
    browser = enter(client, cast.bob)

    untitled = save(browser, key, title="")
    typed = save(browser, key, **{f"{box}price": "cheap"})
    checked = save(browser, key, **{f"{box}gtin": "4006381333932"})
    taken = save(browser, key, **{f"{box}sku": "taken"})

    assert [a.status_code for a in (untitled, typed, checked, taken)] == [422] * 4
    assert "A product needs a title." in untitled.get_data(as_text=True)
    assert "“cheap” is not an amount" in typed.get_data(as_text=True)
    assert "last digit would be 1" in checked.get_data(as_text=True)
    assert "Open Owner of the SKU" in taken.get_data(as_text=True)
    assert values_of(cast.alice.actor, key).version == 1


def test_a_stale_form_shows_both_versions_and_saves_the_choice(
    client: FlaskClient, cast: Cast
) -> None:
    key = product(cast.alice.actor, title="Mug", brand="Acme")
    browser = enter(client, cast.bob)
    sent = form_of(page(browser, f"/products/{key}")) | {"title": "Bob's mug", "tags": "new"}
    with unit_of_work(cast.alice.actor) as work:
        wish = ProductChange(key, {"title": "Alice's mug", "brand": "Alice & Co"})
        service.change_product(work, wish, origin="web")

    stale = browser.post(f"/products/{key}", data={**sent, "csrf_token": token(browser)})
    html = stale.get_data(as_text=True)
    version = re.search(r'name="version" value="(\d+)"', html)
    assert version is not None
    choice = {"pick.product.title": "theirs", "pick.product.brand": "theirs"}
    again = {**sent, **choice, "version": version[1], "csrf_token": token(browser)}
    saved = browser.post(f"/products/{key}", data=again)

    kept = values_of(cast.alice.actor, key).values
    assert stale.status_code == 409
    assert all(words in html for words in ("Bob&#39;s mug", "Alice&#39;s mug", "Both changed it"))
    assert saved.status_code == 303
    assert (kept["title"], kept["brand"], kept["tags"]) == ("Alice's mug", "Alice & Co", ["new"])


def test_options_make_their_variants_without_saving(client: FlaskClient, cast: Cast) -> None:
    key = product(cast.alice.actor, {"sku": "MUG", "price": usd(900)})
    browser = enter(client, cast.bob)
    options = {
        "option.0.name": "Size",
        "option.0.was": "",
        "option.0.values": "S\nM",
        "option.1.name": "Colour",
        "option.1.was": "",
        "option.1.values": "Red\nBlue",
    }

    made = save(browser, key, action="generate", **options)
    unsaved = values_of(cast.alice.actor, key)
    html = made.get_data(as_text=True)
    saved = browser.post(f"/products/{key}", data={**form_of(html), "csrf_token": token(browser)})

    kept = values_of(cast.alice.actor, key)
    assert (made.status_code, unsaved.version, saved.status_code) == (200, 1, 303)
    assert len(kept.variants) == 4
    assert kept.values["options"] == [
        {"name": "Size", "values": ["S", "M"]},
        {"name": "Colour", "values": ["Red", "Blue"]},
    ]
    assert {v["price"]["minor"] for v in kept.variants.values()} == {900}


def test_a_renamed_option_takes_its_variants_along(client: FlaskClient, cast: Cast) -> None:
    key = product(
        cast.alice.actor,
        {"sku": "S", "choice": {"Size": "Small"}},
        {"sku": "M", "choice": {"Size": "Medium"}},
    )

    save(
        enter(client, cast.bob),
        key,
        **{"option.0.name": "Volume", "option.0.values": "Little\nMedium"},
    )

    kept = values_of(cast.alice.actor, key)
    assert [v["choice"] for v in kept.variants.values()] == [
        {"Volume": "Little"},
        {"Volume": "Medium"},
    ]


def test_a_value_fills_every_variant_shown(client: FlaskClient, cast: Cast) -> None:
    key = product(
        cast.alice.actor,
        {"sku": "S", "choice": {"Size": "S"}},
        {"sku": "M", "choice": {"Size": "M"}},
    )

    answer = save(
        enter(client, cast.bob), key, action="fill", fill_field="price", fill_value="7.00"
    )

    assert answer.get_data(as_text=True).count('value="7.00"') >= 2


def test_a_product_is_created_with_the_form(client: FlaskClient, cast: Cast) -> None:
    browser = enter(client, cast.bob)
    sent = form_of(page(browser, "/products/new"))

    answer = browser.post(
        "/products/new",
        data={
            **sent,
            "title": "New mug",
            "variant.new-0.sku": "NEW-1",
            "variant.new-0.price": "5",
            "new_category": "Kitchen > Mugs",
            "csrf_token": token(browser),
        },
    )

    assert answer.status_code == 303
    key = UUID(answer.headers["Location"].rsplit("/", 1)[1])
    kept = values_of(cast.alice.actor, key)
    assert kept.values["categories"] == ["Kitchen > Mugs"]
    assert [v["sku"] for v in kept.variants.values()] == ["NEW-1"]


def test_a_product_is_archived_restored_copied_and_deleted(client: FlaskClient, cast: Cast) -> None:
    key = product(cast.alice.actor, {"sku": "M"}, title="Mug")
    browser = enter(client, cast.alice)
    send = {"csrf_token": token(browser)}

    refused = browser.post(f"/products/{key}/delete", data=send)
    browser.post(f"/products/{key}/archive", data=send)
    browser.post(f"/products/{key}/restore", data=send)
    restored = values_of(cast.alice.actor, key).values["status"]
    copied = browser.post(f"/products/{key}/duplicate", data=send)
    browser.post("/products/archive", data={**send, "ids": [str(key)]})
    deleted = browser.post(f"/products/{key}/delete", data=send)

    with db.reading(cast.alice.actor) as session:
        titles = list(session.scalars(select(Product.title)))
    assert (refused.status_code, restored, copied.status_code) == (409, "draft", 303)
    assert deleted.status_code == 303
    assert titles == ["Mug (copy)"]


def test_pictures_are_uploaded_ordered_described_and_removed(
    client: FlaskClient, cast: Cast
) -> None:
    key = product(cast.alice.actor)
    browser = enter(client, cast.bob)
    send = {"csrf_token": token(browser)}

    taken = browser.post(
        f"/products/{key}/media/upload",
        data={
            **send,
            "files": [(io.BytesIO(picture()), "a.png"), (io.BytesIO(b"no picture"), "b.png")],
        },
    )
    browser.post(f"/products/{key}/media/urls", data={**send, "urls": "https://shop.example/a.jpg"})
    first, second = (UUID(i["key"]) for i in values_of(cast.alice.actor, key).values["images"])
    served = browser.get(f"/media/{first}/small", buffered=True)
    html = page(browser, f"/products/{key}")
    browser.post(f"/products/{key}/media", data={**send, "move": f"{second}:-1"})
    browser.post(f"/products/{key}/media", data={**send, f"alt.{first}": "From the front"})
    images = values_of(cast.alice.actor, key).values["images"]
    browser.post(f"/products/{key}/media", data={**send, "remove": str(second)})

    assert taken.status_code == 303
    assert (served.status_code, served.mimetype) == (200, "image/webp")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in served.headers["Cache-Control"]
    assert "b.png: This is not a JPEG" in html
    assert "Fetching" in html
    assert [UUID(i["key"]) for i in images] == [second, first]
    assert images[1]["alt"] == "From the front"
    with db.reading(cast.alice.actor) as session:
        assert list(session.scalars(select(ProductMedia.media_id))) == [first]


def test_a_channel_fetches_an_uploaded_picture_by_its_signed_address(
    client: FlaskClient, cast: Cast, app: Any
) -> None:
    key = product(cast.alice.actor)
    browser = enter(client, cast.bob)
    browser.post(
        f"/products/{key}/media/upload",
        data={"csrf_token": token(browser), "files": [(io.BytesIO(picture()), "a.png")]},
    )
    (image,) = values_of(cast.alice.actor, key).values["images"]
    path = image["url"].removeprefix("http://localhost")
    anybody = app.test_client()

    assert anybody.get(path, buffered=True).mimetype == "image/jpeg"
    assert anybody.get(path.replace(".jpg", "0.jpg")).status_code == 404
    assert anybody.get(f"/media/{image['key']}/full").status_code == 303


def test_views_are_saved_shared_and_deleted(client: FlaskClient, cast: Cast) -> None:
    product(cast.alice.actor)
    bob = enter(client, cast.bob)
    send = {"csrf_token": token(bob)}

    bob.post(
        "/products/views",
        data={**send, "name": "Low stock", "query": "stock=low&evil=1", "is_shared": "y"},
    )
    with db.reading(cast.alice.actor) as session:
        (view,) = session.scalars(select(SavedView))
    carol = enter(client, cast.carol)
    seen = page(carol, "/products")
    foreign = carol.post(f"/products/views/{view.id}/delete", data={"csrf_token": token(carol)})
    bob = enter(client, cast.bob)
    gone = bob.post(f"/products/views/{view.id}/delete", data={"csrf_token": token(bob)})

    assert view.query == "stock=low"
    assert "Low stock (shared)" in seen
    assert (foreign.status_code, gone.status_code) == (404, 303)


def test_columns_are_each_persons_choice(client: FlaskClient, cast: Cast) -> None:
    product(cast.alice.actor, brand="Acme works")
    browser = enter(client, cast.bob)

    browser.post("/products/columns", data={"csrf_token": token(browser), "columns": ["brand"]})

    assert "Acme works" in page(browser, "/products").split("<table", 1)[1]
    assert "Acme works" not in page(enter(client, cast.carol), "/products").split("<table", 1)[1]


def test_selected_products_are_archived_across_pages(client: FlaskClient, cast: Cast) -> None:
    for n in range(3):
        product(cast.alice.actor, title=f"Mug {n}", brand="Acme")
    product(cast.alice.actor, title="Other")
    browser = enter(client, cast.alice)

    answer = browser.post(
        "/products/archive?brand=Acme", data={"csrf_token": token(browser), "everything": "1"}
    )

    with db.reading(cast.alice.actor) as session:
        left = list(session.scalars(select(Product.title).where(Product.status != "archived")))
    assert answer.headers["Location"].endswith("/products?brand=Acme")
    assert left == ["Other"]


WRITES = [
    ("/products/new", "catalog.write"),
    ("/products/{id}", "catalog.write"),
    ("/products/{id}/duplicate", "catalog.write"),
    ("/products/{id}/exclude", "catalog.write"),
    ("/products/{id}/archive", "catalog.delete"),
    ("/products/{id}/restore", "catalog.delete"),
    ("/products/{id}/delete", "catalog.delete"),
    ("/products/archive", "catalog.delete"),
    ("/products/restore", "catalog.delete"),
    ("/products/{id}/media", "catalog.write"),
    ("/products/{id}/media/upload", "catalog.write"),
    ("/products/{id}/media/urls", "catalog.write"),
    ("/categories", "catalog.write"),
    ("/attributes", "catalog.write"),
]


@pytest.mark.parametrize(("path", "permission"), WRITES)
def test_who_may_not_write_changes_nothing(
    client: FlaskClient, cast: Cast, path: str, permission: str
) -> None:
    key = product(cast.alice.actor)
    person = cast.carol if permission == "catalog.write" else cast.bob
    browser = enter(client, person)

    answer = browser.post(
        path.format(id=key), data={"csrf_token": token(browser), "ids": [str(key)]}
    )

    assert answer.status_code == 403
    assert values_of(cast.alice.actor, key).version == 1


@pytest.mark.parametrize(
    "path",
    [
        "/products/{id}",
        "/products/{id}/history",
        "/products/{id}/archive",
        "/products/{id}/duplicate",
        "/products/{id}/media",
    ],
)
def test_another_organization_finds_nothing(client: FlaskClient, cast: Cast, path: str) -> None:
    key = product(cast.alice.actor)
    browser = enter(client, cast.mallory)
    url = path.format(id=key)

    if path.endswith(("archive", "duplicate", "media")):
        answer = browser.post(url, data={"csrf_token": token(browser), "move": f"{uuid4()}:1"})
    else:
        answer = browser.get(url)

    assert answer.status_code == 404


def test_the_history_tells_who_and_what(client: FlaskClient, cast: Cast) -> None:
    key = product(cast.alice.actor, title="Mug")
    browser = enter(client, cast.bob)
    save(browser, key, title="Blue mug")

    html = page(browser, f"/products/{key}/history")

    assert "Bob" in html
    assert re.search(r"<ins>.*Blue", html)


def test_categories_are_made_renamed_moved_and_deleted(client: FlaskClient, cast: Cast) -> None:
    key = product(cast.alice.actor, categories=["Clothing > Shirts"])
    browser = enter(client, cast.alice)
    send = {"csrf_token": token(browser)}
    links = re.findall(r"category=([0-9a-f-]{36})[^>]*>(\w+)<", page(browser, "/categories"))
    ids = {name: found for found, name in links}

    again = browser.post("/categories", data={**send, "name": "Clothing", "parent": ""})
    browser.post(f"/categories/{ids['Clothing']}/rename", data={**send, "name": "Wear"})
    renamed = values_of(cast.alice.actor, key).values["categories"]
    browser.post("/categories", data={**send, "name": "Sale", "parent": ""})
    refused = browser.post(f"/categories/{ids['Shirts']}/delete", data=send)
    browser.post(f"/categories/{ids['Shirts']}/move", data={**send, "parent": ""})
    moved = values_of(cast.alice.actor, key).values["categories"]
    browser.post(f"/categories/{ids['Shirts']}/delete", data={**send, "move_to": ids["Clothing"]})

    assert "already" in again.get_data(as_text=True)
    assert (again.status_code, refused.status_code) == (422, 409)
    assert (renamed, moved) == (["Wear > Shirts"], ["Shirts"])
    assert values_of(cast.alice.actor, key).values["categories"] == ["Wear"]


def test_typed_attributes_check_their_values(client: FlaskClient, cast: Cast) -> None:
    key = product(cast.alice.actor)
    browser = enter(client, cast.bob)
    send = {"csrf_token": token(browser)}
    browser.post("/attributes", data={**send, "name": "Capacity", "kind": "number", "unit": "ml"})

    wrong = save(browser, key, **{"attribute.0.name": "Capacity", "attribute.0.value": "much"})
    right = save(browser, key, **{"attribute.0.name": "Capacity", "attribute.0.value": "350"})

    assert wrong.status_code == 422
    assert "Capacity must be a number." in wrong.get_data(as_text=True)
    assert right.status_code == 303
    assert values_of(cast.alice.actor, key).values["attributes"] == {"Capacity": ["350"]}


def test_an_attribute_is_shown_changed_and_deleted(client: FlaskClient, cast: Cast) -> None:
    browser = enter(client, cast.alice)
    send = {"csrf_token": token(browser)}
    choice = {"name": "Fabric", "kind": "choice", "choices": "Wool\nSilk"}
    empty = browser.post("/attributes", data={**send, "name": "Fabric", "kind": "choice"})
    browser.post("/attributes", data={**send, **choice})
    listed = page(browser, "/attributes")
    path = re.search(r'href="(/attributes/[0-9a-f-]{36})"', listed)
    assert path is not None

    browser.post(path[1], data={**send, **choice, "name": "Cloth"})
    html = page(browser, path[1])
    deleted = browser.post(f"{path[1]}/delete", data=send)

    assert empty.status_code == 422
    assert "Cloth" in html
    assert deleted.status_code == 303
    assert "Cloth" not in page(browser, "/attributes").split("<main", 1)[1]
