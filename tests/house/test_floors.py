"""The import contracts of pyproject.toml, on a small copy of the tree: kept, then broken once."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FEATURES = ("notices", "team", "connections", "catalog", "inventory", "listings", "sync")
ROLES = ("views", "api", "forms", "queries", "service", "models", "rules", "events", "errors")
MODULES = (
    "workers.jobs",
    "app.registry",
    "app.core.db",
    "app.web.stream",
    "app.gateways.mail",
    "app.simulators.woocommerce",
    *(f"app.adapters.{name}" for name in ("errors", "orders", "port", "types", "units", "values")),
    *(f"app.adapters.{name}.mapper" for name in ("memory", "woocommerce")),
    *(f"app.{feature}.{role}" for feature in FEATURES for role in ROLES),
    "app.sync.merge",
    "app.connections.health",
)
BROKEN_BY = (
    ("Floors", "app.catalog.service", "app.sync.service"),
    ("Floors", "app.core.db", "app.team.models"),
    ("Roles", "app.catalog.rules", "app.catalog.service"),
    ("Roles", "app.catalog.views", "app.catalog.api"),
    ("Write side", "app.catalog.service", "flask"),
    ("Write side", "app.sync.merge", "rq"),
    ("Pure", "app.catalog.rules", "sqlalchemy"),
    ("Pure", "app.connections.health", "app.connections.models"),
    ("Port", "app.adapters.port", "flask"),
    ("Port", "app.adapters.woocommerce.mapper", "app.catalog.models"),
    ("Channels", "app.adapters.memory.mapper", "app.adapters.woocommerce.mapper"),
    ("Twins", "app.simulators.woocommerce", "app.adapters.woocommerce.mapper"),
    ("Network", "app.web.stream", "httpx"),
    ("Processes", "app.core.db", "workers.jobs"),
)
ALLOWED = (
    ("app.catalog.views", "app.sync.service"),
    ("app.catalog.api", "app.sync.queries"),
    ("app.catalog.queries", "app.listings.models"),
    ("app.sync.hooks", "flask"),
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text((PROJECT / "pyproject.toml").read_text())
    for name in MODULES:
        module = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        module.parent.mkdir(parents=True, exist_ok=True)
        module.touch()
    for folder in [*tmp_path.rglob("app"), *tmp_path.rglob("app/**/"), tmp_path / "workers"]:
        (folder / "__init__.py").touch()
    add_import(tmp_path, "app.core.db", "sqlalchemy")
    add_import(tmp_path, "app.connections.models", "app.core.db")
    return tmp_path


def add_import(tree: Path, importer: str, imported: str) -> None:
    with tree.joinpath(*importer.split(".")).with_suffix(".py").open("a") as module:
        module.write(f"import {imported}\n")


def broken_contracts(tree: Path) -> tuple[set[str], str]:
    lint = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = lint.stdout.splitlines()
    assert any(line.startswith("Contracts: ") for line in lines), lint.stdout + lint.stderr
    return {ln.removesuffix(" BROKEN") for ln in lines if ln.endswith(" BROKEN")}, lint.stdout


def test_the_openings_are_open(tree: Path) -> None:
    for importer, imported in ALLOWED:
        add_import(tree, importer, imported)

    broken, said = broken_contracts(tree)

    assert not broken, said


@pytest.mark.parametrize(("contract", "importer", "imported"), BROKEN_BY)
def test_each_contract_fails_when_broken(
    tree: Path, contract: str, importer: str, imported: str
) -> None:
    add_import(tree, importer, imported)

    broken, said = broken_contracts(tree)

    assert contract in broken, said


def test_a_new_package_must_choose_its_floor(tree: Path) -> None:
    (tree / "app" / "loyalty").mkdir()
    (tree / "app" / "loyalty" / "__init__.py").touch()

    broken, said = broken_contracts(tree)

    assert broken == {"Floors"}, said
