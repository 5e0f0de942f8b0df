"""Facts of the shop: settings, system status, and the index of the REST API."""

from typing import Any, Final

from app.simulators.woocommerce import prices
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.settings import TwinSettings

TRACKING_NAMESPACES: Final = {
    "shipment_tracking": "wc-shipment-tracking/v3",
    "advanced_shipment_tracking": "wc-ast/v3",
}


def _general(settings: TwinSettings) -> dict[str, tuple[str, Any]]:
    return {
        "woocommerce_store_address": ("text", "1 Market Street"),
        "woocommerce_store_city": ("text", "Springfield"),
        "woocommerce_default_country": ("select", "US:CA"),
        "woocommerce_store_postcode": ("text", "94103"),
        "woocommerce_calc_taxes": ("checkbox", "no"),
        "woocommerce_enable_coupons": ("checkbox", "yes"),
        "woocommerce_currency": ("select", settings.currency),
        "woocommerce_currency_pos": ("select", "left"),
        "woocommerce_price_thousand_sep": ("text", ","),
        "woocommerce_price_decimal_sep": ("text", "."),
        "woocommerce_price_num_decimals": ("number", "2"),
    }


def _products(settings: TwinSettings) -> dict[str, tuple[str, Any]]:
    return {
        "woocommerce_weight_unit": ("select", settings.weight_unit),
        "woocommerce_dimension_unit": ("select", settings.dimension_unit),
        "woocommerce_enable_reviews": ("checkbox", "yes"),
        "woocommerce_manage_stock": ("checkbox", "yes" if settings.keeps_stock else "no"),
        "woocommerce_hold_stock_minutes": ("number", "60"),
        "woocommerce_notify_low_stock": ("checkbox", "yes"),
        "woocommerce_notify_no_stock": ("checkbox", "yes"),
        "woocommerce_notify_low_stock_amount": ("number", "2"),
        "woocommerce_notify_no_stock_amount": ("number", "0"),
        "woocommerce_hide_out_of_stock_items": ("checkbox", "no"),
    }


def setting_group(settings: TwinSettings, group: str) -> list[dict[str, Any]]:
    """Return one group of settings as the API lists it."""
    builders = {"general": _general, "products": _products}
    if group not in builders:
        raise ApiError("rest_setting_setting_group_invalid", 404, "Invalid setting group.")
    base = f"{settings.api_url}/settings/{group}"
    return [
        {
            "id": name,
            "label": name.removeprefix("woocommerce_").replace("_", " ").capitalize(),
            "description": "",
            "type": kind,
            "default": "",
            "tip": "",
            "value": value,
            **({"options": {value: value}} if kind == "select" else {}),
            "_links": {"self": [{"href": f"{base}/{name}"}], "collection": [{"href": base}]},
        }
        for name, (kind, value) in builders[group](settings).items()
    ]


def setting(settings: TwinSettings, group: str, name: str) -> dict[str, Any]:
    """Return one setting."""
    for entry in setting_group(settings, group):
        if entry["id"] == name:
            return entry
    raise ApiError("rest_setting_setting_invalid", 404, "Invalid setting.")


def system_status(store: StoreCore) -> dict[str, Any]:
    """Return what the store says about itself; needs an admin-level key."""
    settings = store.settings
    return {
        "environment": {
            "home_url": settings.home_url,
            "site_url": settings.home_url,
            "version": settings.version,
            "wp_version": settings.wp_version,
            "wp_multisite": False,
            "wp_memory_limit": 268435456,
            "wp_debug_mode": False,
            "wp_cron": True,
            "language": "en_US",
            "external_object_cache": None,
            "server_info": "Twin",
            "php_version": "8.2.0",
            "php_post_max_size": 67108864,
            "php_max_execution_time": 30,
            "php_max_input_vars": 1000,
            "max_upload_size": 67108864,
            "default_timezone": "UTC",
        },
        "database": {"wc_database_version": settings.version, "database_prefix": "wp_"},
        "active_plugins": [],
        "inactive_plugins": [],
        "dropins_mu_plugins": {"dropins": [], "mu_plugins": []},
        "theme": {"name": "Storefront", "version": "4.6.0"},
        "settings": {
            "api_enabled": False,
            "force_ssl": False,
            "currency": settings.currency,
            "currency_symbol": prices.symbol(settings.currency),
            "currency_position": "left",
            "thousand_separator": ",",
            "decimal_separator": ".",
            "number_of_decimals": 2,
            "HPOS_enabled": False,
        },
        "security": {
            "secure_connection": settings.home_url.startswith("https://"),
            "hide_errors": True,
        },
        "pages": [],
        "post_type_counts": [{"type": "product", "count": str(len(store.goods.rows))}],
    }


def api_index(settings: TwinSettings) -> dict[str, Any]:
    """Return what `/wp-json/` lists."""
    namespaces = ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc-telemetry", "wp/v2"]
    if settings.tracking in TRACKING_NAMESPACES:
        namespaces.append(TRACKING_NAMESPACES[settings.tracking])
    return {
        "name": settings.name,
        "description": "",
        "url": settings.home_url,
        "home": settings.home_url,
        "gmt_offset": f"{settings.utc_offset_minutes / 60:g}",
        "timezone_string": "",
        "namespaces": namespaces,
        "authentication": [],
        "routes": {"/wc/v3": {"namespace": "wc/v3", "methods": ["GET"]}},
    }
