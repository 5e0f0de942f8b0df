"""House rules about the whole application; each one was broken somewhere once."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from flask import Flask
from flask_migrate import check
from sqlalchemy import text

from app import registry
from app.core import db
from app.core.db import Base
from app.web.guards import guard_of
from workers import jobs, relay, subscriptions
from workers.queues import Job, Lane

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("app/**/*.py"), *ROOT.glob("workers/**/*.py")])


def code(path: Path) -> str:
    """Return a source without its comments and docstring lines, roughly."""
    return re.sub(r"#.*", "", path.read_text(encoding="utf-8"))


def test_only_the_unit_of_work_commits() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if re.search(r"session\.(commit|rollback)\(", code(path))
    ]

    assert found == ["app/core/work.py"]


def test_only_the_clock_asks_the_machine_for_the_time() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if re.search(r"datetime\.(now|utcnow)\(|date\.today\(", code(path))
    ]

    assert found == ["app/core/clock.py"]


def test_every_route_carries_a_guard(app: Flask) -> None:
    open_routes = [
        rule.endpoint for rule in app.url_map.iter_rules() if guard_of(app, rule.endpoint) is None
    ]

    assert open_routes == []


def test_every_file_has_a_size_one_can_read() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }

    assert long == {}


def events() -> set[str]:
    """Return the names of every fact that is emitted somewhere."""
    found: set[str] = set()
    for path in SOURCES:
        found.update(re.findall(r"\.emit\(\s*([A-Z]\w+)\(", path.read_text(encoding="utf-8")))
    return found


# Facts nobody has to hear: they are kept for a week, for people and for features to come.
HEARD_BY_NOBODY = {
    "OrganizationCreated": "the first location is made when stock is first kept",
}


def test_every_fact_has_a_subscriber_or_a_reason() -> None:
    heard = {*subscriptions.SUBSCRIPTIONS, *relay.BELLS, *relay.ORGANIZATION_BELLS}

    assert events() - heard == set(HEARD_BY_NOBODY)
    assert heard <= events()


def test_every_subscriber_exists() -> None:
    named = {name for names in subscriptions.SUBSCRIPTIONS.values() for name in names}

    assert named == set(subscriptions.SUBSCRIBERS)


def test_every_job_has_a_function_and_a_lane() -> None:
    kinds = [each for each in vars(jobs).values() if isinstance(each, Job)]

    assert {each.lane for each in kinds} == set(Lane)
    assert all(callable(getattr(jobs, each.function)) for each in kinds)


def test_models_match_migrations(app: Flask) -> None:
    with app.app_context():
        check()


def test_every_tenant_table_is_guarded(app: Flask) -> None:
    tenant = {
        table.name
        for table in Base.metadata.sorted_tables
        if "organization_id" in table.c and table.name not in ("outbox_messages", "schedules")
    }

    with db.engine().connect() as connection:
        guarded = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity")))
        bypass = connection.scalar(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        )

    assert tenant <= guarded
    assert not bypass


def service_modules() -> Iterator[ModuleType]:
    """Yield the write sides of all features."""
    for feature in registry.FEATURES:
        path = ROOT / "app" / feature / "service.py"
        if path.exists():
            yield import_module(f"app.{feature}.service")


@pytest.mark.parametrize("module", list(service_modules()), ids=lambda module: module.__name__)
def test_the_first_parameter_tells_the_kind(module: ModuleType) -> None:
    allowed = {"work", "session", "actor"}
    odd = []
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ != module.__name__ or name.startswith("_"):
            continue
        parameters = list(inspect.signature(function).parameters)
        touches = re.search(r"\bwork\b|\bsession\b", inspect.getsource(function))
        if touches and (not parameters or parameters[0] not in allowed):
            odd.append(name)

    assert odd == []


def test_no_form_stands_in_a_paragraph() -> None:
    """A browser ends the paragraph before it, and the form stands on a line of its own."""
    paragraph = re.compile(r"<p\b[^>]*>((?:(?!</p>|<p\b).)*)</p>", re.DOTALL)
    found = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for each in paragraph.findall(path.read_text(encoding="utf-8"))
        if re.search(r"<form|ui\.(post_button|menu_post)\(", each)
    ]

    assert found == []


def test_every_template_compiles(app: Flask) -> None:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        app.jinja_env.get_template(str(path.relative_to(ROOT / "templates")))


def test_every_setting_is_documented() -> None:
    source = (ROOT / "app" / "core" / "settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r'"([A-Z][A-Z_]{3,})"', source))
    documented = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

    assert {name for name in names if f"`{name}`" not in documented} == set()
