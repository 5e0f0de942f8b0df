"""Reads of the inventory."""

from app.inventory.queries.kits import (
    KitDetail,
    Named,
    PartRow,
    kept_parts,
    kit_detail,
    part_candidates,
    used_in,
)
from app.inventory.queries.movements import (
    Cause,
    Day,
    Movement,
    causes,
    every_movement,
    movements,
    on_hand_by_day,
)
from app.inventory.queries.overview import StockRow, stock_page, stock_row, stock_rows
from app.inventory.queries.places import (
    HolderRow,
    KeptRow,
    PlaceRow,
    get_location,
    holders,
    kept_rows,
    levels_of,
    locations,
    place_rows,
)

__all__ = [
    "Cause",
    "Day",
    "HolderRow",
    "KeptRow",
    "KitDetail",
    "Movement",
    "Named",
    "PartRow",
    "PlaceRow",
    "StockRow",
    "causes",
    "every_movement",
    "get_location",
    "holders",
    "kept_parts",
    "kept_rows",
    "kit_detail",
    "levels_of",
    "locations",
    "movements",
    "on_hand_by_day",
    "part_candidates",
    "place_rows",
    "stock_page",
    "stock_row",
    "stock_rows",
    "used_in",
]
