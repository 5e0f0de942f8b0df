"""The rules of a connection: shown in words, tried before they are saved, heard at once."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.sync.policy import DEFAULTS
from tests.cast import Cast, csrf, enter
from tests.pages.sync.place import PARTIAL, Place


def form_of(client: FlaskClient, acme: Place) -> dict[str, Any]:
    """Return the settings form of a new connection as a browser would send it back."""
    page = client.get(f"/connections/{acme.store.connection_id}/settings").text
    figures = {
        "buffer": "0",
        "price_move_limit_percent": "30",
        "mass_limit": "100",
        "order_days": "30",
        "poll_minutes": "15",
        "reconcile_hours": "24",
    }
    form: dict[str, Any] = {"name": "Sandbox", "on_first": "ask", "on_removed": "ask", **figures}
    form |= {"auto_push": "y", "version": page.split('name="version"')[1].split('"')[3]}
    for group, rule in DEFAULTS.groups.items():
        form[f"direction_{group}"], form[f"winner_{group}"] = (
            rule.direction.value,
            rule.on_both.value,
        )
    return {**form, "csrf_token": csrf(client)}


@pytest.mark.parametrize("headers", [{}, {**PARTIAL, "HX-Target": "div#preview"}])
def test_rules_are_tried_before_they_are_saved(acme: Place, headers: dict[str, str]) -> None:
    acme.dispute()
    path = f"/connections/{acme.store.connection_id}/settings"
    wished = {**form_of(acme.client, acme), "winner_content": "ours"}

    shown = acme.client.post(f"{path}/preview", data=wished, headers=headers)

    assert shown.status_code == 200
    assert "What these rules change" in shown.text
    assert "Titles, descriptions and options" in shown.text
    assert ("<form" in shown.text) is (not headers)
    assert len(acme.shop.conflicts()) == 1


def test_rules_that_cannot_be_are_not_tried(acme: Place) -> None:
    path = f"/connections/{acme.store.connection_id}/settings/preview"
    wished = {**form_of(acme.client, acme), "mass_limit": "0"}

    shown = acme.client.post(path, data=wished, headers={**PARTIAL, "HX-Target": "div#preview"})

    assert shown.status_code == 422
    assert "Enter a number from 1." in shown.text


def test_saved_rules_decide_what_waited_for_a_person(acme: Place) -> None:
    product = acme.dispute()
    path = f"/connections/{acme.store.connection_id}/settings"
    wished = {**form_of(acme.client, acme), "winner_content": "theirs"}

    answer = acme.client.post(path, data=wished)
    acme.shop.settle()

    assert answer.status_code == 303
    assert acme.shop.conflicts() == []
    assert acme.shop.values(product).values["title"] == "Their Mug"


def test_whoever_may_not_manage_channels_tries_no_rules(acme: Place, people: Cast) -> None:
    enter(acme.client, people.bob)
    path = f"/connections/{acme.store.connection_id}/settings/preview"

    assert acme.client.post(path, data={"csrf_token": csrf(acme.client)}).status_code == 403
