"""The wizard that connects a store keeps what the merchant allowed, and offers what can work."""

from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast, cast, enter

SHOP = {"address": "http://shop.test", "name": "Acme outlet"}


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


def test_approval_is_not_offered_where_the_shop_would_refuse_it(
    client: FlaskClient, people: Cast
) -> None:
    enter(client, people.alice)

    page = client.get(f"/connections/new/keys?{urlencode(SHOP)}").text

    assert "SyncStore needs an https address of its own" in page
    assert "/connections/new/approve" not in page
