"""A panel no real store has: rehearsals look inside, and play merchant, customer and weather."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, Response, jsonify, render_template, request

from app.simulators.chaos import RateLimit, profile_from
from app.simulators.shopify import oauth, seeds, wire
from app.simulators.shopify.state import NotInStore, OutOfStock, StoreState

panel = Blueprint("control", __name__, url_prefix="/_twin", template_folder="templates")


def _store() -> StoreState:
    store = wire.store_here()
    assert isinstance(store, StoreState)  # noqa: S101 (create_twin puts nothing else there)
    return store


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


@panel.errorhandler(NotInStore)
def unknown(error: NotInStore) -> tuple[Response, int]:
    """Say that a number is not there."""
    return jsonify(error=f"There is no {error} in this store."), 404


@panel.errorhandler(OutOfStock)
def sold_out(error: OutOfStock) -> tuple[Response, int]:
    """Say that a shopper came too late."""
    return jsonify(error=str(error)), 409


@panel.errorhandler(ValueError)
def wrong(error: ValueError) -> tuple[Response, int]:
    """Say that a value makes no sense here."""
    return jsonify(error=str(error)), 400


@panel.errorhandler(KeyError)
def missing(error: KeyError) -> tuple[Response, int]:
    """Say that a value is missing or unknown."""
    return jsonify(error=f"Missing or unknown: {error}"), 400


@panel.get("/")
def home() -> str:
    """Show the store to a person: what there is, what was written, and a few buttons."""
    store = _store()
    return render_template(
        "shopify_twin/panel.html",
        shop=store.settings,
        counts=store.counts(),
        products=[store.product(number) for number in store.product_ids()[-20:]],
        writes=list(store.write_log)[-20:],
        condition=store.condition.value,
    )


@panel.post("/buttons/<name>")
def press(name: str) -> Response:
    """Do what a button of the page does, and show the page again."""
    store = _store()
    buttons: dict[str, Callable[[], object]] = {
        "deliver": store.tick,
        "expire": store.expire_tokens,
        "uninstall": store.uninstall,
        "throttle": store.throttle_next,
        "hour": lambda: store.pass_time(timedelta(hours=1)),
    }
    buttons[name]()
    return Response(status=303, headers={"Location": "/_twin/"})


@panel.get("/state")
def state() -> Response:
    """Count what there is."""
    store = _store()
    return jsonify(
        name=store.settings.name,
        shop=store.settings.shop,
        condition=store.condition.value,
        counts=store.counts(),
        locations=store.locations.all(),
        publications=store.publications.all(),
        chaos=store.chaos.report(),
        now=store.now(),
    )


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


@panel.get("/products/<int:number>")
def product(number: int) -> Response:
    """Show a product as webhooks tell it."""
    return jsonify(_store().product(number))


@panel.post("/products")
def add_product() -> Response:
    """Add a product: a productSet input, or the shortcuts of the seeds."""
    (number,) = seeds.seed_products(_store(), [_body()])
    return jsonify(id=number, variants=_store().variant_ids(number))


@panel.post("/products/<int:number>")
def edit_product(number: int) -> Response:
    """Change fields as the merchant in the admin."""
    _store().edit_product(number, **_body())
    return jsonify(_store().product(number))


@panel.post("/products/<int:number>/<any(delete, publish, unpublish):action>")
def move_product(number: int, action: str) -> Response:
    """Delete, publish or unpublish as the merchant."""
    store = _store()
    actions: dict[str, Callable[[], None]] = {
        "delete": lambda: store.delete_product(number),
        "publish": lambda: store.publish(number),
        "unpublish": lambda: store.publish(number, is_published=False),
    }
    actions[action]()
    return jsonify(ok=True)


@panel.post("/variants/<int:number>")
def edit_variant(number: int) -> Response:
    """Change a variant as the merchant: `{"price": "12.00"}`."""
    _store().edit_variant(number, **_body())
    return jsonify(_store().variant(number))


@panel.post("/variants/<int:number>/stock")
def set_stock(number: int) -> Response:
    """Count a variant: `{"quantity": 5, "location": 7}`; by default at the first location."""
    body, store = _body(), _store()
    store.set_stock(number, int(body["quantity"]), location=body.get("location"))
    return jsonify(available=store.stock(number))


@panel.post("/orders")
def place_order() -> Response:
    """Let a customer buy: `{"lines": [[variant, quantity]], "tags": ["rush"]}`."""
    body = _body()
    lines = [(int(number), int(quantity)) for number, quantity in body.pop("lines")]
    return jsonify(id=_store().place_order(*lines, **body))


@panel.post("/sell")
def sell() -> Response:
    """Let a shopper buy, as far as there is enough; 409 where there is not. As `POST /orders`."""
    body = _body()
    lines = [(int(number), int(quantity)) for number, quantity in body.pop("lines")]
    return jsonify(id=_store().sell(*lines, **body))


@panel.get("/orders/<int:number>")
def order(number: int) -> Response:
    """Show an order as webhooks tell it."""
    return jsonify(_store().order(number))


@panel.post("/orders/<int:number>/lines/<int:line>")
def edit_line(number: int, line: int) -> Response:
    """Order more or fewer of a line: `{"quantity": 1}`."""
    _store().edit_line(number, line, int(_body()["quantity"]))
    return jsonify(ok=True)


@panel.post(
    "/orders/<int:number>/<any(pay, cancel, refund, ship, unship, hold, release, delete):action>"
)
def move_order(number: int, action: str) -> Response:
    """Pay, call off, refund (one piece of the first line), send or not, hold, release, delete."""
    store = _store()
    actions: dict[str, Callable[[], None]] = {
        "pay": lambda: store.pay_order(number),
        "cancel": lambda: store.cancel_order(number),
        "refund": lambda: store.refund_order(number, **_body()),
        "delete": lambda: store.delete_order(number),
        "ship": lambda: store.ship_order(number, **_body()),
        "unship": lambda: store.unship_order(number, **_body()),
        "hold": lambda: store.hold_order(number),
        "release": lambda: store.hold_order(number, is_held=False),
    }
    actions[action]()
    return jsonify(ok=True)


@panel.post("/orders/<int:number>/carry")
def carry(number: int) -> Response:
    """Let the carrier speak: `{"status": "DELIVERED", "message": "", "in_days": 2, "parcel": 7}`.

    Without a number all parcels of the order are meant; `in_days` says when they are expected.
    """
    body, store = _body(), _store()
    days = body.get("in_days")
    store.carry(
        number,
        str(body["status"]).upper(),
        parcel=body.get("parcel"),
        message=body.get("message") or "",
        estimated=None if days is None else store.now() + round(float(days) * 86_400),
    )
    return jsonify(store.order(number)["fulfillments"])


@panel.post("/orders/<int:number>/returns")
def open_return(number: int) -> Response:
    """Take goods back: `{"lines": [[line, 2]], "reason": "Too small", "is_open": false}`."""
    body = _body()
    lines = [(int(line), int(quantity)) for line, quantity in body.pop("lines", ())]
    return jsonify(id=_store().open_return(number, *lines, **body))


@panel.post("/returns/<int:number>/<any(approve, decline, cancel, close, reopen):action>")
def move_return(number: int, action: str) -> Response:
    """Move a return on."""
    _store().move_return(number, action)
    return jsonify(_store().told_of_return(number))


@panel.post("/returns/<int:number>/<any(dispose, refund):action>")
def settle_return(number: int, action: str) -> Response:
    """Decide on what came, `{"kind": "RESTOCKED", "quantity": 1}`, or give the money back."""
    store = _store()
    if action == "refund":
        store.refund_return(number)
    else:
        store.dispose(number, **_body())
    return jsonify(store.told_of_return(number))


@panel.post("/orders/<int:number>")
def edit_order(number: int) -> Response:
    """Change the words of an order: `{"note": "...", "shipping_address": {"city": "..."}}`."""
    _store().edit_order(number, **_body())
    return jsonify(ok=True)


@panel.get("/install-link")
def install_link() -> Response:
    """Return the signed link by which Shopify opens the app: `?app_url=https://…`."""
    return jsonify(url=oauth.install_link(_store(), request.args["app_url"]))


@panel.post("/tokens")
def add_token() -> Response:
    """Make a token: expiring with `{}`, or a static one with `{"access": "shpat_..."}`."""
    body, store = _body(), _store()
    if "access" in body:
        return jsonify(store.add_token(body["access"], body.get("scopes")))
    return jsonify(store.install(body.get("scopes")))


@panel.post("/app/<any(uninstall, expire, revoke):action>")
def change_app(action: str) -> Response:
    """Remove the app, let its tokens run out, or its refresh tokens too."""
    store = _store()
    actions = {
        "uninstall": store.uninstall,
        "expire": store.expire_tokens,
        "revoke": store.revoke_refresh,
    }
    actions[action]()
    return jsonify(ok=True)


@panel.post("/app/scopes")
def change_scopes() -> Response:
    """Change what the app may: `{"scopes": ["read_products"]}`."""
    _store().change_scopes(_body()["scopes"])
    return jsonify(ok=True)


@panel.post("/app/secret")
def rotate_secret() -> Response:
    """Give the app a new client secret: `{"secret": "..."}`."""
    _store().rotate_secret(_body()["secret"])
    return jsonify(ok=True)


@panel.post("/privacy")
def privacy() -> Response:
    """Send a privacy topic: `{"topic": "customers/redact", "customer": {}}`."""
    body = _body()
    _store().ask_privacy(body["topic"], body.get("customer"))
    return jsonify(ok=True)


@panel.post("/clock")
def move_clock() -> Response:
    """Move the store's clock on: `{"seconds": 3600}`."""
    store = _store()
    store.pass_time(timedelta(seconds=int(_body()["seconds"])))
    return jsonify(now=store.now())


