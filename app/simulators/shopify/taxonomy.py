"""A small taxonomy of the twin's own; its ids look like Shopify's and mean nothing there."""

from typing import Any, Final

_PREFIX: Final = "gid://shopify/TaxonomyCategory/"
_NAMES: Final = {
    "aa": "Apparel & Accessories",
    "aa-1": "Clothing",
    "aa-1-1": "Shirts",
    "aa-1-2": "Hoodies",
    "aa-2": "Shoes",
    "hg": "Home & Garden",
    "hg-1": "Kitchen & Dining",
    "hg-1-1": "Mugs",
    "hg-1-2": "Bowls",
    "hg-1-3": "Teapots",
    "hg-2": "Lighting",
    "hg-2-1": "Lamps",
    "hg-3": "Decor",
    "hg-3-1": "Vases",
    "hg-3-2": "Candles",
    "hg-3-3": "Clocks",
    "hg-4": "Linens & Bedding",
    "os": "Office Supplies",
    "os-1": "Paper Products",
    "sg": "Sporting Goods",
}


def numbers() -> list[str]:
    """Return the short names of all categories."""
    return list(_NAMES)


def is_known(category_id: str) -> bool:
    """Say whether there is such a category."""
    return category_id.removeprefix(_PREFIX) in _NAMES


def children(parent: str) -> list[str]:
    """Return the short names right below one."""
    depth = parent.count("-") + 1
    return [each for each in _NAMES if each.startswith(f"{parent}-") and each.count("-") == depth]


def _line(short: str) -> list[str]:
    parts = short.split("-")
    return ["-".join(parts[:count]) for count in range(1, len(parts) + 1)]


def short_name(category_id: str) -> str:
    """Return the part of an id that names the category."""
    return category_id.removeprefix(_PREFIX)


def shown(short: str) -> dict[str, Any]:
    """Return a category as the schema shows it; one that is not known shows its id as its name."""
    line = _line(short)
    names = [_NAMES.get(each, each) for each in line]
    return {
        "id": f"{_PREFIX}{short}",
        "name": names[-1],
        "fullName": " > ".join(names),
        "level": len(line),
        "parentId": f"{_PREFIX}{line[-2]}" if len(line) > 1 else None,
        "ancestorIds": [f"{_PREFIX}{each}" for each in line[:-1]],
        "childrenIds": [f"{_PREFIX}{each}" for each in children(short)],
        "isArchived": False,
        "isLeaf": not children(short),
        "isRoot": len(line) == 1,
    }


def search(text: str | None, *, below: str | None, is_direct: bool) -> list[str]:
    """Return the categories whose full name holds every word, below one or anywhere."""
    found = children(below) if below and is_direct else numbers()
    if below and not is_direct:
        found = [each for each in found if each.startswith(f"{below}-")]
    words = (text or "").casefold().split()
    return [
        each for each in found if all(word in shown(each)["fullName"].casefold() for word in words)
    ]
