"""The pages of a plan say what it costs."""

from app.connections.models import Connection
from app.core.db import reading
from app.sync import preview, waiting
from tests.pages.sync.place import Place


def test_a_preview_says_what_sending_costs(acme: Place) -> None:
    product = acme.shop.add_product("Mug", "MUG-1")
    acme.store.list_here(product)
    acme.store.rules(auto_push=False)
    acme.shop.change(product, title="Cup")
    acme.shop.settle()
    with reading(acme.shop.actor) as session:
        row = session.get_one(Connection, acme.store.connection_id)
        cost = preview.preview(session, row).cost

    shown = acme.client.get(f"/sync/plans/{acme.store.connection_id}")

    assert shown.status_code == 200
    assert f"Sending it takes {cost.words}." in shown.text
    assert cost.words.startswith("about ")


def test_what_waits_says_what_sending_all_of_it_costs(acme: Place) -> None:
    product = acme.shop.add_product("Mug", "MUG-1")
    acme.store.list_here(product)
    acme.shop.change_variant(product, price={"minor": 9900, "currency": "USD"})
    acme.shop.settle()
    with reading(acme.shop.actor) as session:
        [pile] = waiting.piles(session)

    shown = acme.client.get("/sync/plans")

    assert f"Sending all of it takes {pile.cost.words}." in shown.text
    assert pile.cost.calls > 1
