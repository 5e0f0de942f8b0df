"""Stock: absolute, read just before it is written, and never claimed without an answer."""

from app.adapters.types import (
    Applied,
    LevelDraft,
    ListingDraft,
    Moved,
    Rejected,
    Unanswered,
    VariantDraft,
)
from app.adapters.woocommerce.batches import Batches
from app.adapters.woocommerce.client import Client, Door
from app.adapters.woocommerce.listings import Listings
from app.adapters.woocommerce.reads import Reads
from app.adapters.woocommerce.shop import Shop
from app.simulators.chaos import Fault
from app.simulators.woocommerce import TwinSettings
from tests.channels.woocommerce.stage import WooStage


def test_many_levels_take_few_requests() -> None:
    stage = WooStage()
    products = [stage.add_simple(f"Mug {n}", f"M-{n}") for n in range(60)]
    parents = [stage.add_variable(f"Shirt {n}", {"S": f"S-{n}", "M": f"T-{n}"}) for n in range(5)]
    adapter = stage.open()
    adapter.check()
    stage.requests()
    levels = [LevelDraft(f"p{n}", product, None, 1) for n, product in enumerate(products)]
    levels += [
        LevelDraft(f"v{number}-{size}", variation, parent, 2)
        for number, (parent, sizes) in enumerate(parents)
        for size, variation in sizes.items()
    ]

    outcomes = adapter.push_levels(levels)

    assert all(isinstance(outcome, Applied) for outcome in outcomes)
    made = stage.requests()
    assert sum(1 for method, _ in made if method == "GET") == 2
    assert sum(1 for method, _ in made if method == "POST") == 2 + 5


def test_counting_begins_with_the_first_level() -> None:
    stage = WooStage()
    product = stage.store.add_product(name="Mug", type="simple", manage_stock=False)

    [outcome] = stage.open().push_levels([LevelDraft("l", str(product), None, 4)])

    assert isinstance(outcome, Applied)
    shown = stage.store.product(product)
    assert (shown["manage_stock"], shown["stock_quantity"]) == (True, 4)


def test_a_variation_that_shared_its_parents_stock_gets_its_own() -> None:
    stage = WooStage()
    parent, sizes = stage.add_variable("Shirt", {"S": "S-1"})
    stage.store.edit_product(int(parent), manage_stock=True, stock_quantity=16)
    stage.store.edit_variation(int(sizes["S"]), manage_stock="parent")
    adapter = stage.open()
    before = adapter.read_products([parent])[0].variants[0].values["quantity"]

    [outcome] = adapter.push_levels([LevelDraft("l", sizes["S"], parent, 16)])

    assert before is None
    assert isinstance(outcome, Applied)
    assert stage.store.variation(int(sizes["S"]))["manage_stock"] is True


def test_a_sale_between_is_never_overwritten() -> None:
    stage = WooStage()
    product = stage.add_simple("Mug", "M-1", quantity=5)
    stage.store.place_order((int(product), 2))

    [outcome] = stage.open().push_levels([LevelDraft("l", product, None, 9, expected=5)])

    assert isinstance(outcome, Rejected)
    assert "3" in outcome.problems[0].sentence
    assert stage.store.product(int(product))["stock_quantity"] == 3


def test_the_stock_of_a_variable_product_is_on_its_variants() -> None:
    stage = WooStage()
    parent, _ = stage.add_variable("Shirt", {"S": "S-1"})

    [outcome] = stage.open().push_levels([LevelDraft("l", parent, None, 3)])

    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].code == "has_variants"


def test_a_shop_that_counts_no_stock_says_what_to_turn_on() -> None:
    stage = WooStage(TwinSettings(keeps_stock=False))
    product = stage.add_simple("Mug", "M-1")
    health = stage.open(facts={}).check()
    assert health.facts is not None
    facts = {"currency": "USD", "counts_stock": health.facts.counts_stock}
    told = stage.open(facts=facts)

    for adapter in (told, stage.open()):
        [outcome] = adapter.push_levels([LevelDraft("l", product, None, 3)])
        assert isinstance(outcome, Rejected)
        assert "Enable stock management" in outcome.problems[0].sentence
    assert "quantity" not in told.capabilities.variant_fields


def test_a_cut_batch_settles_what_it_can() -> None:
    stage = WooStage()
    products = [stage.add_simple(f"Mug {n}", f"M-{n}", quantity=5) for n in range(10)]
    levels = [LevelDraft(p, p, None, 1, expected=5) for p in products]
    stage.store.chaos.next(Fault.BATCH_CUT)

    first = stage.open().push_levels(levels)
    second = stage.open().push_levels(levels)

    assert {type(outcome) for outcome in first} <= {Applied, Unanswered}
    for outcome in first:
        is_set = stage.store.product(int(outcome.key))["stock_quantity"] == 1
        assert is_set or isinstance(outcome, Unanswered)
    assert all(isinstance(outcome, Applied) for outcome in second)


def test_an_older_shop_is_read_product_by_product() -> None:
    stage = WooStage(TwinSettings(version="9.5.0"))
    shirts = [stage.add_variable(f"Shirt {n}", {"S": f"S-{n}"}) for n in range(3)]

    outcomes = stage.open().push_levels(
        [LevelDraft(parent, sizes["S"], parent, 8) for parent, sizes in shirts]
    )

    assert all(isinstance(outcome, Applied) for outcome in outcomes)


def test_a_variation_whose_product_is_gone_is_gone() -> None:
    stage = WooStage()

    [outcome] = stage.open().push_levels([LevelDraft("l", "77", "66", 8)])

    assert isinstance(outcome, Rejected)
    assert outcome.is_gone


def test_stock_of_variants_is_looked_at_again_when_a_long_push_gets_to_them() -> None:
    stage = WooStage()
    parent, sizes = stage.add_variable("Shirt", {"S": "S-1"})
    moments = [0.0, 60.0]

    def tick() -> float:
        if len(moments) == 1:
            stage.store.place_order((int(sizes["S"]), 2))
        return moments.pop(0) if moments else 60.0

    home = stage.store.settings.home_url
    keys = (stage.key.consumer_key, stage.key.consumer_secret)
    client = Client(Door(home, *keys), stage.transport())
    shop = Shop(client, {"currency": "USD"})
    listings = Listings(shop, Reads(shop), Batches(client), tick=tick)
    [seen] = stage.open().read_products([parent])
    counted = VariantDraft("s", sizes["S"], {"quantity": 9})

    [outcome] = listings.push([ListingDraft("shirt", parent, {}, (counted,), seen=seen)])

    assert isinstance(outcome, Moved)
    assert stage.store.variation(int(sizes["S"]))["stock_quantity"] == 3
