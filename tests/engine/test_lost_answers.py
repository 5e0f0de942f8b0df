"""The worker dies after the shop took our value and before we knew; then somebody edits again."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.core import faults
from app.sync import rules
from tests.engine.world import Shop, connected_store


class Killed(BaseException):
    """The worker died here."""


@pytest.fixture
def die_at(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> Callable[[str], None]:
    """Let the worker die at the next passing of a point; its work is taken over later."""

    def die(name: str) -> None:
        def point(passed: str) -> None:
            if passed == name:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(faults, "point", point)
            with pytest.raises(Killed):
                shop.settle()

    return die


def test_our_own_value_is_no_edit_of_the_shop(shop: Shop, die_at: Callable[[str], None]) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        store.list_here(product)
        shop.change(product, title="Cup")
        die_at("push.answered")
        shop.change(product, title="Jar")
        shop.advance(rules.LEASE + timedelta(seconds=1))
        shop.settle()

        assert shop.conflicts() == []
        assert store.shown("MUG-1")["title"] == shop.shown(product)["title"] == "Jar"


def test_an_edit_taken_back_here_is_taken_back_there(
    shop: Shop, die_at: Callable[[str], None]
) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        store.list_here(product)
        shop.change(product, title="Cup")
        die_at("push.answered")
        shop.change(product, title="Mug")
        shop.advance(rules.LEASE + timedelta(seconds=1))
        shop.settle()

        assert store.shown("MUG-1")["title"] == shop.shown(product)["title"] == "Mug"


def test_stock_is_not_moved_twice(shop: Shop, die_at: Callable[[str], None]) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=5)
    with connected_store(shop) as store:
        store.list_here(product)
        shop.edit(product, "quantity", 12)
        die_at("push.answered")
        shop.edit(product, "quantity", 13)
        shop.advance(rules.LEASE + timedelta(seconds=1))
        shop.settle()

        assert store.shown("MUG-1")["quantity"] == shop.shown(product)["quantity"] == 13


@pytest.mark.parametrize("is_read_first", [True, False])
def test_stock_that_nobody_can_know_is_asked_about(
    shop: Shop, die_at: Callable[[str], None], *, is_read_first: bool
) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=5)
    with connected_store(shop) as store:
        store.rules(auto_import_orders=False)  # else its orders tell what arrived
        store.list_here(product)
        shop.edit(product, "quantity", 12)
        die_at("push.answered")
        store.edit("MUG-1", "quantity", 11)
        if is_read_first:
            store.read()
        shop.advance(rules.LEASE + timedelta(seconds=1))
        shop.settle()

        assert [(each.field, each.ours, each.theirs) for each in shop.conflicts()] == [
            ("quantity", 12, 11)
        ]
        assert store.shown("MUG-1")["quantity"] == 11
        assert shop.shown(product)["quantity"] == 12
