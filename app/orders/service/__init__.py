"""Writes of orders: what other features, views and jobs call."""

from app.orders.service.deciding import (
    Cancelling,
    Refunding,
    alike_lines,
    cancel_order,
    free_order,
    hold_order,
    map_line,
    move_order,
    note_order,
    refund_order,
)
from app.orders.service.erasing import count_orders_of, erase_buyer, erase_buyers_of
from app.orders.service.fetching import get_order
from app.orders.service.promises import allocate_waiting
from app.orders.service.shipping import Parcel, change_tracking, retry_telling, ship_order
from app.orders.service.taking import Taken, held_there, take_order
from app.orders.service.telling import draft_of, note_answer

__all__ = [
    "Cancelling",
    "Parcel",
    "Refunding",
    "Taken",
    "alike_lines",
    "allocate_waiting",
    "cancel_order",
    "change_tracking",
    "count_orders_of",
    "draft_of",
    "erase_buyer",
    "erase_buyers_of",
    "free_order",
    "get_order",
    "held_there",
    "hold_order",
    "map_line",
    "move_order",
    "note_answer",
    "note_order",
    "refund_order",
    "retry_telling",
    "ship_order",
    "take_order",
]
