"""What the guides list is what there is."""

from pathlib import Path

from flask import Flask

from app.core.db import Base

ROOT = Path(__file__).resolve().parents[2]


def test_every_table_stands_in_the_architecture_guide(app: Flask) -> None:
    guide = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tables = {name for name in Base.metadata.tables if "." not in name}

    assert {name for name in tables if f"`{name}`" not in guide} == set()


def test_every_command_stands_in_the_readme(app: Flask) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ours = {
        name
        for name, command in app.cli.commands.items()
        if (command.callback or command).__module__.startswith(("app.", "workers."))
    }

    assert {name for name in ours if f"`{name}" not in readme} == set()


def test_every_guide_is_found_from_the_readme_or_another_guide() -> None:
    guides = sorted((ROOT / "docs").glob("*.md"))
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *guides)]

    unfound = [path.name for path in guides if sum(path.name in text for text in texts) == 0]

    assert unfound == []
