"""The reference adapter: the port over a shop in a dict."""

import copy
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.adapters.errors import (
    BadPayload,
    NeedsReauth,
    Refused,
    Throttled,
    Unavailable,
)
from app.adapters.memory.selling import MemoryOrders
from app.adapters.memory.shop import Fault, FaultKind, Good, MemoryShop, Product, signature
from app.adapters.memory.weather import answered, spoiled
from app.adapters.orders import OrderAct
from app.adapters.port import Capabilities
from app.adapters.types import (
    Applied,
    Batch,
    ChannelProduct,
    ChannelVariant,
    Cursor,
    Delivery,
    DeliveryKind,
    Found,
    Health,
    Hook,
    LevelDraft,
    ListingDraft,
    Moved,
    Outcome,
    Page,
    Price,
    Problem,
    Rejected,
    ShopFacts,
    Ticket,
    VariantDraft,
)
from app.adapters.values import PRODUCT_FIELDS, VARIANT_FIELDS

TOPICS: Final = (
    "product.created",
    "product.updated",
    "product.deleted",
    "order.created",
    "order.updated",
)
KINDS: Final = {
    "product.deleted": DeliveryKind.PRODUCT_DELETED,
    "order.created": DeliveryKind.ORDER,
    "order.updated": DeliveryKind.ORDER,
}
CAPABILITIES: Final = Capabilities(
    product_fields=frozenset(PRODUCT_FIELDS),
    variant_fields=frozenset(VARIANT_FIELDS),
    compares_levels=True,
    has_webhooks=True,
    orders=frozenset(OrderAct),
)


