"""What is installed is what was resolved, from wherever the machine gets its packages."""

import json
import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-production.lock")
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)
HASHES = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def blocks(lock: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Name to version and hashes."""
    text = (PROJECT / lock).read_text()
    starts = [*PIN.finditer(text)]
    ends = [*(start.start() for start in starts[1:]), len(text)]
    return {
        start["name"]: (
            start["version"],
            frozenset(HASHES.findall(text, start.start(), end)),
        )
        for start, end in zip(starts, ends, strict=True)
    }


def names(requirements: list[str]) -> set[str]:
    found = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements)
    return {match[0].lower() for match in found if match}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    text = (PROJECT / lock).read_text()

    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_its_hashes(lock: str) -> None:
    unproven = [name for name, (_, hashes) in blocks(lock).items() if not hashes]

    assert not unproven


def test_the_locks_answer_pyproject() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    needed = names(project["project"]["dependencies"])
    groups = project["dependency-groups"]

    everything, production = set(blocks(LOCKS[0])), set(blocks(LOCKS[1]))

    assert needed <= production
    assert needed | names(groups["local"]) | names(groups["dev"]) <= everything
    assert not names(groups["dev"]) & production


def test_production_runs_what_was_tested() -> None:
    tested = blocks(LOCKS[0])

    for name, pin in blocks(LOCKS[1]).items():
        assert tested[name] == pin


def test_the_front_end_lock_is_exact_and_names_no_address() -> None:
    package = json.loads((PROJECT / "package.json").read_text())
    lock = json.loads((PROJECT / "package-lock.json").read_text())
    locked = {name: found for name, found in lock["packages"].items() if name}
    wanted = {**package["dependencies"], **package["devDependencies"]}

    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert not [name for name, found in locked.items() if "resolved" in found]
    owned = [name for name, found in locked.items() if not found.get("inBundle")]
    assert not [name for name in owned if "integrity" not in locked[name]]


def test_no_committed_setting_names_a_registry() -> None:
    committed = (".npmrc", "Makefile", "Dockerfile", "compose.yaml", "pyproject.toml")

    for name in committed:
        text = (PROJECT / name).read_text()
        assert not re.search(r"registry *=|index-url *=|pypi\.org|npmjs|docker\.io|ghcr\.io", text)
