"""Commands that were typed wrong end with a sentence and a code, never with a trace."""

from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests.cast import PASSWORD, cast
from workers.commands import commands

NOBODY = ["--password", PASSWORD]
CONNECT = ["--url", "http://127.0.0.1:9", "--key", "ck_1", "--secret", "cs_1"]


@pytest.fixture
def slug(app: Flask, clean: None) -> str:
    """The id of an organization, which commands take beside its short name."""
    return str(cast().alice.place)


def run(app: Flask, args: Sequence[str]) -> Result:
    """Run a command line as `flask` would."""
    line = click.Group(commands=[*app.cli.commands.values(), *commands])
    with app.app_context():
        return CliRunner().invoke(line, args)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["create-user", "nobody", "Ann", *NOBODY, "--organization", "New"], "Write an address"),
        (["create-user", "a@b.example", "A" * 101, *NOBODY, "--organization", "N"], "1 to 100"),
        (["create-user", "a@b.example", "Ann", *NOBODY, "--organization", "N" * 101], "1 to 100"),
        (["create-user", "a@b.example", "Ann", "--password", "x", "--organization", "N"], "Use at"),
        (["create-user", "a@b.example", "Ann", *NOBODY, "--role", "king"], "'king' is not one of"),
        (["create-user"], "Missing argument 'EMAIL'"),
        (["import-products", "/no/such/file.csv", "--org", "ORG"], "does not exist"),
        (["import-products", "FILE", "--org", "nowhere"], "There is no organization “nowhere”"),
        (["import-products", "FILE"], "Missing option '--org'"),
        (["import-products", "FILE", "--org", "ORG", "--currency", "GOLD"], "not a currency"),
        (["import-products", "FILE", "--org", "ORG", "--report", "/no/such/r.txt"], "No such file"),
        (["import-products", "PICTURE", "--org", "ORG"], "This is not a table."),
        (["export-products", "/no/such/place.csv", "--org", "ORG"], "No such file"),
        (["export-products", "FOLDER", "--org", "ORG"], "is a directory"),
        (["export-products", "x.csv", "--org", "ORG", "--dialect", "ebay"], "is not one of"),
        (["connection", "add", "ebay", "--org", "ORG", *CONNECT], "knows no channel “ebay”"),
        (["connection", "add", "woocommerce", "--org", "ORG", *CONNECT], "does not answer"),
        (["connection", "add", "woocommerce", "--org", "ORG", *CONNECT, "--ca", "FILE"], "PEM"),
        (["connection", "check", "nothing", "--org", "ORG"], "There is no connection “nothing”"),
        (["connection", "remove", "nothing", "--org", "ORG"], "There is no connection “nothing”"),
        (["connection", "list", "--org", "nowhere"], "There is no organization “nowhere”"),
        (["sync", "pull", "nothing", "--org", "ORG"], "There is no connection “nothing”"),
        (["sync", "push", "nothing", "--org", "nowhere"], "There is no organization “nowhere”"),
        (["sync", "reconcile", "nothing", "--org", "ORG", "--wait"], "There is no connection"),
        (["settings", "export", "x.backup", "--org", "nowhere"], "There is no organization"),
        (["settings", "export", "FOLDER", "--org", "ORG"], "is a directory"),
        (["settings", "export", "/no/such/x.backup", "--org", "ORG"], "Use 12 to 200 characters"),
        (["settings", "import", "FILE", "--org", "ORG"], "not a file that SyncStore made"),
        (["sync", "leap", "nothing"], "No such command 'leap'"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_a_wrong_line_gets_a_sentence(
    app: Flask, slug: str, tmp_path: Path, args: list[str], sentence: str
) -> None:
    file, picture = tmp_path / "mugs.csv", tmp_path / "mug.png"
    file.write_text("Handle,Title\nmug,Mug\n")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    known = {"FOLDER": str(tmp_path), "ORG": slug, "FILE": str(file), "PICTURE": str(picture)}

    told = run(app, [known.get(each, each) for each in args])

    assert told.exit_code in (1, 2), told.output
    assert isinstance(told.exception, SystemExit)
    assert sentence in told.output
    assert "Error: " in told.output
    assert "Traceback" not in told.output


def test_every_command_explains_itself(app: Flask) -> None:
    ours = [
        [name]
        for name, each in app.cli.commands.items()
        if (each.callback or each).__module__.startswith("app.")
    ]
    ours += [["sync"], ["doctor"], ["connection", "add"], ["sync", "pull"]]

    for name in ours:
        told = run(app, [*name, "--help"])
        assert told.exit_code == 0
        assert "--help" in told.output
