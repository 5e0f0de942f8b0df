"""The menu, the search dialog and the gallery."""

from pathlib import Path
from re import findall

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.actor import Actor
from app.web import nav, search, slots
from app.web.nav import NavItem, NavLine, Section, register_nav
from app.web.search import Hit, register_search
from app.web.states import _table

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture(autouse=True)
def own_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what these tests register away from every other app of the process."""
    for module, names in (
        (nav, ("_items", "_counters", "_lines")),
        (search, ("_providers",)),
        (slots, ("_fillings",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, {})


def test_the_menu_shows_what_exists_and_is_allowed(carol: FlaskClient) -> None:
    register_nav(
        NavItem(Section.SELL, "Things", "thing", "tag", "catalog.read"),
        NavItem(Section.SELL, "Secrets", "thing_rename", "lock", "secrets.read"),
        NavItem(Section.SELL, "Ghosts", "no.such_endpoint", "ghost"),
    )

    page = carol.get("/thing").text

    assert ">Things</span>" in page
    assert "Secrets" not in page
    assert "Ghosts" not in page


def test_the_entry_of_the_open_page_is_marked_and_only_it(alice: FlaskClient) -> None:
    register_nav(NavItem(Section.SELL, "Things", "thing", "tag"))
    nav.register_nav_lines(
        Section.CHANNELS, lambda actor: [NavLine("Acme Shopify", "/thing/1", "failed", 7)]
    )

    page = alice.get("/thing").text

    assert page.count('class="nav-link" href="/thing" aria-current="page"') == 1
    assert 'data-tone="red" title="Failed"' in page


def test_numbers_stand_beside_their_entries(alice: FlaskClient) -> None:
    register_nav(NavItem(Section.SYNC, "Conflicts", "thing", "git-branch", counter="conflicts"))
    nav.register_counters(lambda actor: {"conflicts": 12_482})

    assert 'id="nav-conflicts">12.5K<' in alice.get("/thing").text


def test_search_groups_pages_and_hits(alice: FlaskClient) -> None:
    register_nav(NavItem(Section.SELL, "Things", "thing", "tag"))

    @register_search
    def products(actor: Actor, text: str, at_most: int) -> list[Hit]:
        return [Hit("Products", f"Blue {text}", "/p/1", "MUG-BLUE")]

    answer = alice.get("/search?q=thing", headers=PARTIAL)

    assert "<h2>Pages</h2>" in answer.text
    assert "<h2>Products</h2>" in answer.text
    assert "<html" not in answer.text


def test_search_without_a_hit_says_so_and_escapes(alice: FlaskClient) -> None:
    answer = alice.get("/search?q=<script>x</script>", headers=PARTIAL)

    assert "Nothing found for" in answer.text
    assert "<script>x" not in answer.text


def test_no_template_carries_inline_script_or_style(app: Flask) -> None:
    folder = Path(app.root_path) / "templates"
    for path in folder.rglob("*.html"):
        if path.parts[-2] == "mail":
            continue
        text = path.read_text()
        assert not findall(r"\sstyle=[\"']", text), path
        assert not findall(r"\son[a-z]+=[\"']", text), path
        assert "hx-on" not in text, path
        assert not findall(r"<script(?![^>]*\bsrc=)", text), path


def test_every_state_of_the_table_has_an_icon_that_exists(app: Flask) -> None:
    icons = Path(app.root_path) / "node_modules" / "lucide-static" / "icons"
    if not icons.exists():
        pytest.skip("the npm packages are not installed")

    missing = {s.icon for s in _table.values() if not (icons / f"{s.icon}.svg").exists()}

    assert missing == set()


def test_the_gallery_draws_every_macro(app: Flask, alice: FlaskClient) -> None:
    source = (Path(app.root_path) / "templates" / "web" / "gallery.html").read_text()
    macros = {
        name
        for path in (Path(app.root_path) / "templates" / "ui").glob("*.html")
        for name in findall(r"macro ([a-z]\w*)\(", path.read_text())
    }
    drawn_by_others = {"csrf", "form_errors", "stream", "breadcrumb", "dot", "copy", "pager", "kbd"}

    answer = alice.get("/system/ui")

    assert answer.status_code == 200
    assert {m for m in macros if f"ui.{m}(" not in source} - drawn_by_others <= {
        "select",
        "checkbox",
    }


def test_the_gallery_is_closed_to_those_without_system_rights(carol: FlaskClient) -> None:
    assert carol.get("/system/ui").status_code == 403
