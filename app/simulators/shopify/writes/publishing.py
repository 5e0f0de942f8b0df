"""publishablePublish and publishableUnpublish."""

from collections.abc import Mapping
from typing import Any

from app.simulators.shopify import goods, texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.errors import TopError, UserErrors, user_error
from app.simulators.shopify.queries import QueryRoot
from app.simulators.storage import Row


def publish(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Show a product on sales channels, now or at a date."""
    row = _product(call, args["id"])
    numbers, errors = _numbers(call, args["input"])
    if row is None or errors:
        return _payload(call, row, errors)
    now = call.store.now()
    dates = [texts.moment_of(str(each.get("publishDate") or "")) or now for each in args["input"]]
    published = row["published"] | {
        str(number): date for number, date in zip(numbers, dates, strict=True)
    }
    return _payload(call, goods.put_product(call.store, row | {"published": published}), [])


def unpublish(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Take a product off sales channels."""
    row = _product(call, args["id"])
    numbers, errors = _numbers(call, args["input"])
    if row is None or errors:
        return _payload(call, row, errors)
    gone = {str(number) for number in numbers}
    published = {key: date for key, date in row["published"].items() if key not in gone}
    return _payload(call, goods.put_product(call.store, row | {"published": published}), [])


def _product(call: Call, wanted: str) -> Row | None:
    kind, number = texts.parse_gid(wanted)
    if kind not in {"Product", ""}:
        raise TopError(f"Invalid global id '{wanted}'", "argumentLiteralsIncompatible")
    return call.store.products.get(number)


def _numbers(call: Call, given: list[Mapping[str, Any]]) -> tuple[list[int], UserErrors]:
    numbers, errors = [], []
    for at, each in enumerate(given):
        number = texts.number(each.get("publicationId"), "Publication")
        if call.store.publications.get(number) is None or number is None:
            path: list[str | int] = ["input", at, "publicationId"]
            errors.append(user_error(path, "Publication does not exist or is not publishable"))
        else:
            numbers.append(number)
    return numbers, errors


def _payload(call: Call, row: Row | None, errors: UserErrors) -> Mapping[str, Any]:
    if row is None:
        errors = [user_error(["id"], "Resource does not exist"), *errors]
    shop = QueryRoot(call).shop()
    return {"publishable": call.show("Product", row), "shop": shop, "userErrors": errors}
