"""A parcel packed with a scanner that types: right items count, wrong ones are refused aloud."""

from typing import Any
from uuid import UUID

import pytest

from app.orders.rules import OrderState
from app.orders.scanning import Packable, code_key, scan
from tests.cast import csrf
from tests.factories.orders import sold
from tests.pages.orders.conftest import Place


@pytest.fixture
def order_id(place: Place) -> UUID:
    """Two mugs and a cup, all promised."""
    place.stock("MUG-1", 5, title="Blue mug")
    place.stock("CUP-1", 5, title="Red cup")
    return place.sell(sold("MUG-1", 2), sold("CUP-1"))


def scanned(place: Place, order_id: UUID, code: str, *packed: int) -> Any:
    """Send a code with what was packed so far."""
    rows = place.order(order_id).lines
    boxes = {f"packed-{row.id}": str(n) for row, n in zip(rows, packed, strict=True)}
    data = {"csrf_token": csrf(place.client), "code": code, **boxes}
    return place.client.post(f"/orders/{order_id}/pack", data=data).text


def test_right_items_count_until_the_parcel_is_whole(place: Place, order_id: UUID) -> None:
    first = scanned(place, order_id, "mug-1", 0, 0)
    assert "Item MUG-1: 1 of 2." in first
    assert "Ship what is packed" in first
    last = scanned(place, order_id, "CUP-1", 2, 0)
    assert 'value="packed"' in last

    place.client.post(f"/orders/{order_id}/move", data=place.form(order_id, to="packed"))
    assert place.order(order_id).order.state == OrderState.PACKED


def test_a_wrong_item_and_one_too_many_are_refused_and_announced(
    place: Place, order_id: UUID
) -> None:
    wrong = scanned(place, order_id, "<b>9</b>", 1, 0)
    assert "&lt;b&gt;9&lt;/b&gt; is not in this order. Put it aside." in wrong
    assert 'role="alert"' in wrong
    many = scanned(place, order_id, "MUG-1", 2, 0)
    assert "One too many: all 2 of Item MUG-1 are packed already." in many
    assert 'value="packed"' not in many


def test_what_was_packed_is_what_the_ship_form_shows(place: Place, order_id: UUID) -> None:
    mugs, cups = place.order(order_id).lines
    page = place.client.get(
        f"/orders/{order_id}/ship", query_string={f"units-{mugs.id}": 1, f"units-{cups.id}": 0}
    ).text

    assert f'name="units-{mugs.id}" value="1"' in page
    assert f'name="units-{cups.id}" value="0"' in page


def test_a_barcode_is_the_same_with_and_without_leading_zeros() -> None:
    key = UUID(int=1)
    line = Packable(key, "Mug", frozenset({code_key("0012345678905")}), 1)

    assert scan("12345678905", [line], {}).line_id == key
    assert scan("12345678905", [line], {key: 1}).line_id is None
    assert scan("  ", [line], {}).line_id is None
