"""Commands an operator types."""

from flask import Flask

from app.core.actor import SYSTEM
from app.core.db import new_id, reading
from app.team import queries
from app.team.permissions import as_markdown
from tests.cast import PASSWORD, Cast


def test_a_person_is_created_with_an_organization(app: Flask, clean: None) -> None:
    email, place = f"cli-{new_id().hex}@acme.example", f"Shop {new_id().hex[-6:]}"

    made = app.test_cli_runner().invoke(
        args=["create-user", email, "Alice", "--password", PASSWORD, "--organization", place]
    )

    assert made.exit_code == 0, made.output
    with reading(SYSTEM) as session:
        user = queries.find_user_by_email(session, email)
        assert user is not None
        assert user.email_verified_at is not None
        assert any(each.name == place for each in queries.all_organizations(session))


def test_the_password_may_come_from_standard_input(app: Flask, cast: Cast) -> None:
    email = f"cli-{new_id().hex}@acme.example"

    made = app.test_cli_runner().invoke(
        args=[
            "create-user",
            email,
            "Bob",
            "--organization",
            str(cast.alice.place),
            "--role",
            "editor",
        ],
        input=f"{PASSWORD}\n",
    )

    assert made.exit_code == 0, made.output
    with reading(cast.alice.actor) as session:
        assert email in {each.email for each in queries.member_list(session, cast.alice.place)}


def test_a_refusal_is_a_sentence(app: Flask, cast: Cast) -> None:
    known = ["create-user", cast.alice.email, "Alice", "--password", PASSWORD]

    twice = app.test_cli_runner().invoke(args=[*known, "--organization", "Acme again"])
    nowhere = app.test_cli_runner().invoke(args=[*known[:1], "new@acme.example", *known[2:]])

    assert (twice.exit_code, nowhere.exit_code) == (1, 1)
    assert "already has an account" in twice.output
    assert "Name an organization" in nowhere.output


def test_roles_are_printed_as_their_page(app: Flask) -> None:
    assert app.test_cli_runner().invoke(args=["print-roles"]).output == as_markdown()
