"""The rules of a connection: shown in words, tried before they are saved, heard at once."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.cast import Cast, csrf, enter
from tests.pages.sync.place import PARTIAL, Place


def form_of(client: FlaskClient, acme: Place) -> dict[str, Any]:
    """Return the settings form as a browser would send it back unchanged."""
    page = client.get(f"/connections/{acme.store.connection_id}/settings").text
    fields = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page))
    for name, inner in re.findall(
        r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        found = re.search(r'<option value="(\w*)" selected>', inner)
        fields[name] = found[1] if found else ""
    boxes = re.findall(r'<input type="checkbox"[^>]* name="(\w+)"[^>]* value="y"([^>]*)>', page)
    fields |= {name: "y" for name, rest in boxes if "checked" in rest}
    return {**{k: v for k, v in fields.items() if (k, "") not in boxes}, "csrf_token": csrf(client)}


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
