"""A panel no real store has: rehearsals look inside, and play merchant and weather."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from app.simulators.chaos import Chaos, RateLimit, profile_from
from app.simulators.woocommerce import seeds, wire
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.shopping import NotInStore
from app.simulators.woocommerce.state import StoreState

panel = Blueprint("control", __name__, url_prefix="/_twin")


def _store() -> StoreState:
    store = wire.store_here()
    assert isinstance(store, StoreState)  # noqa: S101 (create_twin puts nothing else there)
    return store


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


@panel.errorhandler(NotInStore)
def unknown(error: NotInStore) -> tuple[Response, int]:
    """Say that an id is not there."""
    return jsonify(error=f"There is no {error} in this store."), 404


@panel.errorhandler(ApiError)
def refused(error: ApiError) -> tuple[Response, int]:
    """Say what the store itself refused."""
    return jsonify(error.body()), error.status


@panel.errorhandler(ValueError)
def wrong(error: ValueError) -> tuple[Response, int]:
    """Say that a value makes no sense here."""
    return jsonify(error=str(error)), 400


@panel.errorhandler(KeyError)
def missing(error: KeyError) -> tuple[Response, int]:
    """Say that a value is missing or unknown."""
    return jsonify(error=f"Missing or unknown: {error}"), 400


@panel.get("/state")
def state() -> Response:
    """Count what there is."""
    store = _store()
    return jsonify(name=store.settings.name, counts=store.counts(), chaos=store.chaos.report())


@panel.get("/writes")
def writes() -> Response:
    """List the API writes: all, or those that carried `field`."""
    field = request.args.get("field")
    found = [
        asdict(write)
        for write in list(_store().write_log)
        if field is None or field in write.fields
    ]
    took_effect = sum(write["error"] is None for write in found)
    return jsonify(count=len(found), took_effect=took_effect, writes=found)


@panel.delete("/writes")
def forget_writes() -> Response:
    """Start counting anew."""
    _store().forget_writes()
    return jsonify(ok=True)


@panel.get("/products")
def products() -> Response:
    """List the ids of all products."""
    return jsonify(ids=_store().product_ids())


@panel.get("/products/<int:row_id>")
def product(row_id: int) -> Response:
    """Show a product or variation as stored."""
    return jsonify(_store().product(row_id))


@panel.post("/products")
def add_product() -> Response:
    """Add a product; `variations` holds bodies of its variations."""
    body = _body()
    return jsonify(id=_store().add_product(parts=body.pop("variations", []), **body))


@panel.post("/products/<int:row_id>")
def edit_product(row_id: int) -> Response:
    """Change fields as the merchant in the WP admin."""
    _store().edit_product(row_id, **_body())
    return jsonify(_store().product(row_id))


@panel.post("/products/<int:row_id>/<any(trash, restore, erase):action>")
def move_product(row_id: int, action: str) -> Response:
    """Trash, restore or delete as the merchant."""
    store = _store()
    {"trash": store.trash, "restore": store.restore, "erase": store.erase}[action](row_id)
    return jsonify(ok=True)


@panel.post("/orders")
def place_order() -> Response:
    """Let a customer buy: `{"lines": [[id, quantity]], "status": "processing"}`."""
    body = _body()
    lines = [(int(row_id), int(quantity)) for row_id, quantity in body.pop("lines")]
    order_id = _store().place_order(*lines, **body)
    return jsonify(_store().order(order_id))


@panel.post("/sell")
def sell() -> Response:
    """Let a shopper buy: `{"lines": [[id, quantity]], "customer": {…}}`; 409: too few are left.

    A text instead of an id is a SKU. `"status": "pending"` leaves the payment open; any field an
    order takes may be given.
    """
    body = _body()
    lines = [(_id_of(named), int(quantity)) for named, quantity in body.pop("lines")]
    return jsonify(_store().order(_store().sell(lines, **body)))


def _id_of(named: int | str) -> int:
    found = _store().find_sku(named) if isinstance(named, str) else named
    if found is None:
        raise NotInStore(named)
    return found


@panel.get("/orders/<int:order_id>")
def order(order_id: int) -> Response:
    """Show an order."""
    return jsonify(_store().order(order_id))


@panel.post("/orders/<int:order_id>")
def edit_order(order_id: int) -> Response:
    """Change an order as the merchant in the WP admin."""
    _store().edit_order(order_id, **_body())
    return jsonify(_store().order(order_id))


@panel.post("/orders/<int:order_id>/<any(pay, cancel, trash, restore, erase):action>")
def move_order(order_id: int, action: str) -> Response:
    """Let an order be paid, cancelled, trashed, restored or deleted."""
    store = _store()
    {
        "pay": store.pay_order,
        "cancel": store.cancel_order,
        "trash": store.trash_order,
        "restore": store.restore_order,
        "erase": store.erase_order,
    }[action](order_id)
    return jsonify(ok=True)


@panel.post("/orders/<int:order_id>/lines/<int:line_id>")
def edit_line(order_id: int, line_id: int) -> Response:
    """Change how many of a line are ordered: `{"quantity": 2}`."""
    _store().edit_line(order_id, line_id, int(_body()["quantity"]))
    return jsonify(_store().order(order_id))


@panel.post("/orders/<int:order_id>/refunds")
def refund_order(order_id: int) -> Response:
    """Refund: `{"lines": {"11": 1}, "restock": true}` or `{"amount": "5.00"}`."""
    body = _body()
    lines = {int(line): int(units) for line, units in body.pop("lines", {}).items()}
    return jsonify(id=_store().refund_order(order_id, lines, **body))


@panel.post("/keys")
def add_key() -> Response:
    """Make an API key."""
    return jsonify(asdict(_store().add_key(**_body())))


@panel.post("/throttle")
def throttle() -> Response:
    """Answer the next requests with 429: `{"times": 3, "retry_after": 2}`."""
    body = _body()
    _store().throttle_next(int(body.get("times", 1)), retry_after=int(body.get("retry_after", 2)))
    return jsonify(ok=True)


@panel.post("/chaos")
def set_chaos() -> Response:
    """Change the weather: `{"profile": "storm", "seed": 7}` or `{"chances": {"throttle": 0.5}}`."""
    body, chaos = _body(), _store().chaos
    chosen = profile_from(body["chances"]) if "chances" in body else body["profile"]
    chaos.use(chosen, seed=body.get("seed"))
    return jsonify(chaos.report())


@panel.delete("/chaos")
def calm() -> Response:
    """End every fault."""
    _store().chaos.calm()
    return jsonify(_store().chaos.report())


@panel.post("/rate")
def set_rate() -> Response:
    """Allow so many requests a second: `{"per_second": 10, "burst": 5}`; 0 allows all."""
    body, chaos = _body(), _store().chaos
    _limit(chaos, float(body.get("per_second", 0)), int(body.get("burst", 1)))
    return jsonify(chaos.report())


def _limit(chaos: Chaos, per_second: float, burst: int) -> None:
    chaos.rate_limit = RateLimit(per_second, burst=burst) if per_second > 0 else None


@panel.post("/deliver")
def deliver() -> Response:
    """Tick the store's cron once: send the webhooks that are due."""
    sent = _store().deliver_due()
    return jsonify(sent=[{"topic": call.topic, "status": call.status} for call in sent])


@panel.post("/seed")
def seed() -> Response:
    """Add products: `{"count": 1000, "variations": 3}` made up, or `{"items": [...]}` as given."""
    body, store = _body(), _store()
    if "items" in body:
        return jsonify(ids=seeds.seed_products(store, body["items"]))
    ids = seeds.seed_synthetic(store, int(body["count"]), variations=int(body.get("variations", 0)))
    return jsonify(count=len(ids), first=ids[0] if ids else None)