class MemoryAdapter(MemoryOrders):
    """One connection to one shop in a dict."""

    def __init__(self, shop: MemoryShop, key: str, *, hook_url: str, hook_secret: str) -> None:
        self._shop = shop
        self._key = key
        self._hook_url = hook_url
        self._hook_secret = hook_secret
        self.capabilities = CAPABILITIES

    def check(self) -> Health:
        """Ask whether the account answers and may do what we need."""
        self._begin("check")
        shop = self._shop
        return Health(
            is_ok=True, facts=ShopFacts(shop.name, f"memory://{shop.name}", shop.currency)
        )

    def pull_products(self, after: Cursor) -> Page[ChannelProduct]:
        """Read a page of products with their variants."""
        self._begin("pull_products")
        shop, state = self._shop, after.state
        first, since = int(state.get("after", 0)), int(state.get("since", 0))
        mark = int(state.get("mark", max((p.version for p in shop.products.values()), default=0)))
        chosen = [
            product
            for product in sorted(shop.products.values(), key=lambda each: int(each.id))
            if not product.is_deleted and int(product.id) > first and product.version > since
        ]
        page, rest = chosen[: shop.page_size], chosen[shop.page_size :]
        ahead = {"after": int(page[-1].id), "since": since, "mark": mark} if rest else None
        items = [_identity(each) if after.kind == "ids" else self._shown(each) for each in page]
        is_watermarked = ahead is None and after.kind != "ids"
        return Page(
            items,
            Cursor(after.kind, ahead) if ahead else None,
            watermark=Cursor("changes", {"since": mark}) if is_watermarked else None,
            total=len(chosen),
        )

    def read_products(self, external_ids: Sequence[str]) -> Sequence[ChannelProduct]:
        """Read these products as they stand now; missing ones come back with `is_deleted`."""
        self._begin("read_products", external_ids)
        found = []
        for external_id in external_ids:
            product = self._shop.products.get(external_id)
            if product is None or product.is_deleted:
                found.append(
                    ChannelProduct(external_id, {}, (), is_deleted=True, is_writable=False)
                )
            else:
                found.append(self._shown(product))
        return found

    def push_listings(self, drafts: Sequence[ListingDraft]) -> Sequence[Outcome]:
        """Create or change listings; one outcome per draft, in order."""
        fault = self._begin("push_listings", [draft.key for draft in drafts])
        outcomes = [
            spoiled(fault, draft.key, number, len(drafts)) or self._push(draft)
            for number, draft in enumerate(drafts)
        ]
        return answered(fault, outcomes)

    def price(self, batches: Sequence[Batch]) -> Price:
        """Say what batches take: a look and a write each."""
        return Price(sum(bool(each.known) + bool(each.drafts) for each in batches))

    def push_levels(self, levels: Sequence[LevelDraft]) -> Sequence[Outcome]:
        """Set absolute stock; one outcome per level, in order."""
        fault = self._begin("push_levels", [level.key for level in levels])
        outcomes = [
            spoiled(fault, level.key, number, len(levels)) or self._set(level)
            for number, level in enumerate(levels)
        ]
        return answered(fault, outcomes)

    def collect(self, ticket: Ticket) -> Sequence[Outcome]:
        """Return nothing: this shop answers every write at once."""
        return []

    def read_delivery(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify and read a webhook over its raw bytes; raises Refused when it is not genuine."""
        sent = {name.lower(): value for name, value in headers.items()}
        given = sent.get("x-memory-signature", "")
        if not hmac.compare_digest(given, signature(self._hook_secret, body)):
            raise Refused("This delivery is not signed with our secret.", code="bad_signature")
        try:
            event = json.loads(body)
        except ValueError:
            raise BadPayload("delivery", "JSON") from None
        topic = sent.get("x-memory-topic", "")
        return Delivery(
            kind=KINDS.get(topic, DeliveryKind.PRODUCT),
            topic=topic,
            event_key=str(event["event"]),
            external_id=str(event["id"]),
        )

    def list_hooks(self) -> Sequence[Hook]:
        """List the webhook subscriptions that point to us."""
        self._begin("list_hooks")
        return [hook for hook in self._shop.hooks.values() if hook.url == self._hook_url]

    def arm_hooks(self) -> Sequence[Hook]:
        """Make sure every webhook we need exists and is active; returns them."""
        self._begin("arm_hooks")
        shop = self._shop
        present = {hook.topic: hook for hook in shop.hooks.values() if hook.url == self._hook_url}
        for topic in TOPICS:
            hook = present.get(topic)
            if hook is None or not hook.is_active:
                hook_id = hook.external_id if hook else shop.new_id()
                present[topic] = Hook(hook_id, topic, self._hook_url, is_active=True)
                shop.hooks[hook_id] = present[topic]
                shop.secrets[hook_id] = self._hook_secret
        return [present[topic] for topic in TOPICS]

    def disarm_hooks(self) -> int:
        """Remove our webhook subscriptions; returns how many."""
        self._begin("disarm_hooks")
        ours = [key for key, hook in self._shop.hooks.items() if hook.url == self._hook_url]
        for key in ours:
            del self._shop.hooks[key]
        return len(ours)

    def _begin(self, method: str, keys: Sequence[str] = ()) -> Fault | None:
        """Count the call, refuse wrong keys, and let the call meet its fault."""
        self._shop.note(method, keys)
        fault = self._shop.take_fault(method, keys)
        if not self._shop.accepts(self._key) or (fault and fault.kind is FaultKind.REAUTH):
            raise NeedsReauth
        if fault is not None and fault.kind is FaultKind.THROTTLE:
            raise Throttled(retry_after=fault.retry_after)
        if fault is not None and fault.kind is FaultKind.UNAVAILABLE:
            raise Unavailable
        if fault is not None and fault.kind is FaultKind.REFUSE:
            raise Refused(fault.sentence, code=fault.code)
        if fault is not None and fault.kind is FaultKind.GARBLE:
            raise BadPayload("product.price", "a price")
        return fault

    def _push(self, draft: ListingDraft) -> Outcome:
        product = self._found(draft)
        if draft.is_removed:
            if product is not None:
                self._shop.delete_product(product.id)
            return Applied(draft.key, draft.external_id or "")
        if draft.external_id is not None and product is None:
            problem = Problem("This item no longer exists in the shop.", code="gone")
            return Rejected(draft.key, (problem,), is_gone=True)
        if (taken := self._taken(draft, product)) is not None:
            problem = Problem("Another product already uses this SKU.", "sku", "sku_taken")
            return Rejected(draft.key, (problem,), owner_external_id=taken)
        if product is None:
            product = Product(self._shop.new_id(), {}, kind=draft.kind)
        elif draft.external_id is None and product.key != draft.key:
            return Found(draft.key, self._shown(product))
        elif draft.is_outdated(self._shown(product)):
            return Moved(draft.key)
        return self._write(draft, product)

    def _found(self, draft: ListingDraft) -> Product | None:
        products = self._shop.products
        if draft.external_id is not None:
            product = products.get(draft.external_id)
            return None if product is None or product.is_deleted else product
        for product in products.values():
            if product.key == draft.key and not product.is_deleted:
                return product
        for sku in _skus(draft):
            held = self._shop.with_sku(sku)
            if held is not None and held[0].kind == draft.kind:
                return held[0]
        return None

    def _taken(self, draft: ListingDraft, product: Product | None) -> str | None:
        for sku in _skus(draft):
            held = self._shop.with_sku(sku)
            if held is not None and (product is None or held[0].id != product.id):
                return held[0].id
        return None

    def _write(self, draft: ListingDraft, product: Product) -> Applied:
        before = copy.deepcopy(product)
        images = self._images(draft)
        product.key = draft.key
        product.values.update(copy.deepcopy(dict(draft.values)))
        if "images" in draft.values:
            product.values["images"] = [
                {**self._shop.pictures[picture], "key": f"ext:{picture}", "alt": alt}
                for _, picture, alt in images
            ]
        ids = {key: picture for key, picture, _ in images}
        problems: list[Problem] = []
        variant_ids = {}
        for variant in draft.variants:
            good = self._good(product, variant, problems)
            if good is not None:
                _fill(good, variant, ids, draft.image_ids)
                variant_ids[variant.key] = good.id
        if not draft.variants and not product.goods and product.kind == "simple":
            product.goods[product.id] = Good(product.id, {})
        if before != product or product.id not in self._shop.products:
            is_new = product.id not in self._shop.products
            self._shop.products[product.id] = product
            self._shop.note("write_listing", [draft.key], list(draft.values))
            self._shop.touch(product, "product.created" if is_new else "product.updated")
        return Applied(
            key=draft.key,
            external_id=product.id,
            remote_version=str(product.version),
            product=self._shown(product),
            variant_ids=variant_ids,
            image_ids={key: each for key, each in ids.items() if not key.startswith("ext:")},
            problems=tuple(problems),
        )

    def _images(self, draft: ListingDraft) -> list[tuple[str, str, str | None]]:
        """Return (our key, their id, alt) for the pictures a draft names, fetching new ones."""
        found = []
        for image in draft.values.get("images") or ():
            key = str(image["key"])
            picture = key.removeprefix("ext:") if key.startswith("ext:") else None
            picture = picture or draft.image_ids.get(key) or self._fetched(draft, key)
            if picture in self._shop.pictures:
                found.append((key, picture, image.get("alt")))
        return found

    def _fetched(self, draft: ListingDraft, key: str) -> str:
        source = draft.image_sources.get(key, "")
        for picture, stored in self._shop.pictures.items():
            if stored["url"] == source:
                return picture
        return self._shop.add_picture(source) if source else ""

    def _good(
        self, product: Product, variant: VariantDraft, problems: list[Problem]
    ) -> Good | None:
        good = _paired(product, variant)
        if variant.is_removed:
            if good is not None:
                del product.goods[good.id]
            return None
        if good is None and variant.external_id is not None:
            problems.append(
                Problem("This variant is gone.", code="variant_gone", variant_key=variant.key)
            )
            return None
        if good is None:
            good_id = product.id if product.kind == "simple" else self._shop.new_id()
            good = product.goods.setdefault(good_id, Good(good_id, {}))
        return good

    def _set(self, level: LevelDraft) -> Outcome:
        try:
            product, good = self._shop.good(level.external_id)
        except KeyError:
            problem = Problem("This item no longer exists in the shop.", code="gone")
            return Rejected(level.key, (problem,), is_gone=True)
        present = good.values.get("quantity")
        if present != level.quantity:
            if level.expected is not None and present != level.expected:
                sentence = f"The shop's stock changed meanwhile: it is {present}."
                problem = Problem(sentence, "quantity", "changed_meanwhile")
                return Rejected(level.key, (problem,))
            good.values["quantity"] = level.quantity
            self._shop.note("write_level", [level.key], ["quantity"])
            self._shop.touch(product)
        return Applied(level.key, level.external_id, remote_version=str(product.version))

    def _shown(self, product: Product) -> ChannelProduct:
        return ChannelProduct(
            external_id=product.id,
            values=copy.deepcopy(product.values),
            variants=tuple(
                ChannelVariant(good.id, copy.deepcopy(good.values), good.key, str(product.version))
                for good in product.goods.values()
            ),
            our_key=product.key,
            kind=product.kind,
            modified_at=product.modified_at,
            remote_version=str(product.version),
        )


def _identity(product: Product) -> ChannelProduct:
    variants = tuple(ChannelVariant(good_id, {}) for good_id in product.goods)
    return ChannelProduct(product.id, {}, variants, kind=product.kind)


def _skus(draft: ListingDraft) -> list[str]:
    named = (variant.values.get("sku") for variant in draft.variants if not variant.is_removed)
    return [sku for sku in dict.fromkeys((*draft.skus, *named)) if sku]


def _paired(product: Product, variant: VariantDraft) -> Good | None:
    if variant.external_id is not None:
        return product.goods.get(variant.external_id)
    return next((good for good in _candidates(product, variant)), None)


def _candidates(product: Product, variant: VariantDraft) -> Iterator[Good]:
    goods = product.goods.values()
    yield from (good for good in goods if good.key == variant.key)
    sku, choice = variant.values.get("sku"), variant.values.get("choice")
    yield from (good for good in goods if sku and good.values.get("sku") == sku)
    yield from (good for good in goods if choice and good.values.get("choice") == choice)
    if product.kind == "simple":
        yield from goods


def _fill(
    good: Good, variant: VariantDraft, ids: Mapping[str, str], known: Mapping[str, str]
) -> None:
    good.key = variant.key
    good.values.update(copy.deepcopy(dict(variant.values)))
    key = variant.values.get("image")
    if key is not None and not str(key).startswith("ext:"):
        picture = ids.get(str(key)) or known.get(str(key))
        good.values["image"] = f"ext:{picture}" if picture else None
