"""Addresses of shops that come by a link, past the form that found them."""

import pytest
from flask.testing import FlaskClient

from app.connections import service, wire
from app.connections.errors import NoSuchChannel
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.work import unit_of_work
from tests.cast import cast, csrf, enter


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "ftp://shop.test",
        "//shop.test",
        "https://",
        "https://user:word@shop.test",
        "https://[::1",
        "https://shop.test/" + "a" * 500,
    ],
)
def test_what_is_no_address_of_a_shop_is_refused(actor: Actor, address: str) -> None:
    with pytest.raises(Invalid), unit_of_work(actor) as work:
        service.open_request(work, "woocommerce", "Shop", address)


def test_an_approval_is_not_begun_for_a_link_somebody_made_up(client: FlaskClient) -> None:
    enter(client, cast().alice)
    form = {"csrf_token": csrf(client)}

    answer = client.post("/connections/new/approve?address=javascript:alert(1)&name=x", data=form)
    too_long = client.post(
        f"/connections/new/approve?address=https://a.test&name={'x' * 200}", data=form
    )

    assert (answer.status_code, too_long.status_code) == (422, 422)
    assert 'href="javascript:' not in answer.text


def test_an_unknown_channel_is_not_there(client: FlaskClient) -> None:
    with pytest.raises(NoSuchChannel, match="knows no channel “ebay”"):
        wire.channel("ebay")
    assert client.post("/connections/approvals/ebay", data=b"{}").status_code == 404
