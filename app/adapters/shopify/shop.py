"""One shop in conversation: its wire, its facts, the place stock is kept at, where it publishes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.adapters.errors import BadPayload, Permanent, Refused
from app.adapters.shopify import ids, schema
from app.adapters.shopify.client import Client, nodes
from app.adapters.shopify.documents import location_name, writing
from app.adapters.shopify.documents import shop as about_shop
from app.adapters.shopify.mapper.dialect import UNITS, Dialect
from app.adapters.shopify.mapper.names import KEY
from app.adapters.shopify.oauth import missing_scopes
from app.adapters.types import ShopFacts

_RETURNS: Final = "read_returns"
_ROUTING: Final = "read_merchant_managed_fulfillment_orders"
_ONLINE_STORE: Final = "online store"
_KEY_OWNERS: Final = ("PRODUCT", "PRODUCTVARIANT")
_NOBODY: Final = "0"  # stands where a document wants an id and nothing will be asked about it


class Shop:
    """What the reading and the writing half of an adapter share."""

    def __init__(
        self, client: Client, facts: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> None:
        self.client = client
        self._details: Mapping[str, Any] = facts.get("details") or {}
        self._settings = settings
        self._dialect = dialect_of(facts) if facts.get("currency") else None
        self._location = str(settings.get("location_id") or self._details.get("location_id") or "")
        self._others = [str(each) for each in settings.get("more_location_ids") or ()]
        self._publications = _chosen_publications(settings, self._details)
        self._has_keys = bool(self._details.get("defines_keys"))
        self._categories: dict[str, str | None] = {}

    @property
    def dialect(self) -> Dialect:
        """How the shop spells values; asked from the shop when the connection does not know yet."""
        if self._dialect is None:
            facts = read_facts(self.client)
            self._dialect = Dialect(facts.currency, facts.weight_unit)
        return self._dialect

    @property
    def location(self) -> str:
        """The number of the main location: where new stock is put, and sold from first."""
        if not self._location:
            self._location = default_location(read_locations(self.client))
        return self._location

    @property
    def locations(self) -> tuple[str, ...]:
        """The numbers of all locations whose stock is added up, the main one first."""
        return tuple(dict.fromkeys((self.location, *self._others)))

    @property
    def is_spread(self) -> bool:
        """Tell whether orders may be sent from elsewhere than where stock is kept in step."""
        places = [each for each in self._details.get("locations") or () if each.get("is_active")]
        others = {str(each.get("id")) for each in places} - set(self.locations)
        return bool(others) and not missing_scopes(self._details.get("scopes") or (), [_ROUTING])

    @property
    def tells_returns(self) -> bool:
        """Tell whether the merchant lets us read returns."""
        return not missing_scopes(self._details.get("scopes") or (), [_RETURNS])

    @property
    def publications(self) -> Sequence[str]:
        """The numbers of the publications an active product is shown in; none: not ours to see."""
        if self._publications is None:
            self._publications = default_publications(read_publications(self.client))
        return self._publications

    @property
    def publishes(self) -> bool:
        """Tell whether publishing can be seen and changed."""
        return bool(self.publications)

    def places(self) -> dict[str, Any]:
        """Return the variables every document about products wants."""
        publication = self.publications[0] if self.publications else _NOBODY
        return {
            **located(self.locations),
            "publication": ids.gid("Publication", publication),
            "publishes": self.publishes,
        }

    def category_id(self, path: str) -> str | None:
        """Return the id of the taxonomy category of exactly this name; None: there is none."""
        if path not in self._categories:
            self._categories[path] = self._find_category(path)
        return self._categories[path]

    def _find_category(self, path: str) -> str | None:
        """Search the taxonomy; where it cannot be had, the merchant's own word has to do."""
        name = path.rpartition(">")[2].strip()
        try:
            found = self.client.ask(about_shop.CATEGORY_SEARCH, search=name)
        except Refused:
            return None
        listed = nodes(found.get("categories")) if isinstance(found, Mapping) else []
        wanted = _folded_path(path)
        matches = (each for each in listed if _folded_path(str(each.get("fullName"))) == wanted)
        return next((str(each["id"]) for each in matches), None)

    def ensure_keys(self) -> None:
        """Make sure products and variants can carry our key; done once per shop."""
        if not self._has_keys:
            define_keys(self.client)
            self._has_keys = True


