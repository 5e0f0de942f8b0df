"""The REST API: the same five calls and a batch for every collection."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from flask import Blueprint, Response, request

from app.simulators.woocommerce import after_sale, media, refunds, shop, wire
from app.simulators.woocommerce.attributes import Attributes, own_attribute
from app.simulators.woocommerce.batch import logged, run_batch
from app.simulators.woocommerce.deliveries import send_pings
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.orders import Orders
from app.simulators.woocommerce.params import checked, require
from app.simulators.woocommerce.products import Products
from app.simulators.woocommerce.resource import Asking, Resource
from app.simulators.woocommerce.routes import Routes, View
from app.simulators.woocommerce.schema import REFUND_LIST
from app.simulators.woocommerce.settings import Tracking, TwinSettings
from app.simulators.woocommerce.terms import TAXONOMIES, Terms
from app.simulators.woocommerce.variations import Variations
from app.simulators.woocommerce.webhooks import Webhooks

Factory = Callable[..., Resource]

_V3: Final = "/wc/v3"
_CHANGING: Final = ["PUT", "POST", "PATCH"]
_ALL: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def _terms(name: str) -> Factory:
    return lambda asking: Terms(asking, TAXONOMIES[name], f"/products/{name}")


def _attribute_terms(asking: Asking, attribute_id: int) -> Resource:
    attribute = own_attribute(asking, attribute_id)
    return Terms(asking, attribute["slug"], f"/products/attributes/{attribute_id}/terms")


api = Blueprint("rest", __name__, url_prefix="/wp-json")


@api.route("/", defaults={"route": ""}, methods=_ALL)
@api.route("/<path:route>", methods=_ALL)
def dispatch(route: str) -> Response:
    """Answer one call of the REST API."""
    answering = routes_of(wire.store_here().settings).find(request.method, f"/{route}")
    if answering is None:
        message = "No route was found matching the URL and request method."
        raise ApiError("rest_no_route", 404, message)
    return answering()


def routes_of(settings: TwinSettings) -> Routes:
    """Return the routes that a store of this version, with these extensions, has."""
    return _routes(
        has_brands=settings.at_least(9, 4),
        lists_variations=settings.at_least(10, 3),
        lists_refunds=settings.lists_refunds,
        tracking=settings.tracking,
    )


@lru_cache
def _routes(
    *, has_brands: bool, lists_variations: bool, lists_refunds: bool, tracking: Tracking
) -> Routes:
    routes = Routes()
    collections: dict[str, Factory] = {
        "/products": Products,
        "/products/<int:parent_id>/variations": Variations,
        "/products/categories": _terms("categories"),
        "/products/tags": _terms("tags"),
        "/products/shipping_classes": _terms("shipping_classes"),
        "/products/attributes": Attributes,
        "/products/attributes/<int:attribute_id>/terms": _attribute_terms,
        "/webhooks": Webhooks,
        "/orders": Orders,
    }
    if has_brands:
        collections["/products/brands"] = _terms("brands")
    for path, factory in collections.items():
        _add_collection(routes, f"{_V3}{path}", factory)
    if lists_variations:
        routes.add(f"{_V3}/variations", _list_view(_all_variations))
    if lists_refunds:
        routes.add(f"{_V3}/refunds", _refunds_view)
    _add_order_parts(routes, tracking)
    _add_shop(routes)
    return routes


def _all_variations(asking: Asking) -> Resource:
    return Variations(asking, None)


def _add_collection(routes: Routes, path: str, factory: Factory) -> None:
    one = f"{path}/<int:row_id>"
    routes.add(path, _list_view(factory))
    routes.add(path, _create_view(factory), methods=["POST"])
    routes.add(f"{path}/batch", _batch_view(factory), methods=_CHANGING)
    routes.add(one, _get_view(factory))
    routes.add(one, _update_view(factory), methods=_CHANGING)
    routes.add(one, _delete_view(factory), methods=["DELETE"])


def _list_view(factory: Factory) -> View:
    def view(**ids: int) -> Response:
        resource = factory(wire.asking(), **ids)
        query = checked(wire.query_params(), resource.list_schema)
        wire.permit("view")
        with wire.store_here().change():
            page = resource.list(query)
        return wire.answer_page(page, query)

    return view


def _get_view(factory: Factory) -> View:
    def view(row_id: int, **ids: int) -> Response:
        resource = factory(wire.asking(), **ids)
        wire.permit("view")
        with wire.store_here().change():
            return wire.answer(resource.get(row_id))

    return view


def _create_view(factory: Factory) -> View:
    def view(**ids: int) -> Response:
        resource = factory(wire.asking(), **ids)
        params = checked(wire.body_params(resource.schema), resource.schema)
        require(params, *resource.required)
        wire.permit("create")
        store = wire.store_here()
        fetched = media.fetch(store, [params])
        with store.change():
            shown = logged(
                store, resource, "create", params, lambda: resource.create(params, fetched)
            )
        send_pings(store)
        place = f"{store.settings.home_url}{request.path}/{shown.get('id', '')}"
        return wire.answer(shown, 201, headers={"Location": place})

    return view


def _update_view(factory: Factory) -> View:
    def view(row_id: int, **ids: int) -> Response:
        resource = factory(wire.asking(), **ids)
        params = checked(wire.body_params(resource.schema), resource.schema)
        wire.permit("edit")
        store = wire.store_here()
        fetched = media.fetch(store, [params])
        with store.change():
            shown = logged(
                store,
                resource,
                "update",
                params | {"id": row_id},
                lambda: resource.update(row_id, params, fetched),
            )
        send_pings(store)
        return wire.answer(shown)

    return view


def _delete_view(factory: Factory) -> View:
    def view(row_id: int, **ids: int) -> Response:
        resource = factory(wire.asking(), **ids)
        wire.permit("delete")
        store, force = wire.store_here(), wire.wants_force()
        with store.change():
            shown = logged(
                store,
                resource,
                "delete",
                {"id": row_id},
                lambda: resource.delete(row_id, force=force),
            )
        return wire.answer(shown)

    return view


def _batch_view(factory: Factory) -> View:
    def view(**ids: int) -> Response:
        resource = factory(wire.asking(), **ids)
        params = wire.body_params({})
        wire.permit("batch")
        store = wire.store_here()
        shown = run_batch(store, resource, params, cut=request.environ.get("twin.batch_cut"))
        send_pings(store)
        return wire.answer(shown)

    return view


def _refunds_view(order_id: int | None = None) -> Response:
    query = checked(wire.query_params(), REFUND_LIST)
    wire.permit("view")
    with wire.store_here().change():
        page = refunds.refunds_page(wire.asking(), query, order_id)
    return wire.answer_page(page, query)


def _add_order_parts(routes: Routes, tracking: Tracking) -> None:
    order = f"{_V3}/orders/<int:order_id>"
    _add_part(routes, f"{order}/notes", after_sale.note_list, after_sale.add_note)
    routes.add(f"{order}/refunds", _refunds_view)
    routes.add(f"{order}/refunds", _add_view(refunds.add_refund), methods=["POST"])
    if tracking == "fulfillments":
        lister, adder = after_sale.fulfillment_list, after_sale.add_fulfillment
        _add_part(routes, f"{order}/fulfillments", lister, adder)
        one = f"{order}/fulfillments/<int:fulfillment_id>"
        routes.add(one, _drop_fulfillment, methods=["DELETE"])
    namespace = shop.TRACKING_NAMESPACES.get(tracking)
    if namespace is not None:
        _add_tracking(routes, f"/{namespace}")


def _drop_fulfillment(order_id: int, fulfillment_id: int) -> Response:
    wire.permit("delete")
    with wire.store_here().change():
        return wire.answer(after_sale.drop_fulfillment(wire.asking(), order_id, fulfillment_id))


def _add_tracking(routes: Routes, namespace: str) -> None:
    def tracking_delete(order_id: int, tracking_id: str) -> Response:
        wire.permit("delete")
        with wire.store_here().change():
            return wire.answer(after_sale.drop_tracking(wire.asking(), order_id, tracking_id))

    def tracking_providers() -> Response:
        wire.permit("view")
        return wire.answer(after_sale.PROVIDERS)

    base = f"{namespace}/orders/<int:order_id>/shipment-trackings"
    _add_part(routes, base, after_sale.tracking_list, after_sale.add_tracking)
    routes.add(f"{base}/<tracking_id>", tracking_delete, methods=["DELETE"])
    routes.add(f"{namespace}/shipment-trackings/providers", tracking_providers)


def _add_part(
    routes: Routes, path: str, lister: after_sale.Lister, adder: after_sale.Adder
) -> None:
    def list_view(order_id: int) -> Response:
        wire.permit("view")
        with wire.store_here().change():
            return wire.answer(lister(wire.asking(), order_id, wire.query_params()))

    routes.add(path, list_view)
    routes.add(path, _add_view(adder), methods=["POST"])


def _add_view(adder: after_sale.Adder) -> View:
    def add_view(order_id: int) -> Response:
        params = wire.body_params({})
        wire.permit("create")
        store = wire.store_here()
        with store.change():
            shown = adder(wire.asking(), order_id, params)
        return wire.answer(shown, 201)

    return add_view


def _add_shop(routes: Routes) -> None:
    def index() -> Response:
        return wire.answer(shop.api_index(wire.store_here().settings))

    def system_status() -> Response:
        wire.permit("view")
        return wire.answer(_only_wanted(shop.system_status(wire.store_here())))

    def setting_group(group: str) -> Response:
        wire.permit("view")
        return wire.answer(shop.setting_group(wire.store_here().settings, group))

    def setting(group: str, name: str) -> Response:
        wire.permit("view")
        return wire.answer(shop.setting(wire.store_here().settings, group, name))

    def payment_gateway(key: str) -> Response:
        wire.permit("view")
        return wire.answer(refunds.gateway(key))

    def core_media() -> Response:
        # Shop keys count under /wc/ only: to WordPress itself such a caller is anonymous.
        raise ApiError("rest_cannot_create", 401, "Sorry, you are not allowed to create posts.")

    routes.add("/", index)
    routes.add(f"{_V3}/system_status", system_status)
    routes.add(f"{_V3}/settings/<group>", setting_group)
    routes.add(f"{_V3}/settings/<group>/<name>", setting)
    routes.add(f"{_V3}/payment_gateways/<key>", payment_gateway)
    routes.add("/wp/v2/media", core_media, methods=["POST"])


def _only_wanted(shown: Mapping[str, Any]) -> dict[str, Any]:
    fields = wire.asking().fields
    return {name: value for name, value in shown.items() if fields is None or name in fields}