@panel.post("/condition")
def set_condition() -> Response:
    """Open, freeze, forbid, lock or lose the shop: `{"condition": "frozen"}`."""
    _store().be(_body()["condition"])
    return jsonify(condition=_store().condition.value)


@panel.post("/quirks")
def force_quirk() -> Response:
    """Force something on the next requests: `{"quirk": "throttled", "times": 2}`."""
    body = _body()
    _store().next(body["quirk"], times=int(body.get("times", 1)))
    return jsonify(waiting=[quirk.value for quirk in _store().quirks])


@panel.post("/bucket")
def set_bucket() -> Response:
    """Change the bucket: `{"size": 40, "rate": 2}`."""
    body = _body()
    _store().bucket.set(size=body.get("size"), rate=body.get("rate"))
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
    _store().quirks.clear()
    return jsonify(_store().chaos.report())


@panel.post("/rate")
def set_rate() -> Response:
    """Allow so many requests a second: `{"per_second": 10, "burst": 5}`; 0 allows all."""
    body, chaos = _body(), _store().chaos
    per_second = float(body.get("per_second", 0))
    burst = int(body.get("burst", 1))
    chaos.rate_limit = RateLimit(per_second, burst=burst) if per_second > 0 else None
    return jsonify(chaos.report())


@panel.post("/deliver")
def deliver() -> Response:
    """Do what is due: background work first, then the webhooks."""
    sent = _store().tick()
    return jsonify(sent=[{"topic": call.topic, "status": call.status} for call in sent])


_MOST_SEEDS: Final = 100_000


@panel.post("/seed")
def seed() -> Response:
    """Add products: `{"count": 1000, "variants": 3}` made up, or `{"items": [...]}` as given."""
    body, store = _body(), _store()
    if "items" in body:
        return jsonify(ids=seeds.seed_products(store, body["items"]))
    count = min(int(body["count"]), _MOST_SEEDS)
    ids = seeds.seed_synthetic(store, count, variants=int(body.get("variants", 1)))
    return jsonify(count=len(ids), first=ids[0] if ids else None)