def located(locations: Sequence[str]) -> dict[str, str]:
    """Return the variables of a document that looks at the stock of these locations."""
    return {location_name(at): ids.gid("Location", number) for at, number in enumerate(locations)}


def dialect_of(facts: Mapping[str, Any]) -> Dialect:
    """Return how a shop of these facts spells values."""
    return Dialect(str(facts["currency"]), str(facts.get("weight_unit") or "kg"))


def define_keys(client: Client) -> None:
    """Define the metafield with our key; that it is defined already is what we want."""
    for owner in _KEY_OWNERS:
        definition = {"key": KEY, "name": "SyncStore id", "ownerType": owner, "type": "id"}
        try:
            client.write(writing.DEFINE_KEY, definition=definition)
        except Refused as error:
            if error.code != "TAKEN":
                raise


def read_locations(client: Client) -> list[dict[str, Any]]:
    """Return every location: id, name, whether it is active and ships orders of the web."""
    return [
        {
            "id": ids.number(row.get("id")),
            "name": row.get("name"),
            "is_active": bool(row.get("isActive")),
            "ships_online": bool(row.get("fulfillsOnlineOrders")),
            "is_service": bool(row.get("isFulfillmentService")),
        }
        for row in client.pages(about_shop.LOCATIONS)
    ]


def default_location(locations: Sequence[Mapping[str, Any]]) -> str:
    """Return the location to keep in step when nobody chose: the oldest that ships web orders."""
    own = [
        each
        for each in sorted(locations, key=lambda row: int(row["id"] or 0))
        if each["is_active"] and not each["is_service"]
    ]
    best = [each for each in own if each["ships_online"]] or own
    if not best:
        raise Refused(
            "This shop has no active location of its own, so stock has no place. Add one in Shopify"
            " under Settings → Locations.",
            code="no_location",
        )
    return str(best[0]["id"])


def read_publications(client: Client) -> list[dict[str, Any]]:
    """Return the publications (sales channels); none where we may not see them."""
    try:
        rows = nodes(client.ask(about_shop.PUBLICATIONS))
    except Permanent:
        return []
    return [
        {
            "id": ids.number(row.get("id")),
            "title": _title(row.get("catalog")),
            "publishes_itself": bool(row.get("autoPublish")),
        }
        for row in rows
    ]


def _title(catalog: Any) -> str:
    return str(catalog.get("title") or "") if isinstance(catalog, Mapping) else ""


def default_publications(publications: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the online store where there is one, else the first publication."""
    named = [each for each in publications if _ONLINE_STORE in str(each["title"]).casefold()]
    return [str(each["id"]) for each in (named or publications)[:1] if each["id"]]


def _chosen_publications(
    settings: Mapping[str, Any], details: Mapping[str, Any]
) -> Sequence[str] | None:
    if settings.get("publication_ids") is not None:
        return [str(each) for each in settings["publication_ids"]]
    known = details.get("publications")
    return default_publications(known) if known is not None else None


def read_facts(client: Client) -> ShopFacts:
    """Ask the shop for its facts."""
    answer = client.ask_whole(about_shop.SHOP_INFO)
    shop = answer.get("shop")
    if not isinstance(shop, Mapping) or not shop.get("currencyCode"):
        raise BadPayload("shop.currencyCode", "a currency")
    plan, limits = (_object(shop.get(name)) for name in ("plan", "resourceLimits"))
    return ShopFacts(
        name=str(shop.get("name") or shop.get("myshopifyDomain") or ""),
        url=f"https://{shop.get('myshopifyDomain')}",
        currency=str(shop["currencyCode"]),
        weight_unit=UNITS.get(str(shop.get("weightUnit")), "kg"),
        version=schema.VERSION,
        timezone=shop.get("ianaTimezone"),
        details={
            "domain": shop.get("myshopifyDomain"),
            "scopes": sorted(_scopes(answer.get("currentAppInstallation"))),
            "plan": plan.get("publicDisplayName"),
            "is_plus": bool(plan.get("shopifyPlus")),
            "is_development": bool(plan.get("partnerDevelopment")),
            "max_variants": limits.get("maxProductVariants"),
            "max_options": limits.get("maxProductOptions"),
        },
    )


def _object(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _scopes(installation: Any) -> Iterator[str]:
    for each in _object(installation).get("accessScopes") or ():
        if isinstance(each, Mapping) and each.get("handle"):
            yield str(each["handle"])


def _folded_path(path: str) -> str:
    return " > ".join(part.strip().casefold() for part in path.split(">"))
