"""docs/roles.md is what the code says."""

from pathlib import Path

from app.team.permissions import as_markdown


def test_the_page_of_roles_is_printed_from_the_table() -> None:
    page = Path(__file__).parents[3] / "docs" / "roles.md"

    assert page.read_text() == as_markdown(), "Run: flask print-roles > docs/roles.md"
