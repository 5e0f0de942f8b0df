"""fulfillmentCreate, fulfillmentTrackingInfoUpdate and fulfillmentCancel."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, Final

from app.simulators.shopify import shipping, texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import UserErrors, user_error
from app.simulators.shopify.shipping import Pick
from app.simulators.storage import Row

MOST_LINES: Final = 512
# Shopify makes the link itself for carriers it knows by their exact name.
_CARRIERS: Final = {
    "DHL Express": "https://www.dhl.com/track?id={}",
    "FedEx": "https://www.fedex.com/track?id={}",
    "OnTrac": "https://www.ontrac.com/track?id={}",
    "UPS": "https://www.ups.com/track?id={}",
    "USPS": "https://www.usps.com/track?id={}",
}


def create(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Send lines of fulfilment orders of one order and one location."""
    store, given = call.store, args["fulfillment"]
    picks: list[Pick] = []
    errors: UserErrors = []
    for at, each in enumerate(given["lineItemsByFulfillmentOrder"]):
        path: list[object] = ["fulfillment", "lineItemsByFulfillmentOrder", at]
        row = _fulfillment_order(store, each["fulfillmentOrderId"])
        problem = _order_problem(row)
        if row is None or problem is not None:
            errors.append(user_error([*path, "fulfillmentOrderId"], problem or "Not found"))
            continue
        wanted, wrong = _wanted(row, each.get("fulfillmentOrderLineItems") or [])
        if wrong is not None:
            errors.append(user_error([*path, "fulfillmentOrderLineItems"], wrong))
        picks.append((row, wanted))
    if len({(row["order_id"], row["location_id"]) for row, _ in picks}) > 1:
        message = "All fulfillment orders must belong to the same order and location."
        errors.append(user_error(["fulfillment"], message))
    if errors or not picks:
        errors = errors or [user_error(["fulfillment"], "Nothing to fulfill.")]
        return {"fulfillment": None, "userErrors": errors}
    made = shipping.ship(store, picks, tracking_of(given.get("trackingInfo") or {}))
    return {"fulfillment": call.show("Fulfillment", made), "userErrors": []}


def _fulfillment_order(store: StoreCore, wanted: str) -> Row | None:
    return store.fulfillment_orders.get(texts.number(wanted, "FulfillmentOrder"))


def _order_problem(row: Row | None) -> str | None:
    if row is None:
        return "Fulfillment order does not exist."
    if row["status"] not in shipping.SENDABLE:
        words = {"ON_HOLD": "on hold", "SCHEDULED": "scheduled", "CLOSED": "closed"}
        word = words.get(row["status"], row["status"].lower())
        return f"Fulfillment order {row['id']} has an unfulfillable status= {word}."
    return None


def _wanted(row: Row, given: list[Mapping[str, Any]]) -> tuple[dict[int, int], str | None]:
    left = shipping.all_of(row)
    if not given:
        return left, None
    if len(given) > MOST_LINES:
        return {}, "Too many line items: the limit is 512."
    wanted: dict[int, int] = {}
    for each in given:
        number = texts.number(each["id"], "FulfillmentOrderLineItem")
        if number not in left:
            return {}, "Fulfillment order line item does not exist or is fulfilled already."
        if not 0 < each["quantity"] <= left[number]:
            message = "Invalid fulfillment order line item quantity requested."
            return {}, message
        wanted[number] = each["quantity"]
    return wanted, None


def tracking_of(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parcels an input names, with the links Shopify knows to make."""
    numbers = given.get("numbers") or [given["number"]] if _names_parcels(given) else []
    urls = given.get("urls") or ([given["url"]] if given.get("url") else [])
    company = given.get("company")
    if not numbers and not urls and company is None:
        return []
    return [
        {"company": company, "number": number, "url": url or _link(company, number)}
        for number, url in zip_longest(numbers or [None], urls)
    ]


def _names_parcels(given: Mapping[str, Any]) -> bool:
    return bool(given.get("numbers") or given.get("number"))


def _link(company: str | None, number: str | None) -> str | None:
    pattern = _CARRIERS.get(company or "")
    return pattern.format(number) if pattern and number else None


def _fulfillment(call: Call, wanted: str) -> Row | None:
    return call.store.fulfillments.get(texts.number(wanted, "Fulfillment"))


def retrack(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Correct the tracking of what was sent."""
    made = _fulfillment(call, args["fulfillmentId"])
    if made is None:
        error = user_error(["fulfillmentId"], "Fulfillment does not exist.")
        return {"fulfillment": None, "userErrors": [error]}
    made = shipping.retrack(call.store, made, tracking_of(args["trackingInfoInput"]))
    return {"fulfillment": call.show("Fulfillment", made), "userErrors": []}


def cancel(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Call a fulfilment off; its lines have to be sent again."""
    made = _fulfillment(call, args["id"])
    if made is None or made["status"] == "CANCELLED":
        message = "Fulfillment does not exist." if made is None else "Fulfillment is cancelled."
        shown = call.show("Fulfillment", made)
        return {"fulfillment": shown, "userErrors": [user_error(["id"], message)]}
    made = shipping.take_back(call.store, made)
    return {"fulfillment": call.show("Fulfillment", made), "userErrors": []}
