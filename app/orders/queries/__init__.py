"""Reads of orders."""

from app.orders.queries.buyers import Buyer, mask
from app.orders.queries.detail import (
    EventRow,
    LineRow,
    OrderDetail,
    ParcelRow,
    events_since,
    get_order,
    order_detail,
    raw_answer,
)
from app.orders.queries.index import (
    OrderRow,
    chosen_orders,
    has_orders,
    order_list,
    order_rows,
    tab_counts,
)
from app.orders.queries.letters import (
    ChannelRow,
    LetterRow,
    MailRow,
    letter_channels,
    letter_rows,
)
from app.orders.queries.mapping import (
    Candidate,
    Good,
    candidates,
    count_alike,
    get_line,
    goods,
)
from app.orders.queries.printing import Pick, Slip, iter_slips, packable, pick_list, slips
from app.orders.queries.report import (
    Speed,
    TopItem,
    count_orders,
    order_cells,
    shipping_speed,
    top_items,
)
from app.orders.queries.returns import ReturnRow, shelves
from app.orders.queries.rush import RushPreview, rush_channels, rush_preview, rush_rules

__all__ = [
    "Buyer",
    "Candidate",
    "ChannelRow",
    "EventRow",
    "Good",
    "LetterRow",
    "LineRow",
    "MailRow",
    "OrderDetail",
    "OrderRow",
    "ParcelRow",
    "Pick",
    "ReturnRow",
    "RushPreview",
    "Slip",
    "Speed",
    "TopItem",
    "candidates",
    "chosen_orders",
    "count_alike",
    "count_orders",
    "events_since",
    "get_line",
    "get_order",
    "goods",
    "has_orders",
    "iter_slips",
    "letter_channels",
    "letter_rows",
    "mask",
    "order_cells",
    "order_detail",
    "order_list",
    "order_rows",
    "packable",
    "pick_list",
    "raw_answer",
    "rush_channels",
    "rush_preview",
    "rush_rules",
    "shelves",
    "shipping_speed",
    "slips",
    "tab_counts",
    "top_items",
]
