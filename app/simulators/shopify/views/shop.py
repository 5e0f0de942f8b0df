"""The shop, the app in it, its locations and its sales channels."""

from typing import Any, Final

from app.simulators.shopify import taxonomy, texts
from app.simulators.shopify.call import Call, View
from app.simulators.shopify.connections import Connection, connect
from app.simulators.shopify.settings import COMING_VERSIONS, SUPPORTED_VERSIONS
from app.simulators.storage import Row

_COUNTRY: Final = {"countryCode": "US", "country": "United States", "provinceCode": "CA"}


def count(number: int) -> dict[str, Any]:
    """Return a Count that is exact."""
    return {"count": number, "precision": "EXACT"}


def api_version(handle: str) -> dict[str, Any]:
    """Return what the platform says about one version."""
    is_supported = handle in SUPPORTED_VERSIONS
    name = {SUPPORTED_VERSIONS[-1]: f"{handle} (Latest)"}.get(handle, handle)
    return {"handle": handle, "displayName": name, "supported": is_supported}


def api_versions() -> list[dict[str, Any]]:
    """Return the versions one may ask for."""
    return [api_version(handle) for handle in (*SUPPORTED_VERSIONS, *COMING_VERSIONS)]


def scope(handle: str) -> dict[str, str]:
    """Return an access scope."""
    verb, _, thing = handle.partition("_")
    return {"handle": handle, "description": f"{verb.capitalize()} {thing.replace('_', ' ')}"}


class ShopView(View):
    """The shop itself."""

    typename = "Shop"

    def __init__(self, call: Call, row: Row) -> None:
        super().__init__(call, row)
        self._settings = call.store.settings

    def name(self) -> str:
        """What it is called."""
        return self._settings.name

    def email(self) -> str:
        """Where Shopify writes to its owner."""
        return self._settings.email

    contact_email = email

    def myshopify_domain(self) -> str:
        """The tenant key."""
        return self._settings.shop

    def currency_code(self) -> str:
        """The currency of prices."""
        return self._settings.currency

    def enabled_presentment_currencies(self) -> list[str]:
        """The currencies customers may see."""
        return [self._settings.currency]

    def weight_unit(self) -> str:
        """The unit new weights get."""
        return self._settings.weight_unit

    def primary_domain(self) -> dict[str, Any]:
        """Where customers go."""
        host = self._settings.shop
        told = {"id": texts.gid("Domain", self.row["id"]), "host": host, "sslEnabled": True}
        return told | {"url": f"https://{host}"}

    def url(self) -> str:
        """The shop's address."""
        return f"https://{self._settings.shop}"

    def plan(self) -> dict[str, Any]:
        """What the merchant pays for."""
        is_plus = self._settings.plan == "Plus"
        return {
            "publicDisplayName": self._settings.plan,
            "shopifyPlus": is_plus,
            "partnerDevelopment": self._settings.plan == "Development",
        }

    def resource_limits(self) -> dict[str, Any]:
        """How much fits in."""
        return {
            "locationLimit": 200,
            "maxProductOptions": self._settings.max_options,
            "maxProductVariants": self._settings.max_variants,
            "redirectLimitReached": False,
        }


class InstallationView(View):
    """The app as this shop has it."""

    typename = "AppInstallation"

    def access_scopes(self) -> list[dict[str, str]]:
        """What the merchant allowed."""
        return [scope(handle) for handle in sorted(self.call.scopes)]

    def app(self) -> View | None:
        """The app."""
        return self.call.show("App", self.row)


class AppView(View):
    """The app."""

    typename = "App"

    def id(self) -> str:
        """The global id."""
        return texts.gid(self.typename, self.store.settings.app_id)

    def title(self) -> str:
        """What it is called."""
        return self.store.settings.app_title

    def handle(self) -> str:
        """What addresses call it."""
        return texts.handle(self.store.settings.app_title)

    def api_key(self) -> str:
        """The client id."""
        return self.store.settings.client_id

    def embedded(self) -> bool:
        """It stands on its own."""
        return False

    def requested_access_scopes(self) -> list[dict[str, str]]:
        """What it asks for."""
        return [scope(handle) for handle in self.store.settings.scopes]

    def webhook_api_version(self) -> str:
        """The version its webhooks speak."""
        return SUPPORTED_VERSIONS[-1]


