"""The reference adapter keeps the promises it is the reference for."""

from collections.abc import Mapping, Sequence

from app.adapters.memory import Fault, FaultKind, MemoryShop, memory_channel
from app.adapters.port import ChannelAdapter
from app.core.transport import Transport
from tests.channels.conformance import ConformanceSuite, Delivered, Stage, money


class MemoryStage:
    """A shop in a dict, with hands on it."""

    def __init__(self) -> None:
        self.shop = MemoryShop(page_size=3)
        self.channel = memory_channel({"shop": self.shop})

    def open(self, *, key: str | None = None) -> ChannelAdapter:
        credentials = {"key": key or self.shop.key}
        return self.channel.build(credentials, {"base_url": "shop"}, Transport())

    def add_simple(self, title: str, sku: str, *, minor: int = 1000, quantity: int = 5) -> str:
        return self.shop.add_product(
            {"title": title, "status": "active"},
            {"sku": sku, "price": money(minor), "quantity": quantity},
        )

    def add_variable(self, title: str, skus: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        goods = [
            {"sku": sku, "choice": {"Size": size}, "price": money(1000), "quantity": 5}
            for size, sku in skus.items()
        ]
        options = [{"name": "Size", "values": list(skus)}]
        product = self.shop.add_product(
            {"title": title, "options": options}, *goods, kind="variable"
        )
        found = self.shop.products[product].goods.values()
        return product, {good.values["choice"]["Size"]: good.id for good in found}

    def rename(self, external_id: str, title: str) -> None:
        self.shop.edit_product(external_id, title=title)

    def reprice_variant(self, parent_id: str, external_id: str, minor: int) -> None:
        self.shop.edit_variant(external_id, price=money(minor))

    def restock(self, external_id: str, quantity: int) -> None:
        self.shop.edit_variant(external_id, quantity=quantity)

    def variant_of(self, external_id: str) -> str:
        return external_id

    def erase(self, external_id: str) -> None:
        self.shop.delete_product(external_id)

    def throttle(self, *, retry_after: int) -> None:
        self.shop.faults.append(Fault(FaultKind.THROTTLE, retry_after=retry_after))

    def lose_answer(self) -> None:
        self.shop.fail(FaultKind.LOST)

    def writes(self) -> int:
        return len(self.shop.writes())

    def count(self) -> int:
        return len(self.shop.titles())

    def picture(self, name: str) -> str:
        return f"https://pictures.test/{name}.png"

    def fetched(self) -> int:
        return len(self.shop.pictures)

    def deliveries(self) -> Sequence[Delivered]:
        return self.shop.take_deliveries()


class TestMemory(ConformanceSuite):
    """One suite, this channel."""

    def make_stage(self) -> Stage:
        return MemoryStage()
