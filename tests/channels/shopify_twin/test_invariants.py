"""Whatever an app and a merchant do, a product stays whole."""

from typing import Any

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from app.simulators.shopify import StoreState
from tests.channels.shopify_twin.documents import (
    PRODUCT_SET,
    VARIANTS_CREATE,
    VARIANTS_DELETE,
    VARIANTS_UPDATE,
)
from tests.channels.shopify_twin.test_arranging import REORDER_OPTIONS, REORDER_VARIANTS
from tests.channels.shopify_twin.test_variants import (
    OPTION_UPDATE,
    OPTIONS_CREATE,
    OPTIONS_DELETE,
)
from tests.channels.shopify_twin.world import World

UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # a store per try: shrinking takes minutes
NAMES = ("Size", "Color")
VALUES = ("S", "M", "L")
STEPS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=12
)


class Hand:
    """Does one of ten things to the only product; many of them are refused, and that is fine."""

    def __init__(self) -> None:
        self.world = World()
        self.store = self.world.store
        self.product = self.store.add_product(title="Tee")
        self.steps = (
            self.set_whole,
            self.add_variant,
            self.delete_variant,
            self.choose,
            self.add_option,
            self.delete_option,
            self.change_option,
            self.reorder,
            self.merchant_deletes,
            self.set_name,
        )

    def _ask(self, document: str, **variables: Any) -> None:
        gid = f"gid://shopify/Product/{self.product}"
        told = self.world.post(document, {"id": gid} | variables).json()
        assert "errors" not in told, told["errors"]

    def _variant(self, at: int) -> str:
        ids = self.store.variant_ids(self.product)
        return f"gid://shopify/ProductVariant/{ids[at % len(ids)]}"

    def _option(self, at: int) -> dict[str, Any]:
        options: list[dict[str, Any]] = self.store.products.rows[self.product]["options"]
        return options[at % len(options)]

    def _chosen(self, at: int, by: int) -> list[dict[str, str]]:
        options = self.store.products.rows[self.product]["options"]
        return [
            {"optionName": option["name"], "name": VALUES[(at + by * place) % 3]}
            for place, option in enumerate(options)
        ]

    def set_whole(self, at: int, by: int) -> None:
        names = NAMES[: 1 + at % 2]
        options = [
            {"name": name, "values": [{"name": value} for value in VALUES]} for name in names
        ]
        rows = [
            {
                "optionValues": [
                    {"optionName": name, "name": VALUES[(count + by * place) % 3]}
                    for place, name in enumerate(names)
                ]
            }
            for count in range(1 + by % 3)
        ]
        body = {"productOptions": options, "variants": rows}
        identifier = {"id": f"gid://shopify/Product/{self.product}"}
        told = self.world.post(
            PRODUCT_SET, {"identifier": identifier, "input": body, "now": True}
        ).json()
        assert "errors" not in told

    def add_variant(self, at: int, by: int) -> None:
        strategies = ("DEFAULT", "PRESERVE_STANDALONE_VARIANT", "REMOVE_STANDALONE_VARIANT")
        rows = [{"optionValues": self._chosen(at, by)}]
        self._ask(VARIANTS_CREATE, variants=rows, strategy=strategies[at % 3])

    def delete_variant(self, at: int, by: int) -> None:
        self._ask(VARIANTS_DELETE, ids=list({self._variant(at), self._variant(by)}))

    def choose(self, at: int, by: int) -> None:
        rows = [{"id": self._variant(at), "optionValues": self._chosen(by, at)[:1]}]
        self._ask(VARIANTS_UPDATE, variants=rows)

    def add_option(self, at: int, by: int) -> None:
        values = [{"name": value} for value in VALUES[: 1 + by % 3]]
        how = ("LEAVE_AS_IS", "CREATE")[by % 2]
        self._ask(OPTIONS_CREATE, options=[{"name": NAMES[at % 2], "values": values}], how=how)

    def delete_option(self, at: int, by: int) -> None:
        wanted = [f"gid://shopify/ProductOption/{self._option(at)['id']}"]
        how = ("DEFAULT", "NON_DESTRUCTIVE", "POSITION")[by % 3]
        self._ask(OPTIONS_DELETE, options=wanted, how=how)

    def change_option(self, at: int, by: int) -> None:
        option = self._option(at)
        value = option["values"][by % len(option["values"])] if option["values"] else None
        gone = [f"gid://shopify/ProductOptionValue/{value['id']}"] if value and by % 2 else []
        self._ask(
            OPTION_UPDATE,
            option={"id": f"gid://shopify/ProductOption/{option['id']}"},
            gone=gone,
            add=[{"name": VALUES[by % 3]}] if at % 2 else [],
            how=("LEAVE_AS_IS", "MANAGE")[at % 2],
        )

    def reorder(self, at: int, by: int) -> None:
        if at % 2:
            self._ask(
                REORDER_VARIANTS, positions=[{"id": self._variant(at), "position": 1 + by % 3}]
            )
            return
        options = self.store.products.rows[self.product]["options"]
        names = [{"name": option["name"]} for option in reversed(options)]
        self._ask(REORDER_OPTIONS, options=names)

    def merchant_deletes(self, at: int, by: int) -> None:
        del by
        if len(self.store.variant_ids(self.product)) > 1:
            self.store.delete_variant(int(self._variant(at).rpartition("/")[2]))

    def set_name(self, at: int, by: int) -> None:
        self.store.edit_variant(int(self._variant(at).rpartition("/")[2]), sku=f"SKU-{by}")


def _faults(store: StoreState, product: int) -> list[str]:
    row = store.products.rows[product]
    variants = store.variants.where("product", product)
    known = [{value["id"] for value in option["values"]} for option in row["options"]]
    chosen = [variant["choices"] for variant in variants]
    positions = sorted(variant["position"] for variant in variants)
    checks = {
        "a product has a variant": bool(variants),
        "a product has one to three options": 1 <= len(row["options"]) <= 3,
        "every variant chooses once for each option": all(
            len(choices) == len(known) for choices in chosen
        ),
        "every choice is a value of its option": all(
            choice in values
            for choices in chosen
            for choice, values in zip(choices, known, strict=False)
        ),
        "no two variants choose the same": len({tuple(each) for each in chosen}) == len(chosen),
        "positions have no gaps": positions == list(range(1, len(variants) + 1)),
        "every item is stocked somewhere": all(
            store.levels.where("item", variant["item_id"]) for variant in variants
        ),
        "no level is without its item": all(
            store.variants.where("item", level["item_id"]) for level in store.levels.all()
        ),
        "the search knows what there is": _search_is_true(store),
    }
    return [sentence for sentence, holds in checks.items() if not holds]


def _search_is_true(store: StoreState) -> bool:
    ids = {
        "product": set(store.products.rows),
        "variant": set(store.variants.rows),
        "item": {variant["item_id"] for variant in store.variants.rows.values()},
    }
    return all(
        {row_id: store.documents[kind](row_id) for row_id in ids[kind]} == store.index.all(kind)
        for kind in ids
    )


@settings(max_examples=60, deadline=None, phases=UNSHRUNK)
@given(steps=STEPS)
@example(steps=[(6, 1, 1)])  # the only value goes, another comes
@example(steps=[(4, 0, 1)])  # variants made between options are stocked
@example(steps=[(0, 0, 0), (4, 1, 1), (5, 1, 2)])  # an option goes with its variants
def test_a_product_stays_whole(steps: list[tuple[int, int, int]]) -> None:
    hand = Hand()

    for number, at, by in steps:
        hand.steps[number](at, by)
        assert _faults(hand.store, hand.product) == [], hand.steps[number].__name__