class LocationView(View):
    """A place that holds stock."""

    typename = "Location"

    def address(self) -> dict[str, Any]:
        """Where it is."""
        told: dict[str, Any] = dict(_COUNTRY) | {"address1": "1 Market Street", "zip": "94103"}
        told |= {"city": "San Francisco", "province": "California"}
        lines = [told["address1"], f"{told['city']} CA {told['zip']}", told["country"]]
        return told | {"address2": None, "phone": None, "formatted": lines}

    def activatable(self) -> bool:
        """Whether it can be switched on."""
        return not self.row["is_active"]

    def deactivatable(self) -> bool:
        """Whether it can be switched off."""
        return bool(self.row["is_active"]) and len(self.store.locations.rows) > 1

    deletable = activatable

    def deactivated_at(self) -> str | None:
        """When it was switched off."""
        return texts.written(self.row["deactivated"])

    def has_active_inventory(self) -> bool:
        """Whether anything is stocked here."""
        return any(level["active"] for level in self.store.levels.where("location", self.row["id"]))

    def inventory_level(
        self, inventory_item_id: str, *, include_inactive: bool = False
    ) -> View | None:
        """The stock of one item here."""
        item_id = texts.number(inventory_item_id, "InventoryItem")
        found = self.store.levels.where("place", (item_id, self.row["id"]))
        kept = [level for level in found if level["active"] or include_inactive]
        return self.call.show("InventoryLevel", kept[0]) if kept else None

    def inventory_levels(self, *, include_inactive: bool = False, **args: Any) -> Connection[Any]:
        """The stock of everything here."""
        found = self.store.levels.where("location", self.row["id"])
        return connect(
            self.call,
            [level for level in found if level["active"] or include_inactive],
            args,
            place=lambda row: (row["id"], row["id"]),
            show=lambda row: self.call.show("InventoryLevel", row),
        )


class CatalogView(View):
    """The catalog behind a publication; shares its number."""

    typename = "AppCatalog"

    def status(self) -> str:
        """Always in use."""
        return "ACTIVE"

    def publication(self) -> View | None:
        """Where it sells."""
        return self.call.show("Publication", self.row)


class PublicationView(View):
    """A sales channel."""

    typename = "Publication"

    def catalog(self) -> View | None:
        """What it sells, with its title."""
        return self.call.show("AppCatalog", self.row)

    def name(self) -> str:
        """The title, as old versions showed it."""
        return str(self.row["title"])


class TaxonomyView(View):
    """The categories."""

    typename = "Taxonomy"

    def categories(
        self,
        *,
        search: str | None = None,
        children_of: str | None = None,
        descendants_of: str | None = None,
        siblings_of: str | None = None,
        **args: Any,
    ) -> Connection[Any]:
        """Categories by words, or by where they are."""
        above = children_of or descendants_of
        below = taxonomy.short_name(above) if above else None
        if siblings_of:
            below = taxonomy.short_name(siblings_of).rpartition("-")[0]
        is_direct = bool(children_of or siblings_of)
        return connect(
            self.call,
            taxonomy.search(search, below=below, is_direct=is_direct),
            args,
            place=lambda short: (short, 0),
            show=taxonomy.shown,
        )


class PublishedMixin(View):
    """A thing that sales channels may show."""

    def _publications(self, *, only_published: bool = True) -> list[dict[str, Any]]:
        now = self.store.now()
        told = [
            {
                "publication": self.call.show("Publication", self.store.publications.get(int(key))),
                "publishDate": texts.written(moment),
                "isPublished": moment <= now,
                "publishable": self,
                "number": int(key),
            }
            for key, moment in self.row["published"].items()
        ]
        return [entry for entry in told if entry["isPublished"] or not only_published]

    def available_publications_count(self) -> dict[str, Any]:
        """How many channels there are."""
        return count(len(self.store.publications.rows))

    def published_on_publication(self, publication_id: str) -> bool:
        """Whether one channel shows it."""
        number = texts.number(publication_id, "Publication")
        return any(entry["number"] == number for entry in self._publications())

    def resource_publications_count(self, *, only_published: bool = True) -> dict[str, Any]:
        """How many channels show it."""
        return count(len(self._publications(only_published=only_published)))

    def resource_publications_v2(
        self, *, only_published: bool = True, catalog_type: str | None = None, **args: Any
    ) -> Connection[Any]:
        """The channels that show it; scheduled ones only when asked for."""
        found = self._publications(only_published=only_published)
        return connect(
            self.call,
            found if catalog_type in {None, "APP"} else [],
            args,
            place=lambda entry: (entry["number"], entry["number"]),
            show=lambda entry: entry,
        )

    def unpublished_publications(self, **args: Any) -> Connection[Any]:
        """The channels that do not show it."""
        shown = {entry["number"] for entry in self._publications()}
        return connect(
            self.call,
            [row for row in self.store.publications.all() if row["id"] not in shown],
            args,
            place=lambda row: (row["id"], row["id"]),
            show=lambda row: self.call.show("Publication", row),
        )
