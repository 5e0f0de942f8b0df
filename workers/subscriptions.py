"""Who reacts to which fact: one table. Each subscriber takes a caller and facts of one kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.connections import schedules, telling
from app.core.actor import Actor
from app.core.settings import current
from app.inventory import telling as inventory
from app.orders import stock
from app.sync import closing, order_telling
from app.sync import service as sync
from app.team import service as team

Facts = Sequence[Mapping[str, Any]]
Subscriber = Callable[[Actor, Facts], None]


def mail_notices(actor: Actor, facts: Facts) -> None:
    """Mail notices to those who want them by mail."""
    for fact in facts:
        team.mail_notice(actor, UUID(fact["notice_id"]), public_url=current().public_url)


SUBSCRIBERS: Final[Mapping[str, Subscriber]] = {
    "sync.product_changed": sync.product_changed,
    "sync.products_created": sync.products_created,
    "sync.listing_mapped": sync.listing_mapped,
    "sync.listing_wanted": sync.listing_wanted,
    "sync.connection_activated": sync.connection_activated,
    "connections.schedule": schedules.schedule,
    "connections.keep_hours": schedules.keep_hours,
    "team.mail_notices": mail_notices,
    "connections.tell_state": telling.tell_state,
    "connections.tell_outage": telling.tell_outage,
    "connections.tell_return": telling.tell_return,
    "sync.connection_closed": closing.connection_closed,
    "sync.channel_owed": order_telling.channel_owed,
    "inventory.stock_moved": inventory.stock_moved,
    "inventory.component_lost": inventory.component_lost,
    "orders.stock_moved": stock.stock_moved,
    "orders.order_placed": stock.order_placed,
    "orders.rush_rules_changed": stock.rush_rules_changed,
}

# Fact → subscribers. A fact that only rings a bell is in workers.relay.BELLS.
SUBSCRIPTIONS: Final[Mapping[str, Sequence[str]]] = {
    # Orders that wait have what came in before any shop is shown the rest of it.
    "ProductChanged": (
        "orders.stock_moved",
        "sync.product_changed",
        "inventory.stock_moved",
    ),
    "ProductDeleted": ("inventory.component_lost",),
    "OrderPlaced": ("orders.order_placed",),
    "RushRulesChanged": ("orders.rush_rules_changed",),
    "ChannelOwed": ("sync.channel_owed",),
    "ProductsCreated": ("sync.products_created",),
    "ListingMapped": ("sync.listing_mapped",),
    "ListingWanted": ("sync.listing_wanted",),
    "ConnectionActivated": ("connections.schedule", "sync.connection_activated"),
    "ConnectionSettingsChanged": ("connections.schedule",),
    "ConnectionStateChanged": ("connections.tell_state", "sync.connection_closed"),
    "ConnectionWentDown": ("connections.tell_outage",),
    "ConnectionCameBack": ("connections.tell_return",),
    "TimeZoneChanged": ("connections.keep_hours",),
    "NoticePosted": ("team.mail_notices",),
}
