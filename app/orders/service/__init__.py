"""Writes of orders: what other features, views and jobs call."""

from app.orders.service.cancelling import Cancelling, cancel_order
from app.orders.service.deciding import (
    alike_lines,
    free_order,
    hold_order,
    map_line,
    move_order,
    note_order,
)
from app.orders.service.erasing import count_orders_of, erase_buyer, erase_buyers_of
from app.orders.service.fetching import get_order
from app.orders.service.mailing import change_letter, choose_channel, tell_buyer
from app.orders.service.manual import FIRST as FIRST_NUMBER
from app.orders.service.manual import SOURCE as MANUAL
from app.orders.service.manual import Entry, ManualOrder, change_order, create_order
from app.orders.service.promises import allocate_waiting
from app.orders.service.refunding import Refunding, refund_order
from app.orders.service.returning import (
    Expecting,
    Unpacking,
    cancel_return,
    expect_return,
    receive_return,
)
from app.orders.service.rushing import change_rules as change_rush_rules
from app.orders.service.rushing import check_rules as check_rush_rules
from app.orders.service.rushing import choose_rush
from app.orders.service.rushing import reapply as reapply_rush
from app.orders.service.sets import waiting_units
from app.orders.service.shelving import Unpacked
from app.orders.service.shipping import Parcel, change_tracking, retry_telling, ship_order
from app.orders.service.taking import Taken, held_there, take_order
from app.orders.service.telling import draft_of, must_wait, note_answer
from app.orders.service.unshipping import cancel_parcel
from app.orders.service.unshipping import obstacle as why_not_cancel

__all__ = [
    "FIRST_NUMBER",
    "MANUAL",
    "Cancelling",
    "Entry",
    "Expecting",
    "ManualOrder",
    "Parcel",
    "Refunding",
    "Taken",
    "Unpacked",
    "Unpacking",
    "alike_lines",
    "allocate_waiting",
    "cancel_order",
    "cancel_parcel",
    "cancel_return",
    "change_letter",
    "change_order",
    "change_rush_rules",
    "change_tracking",
    "check_rush_rules",
    "choose_channel",
    "choose_rush",
    "count_orders_of",
    "create_order",
    "draft_of",
    "erase_buyer",
    "erase_buyers_of",
    "expect_return",
    "free_order",
    "get_order",
    "held_there",
    "hold_order",
    "map_line",
    "move_order",
    "must_wait",
    "note_answer",
    "note_order",
    "reapply_rush",
    "receive_return",
    "refund_order",
    "retry_telling",
    "ship_order",
    "take_order",
    "tell_buyer",
    "waiting_units",
    "why_not_cancel",
]
