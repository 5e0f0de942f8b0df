"""Writes of the inventory: levels move in one statement, each with its posting."""

from app.inventory.service.adjusting import (
    Adjustment,
    Mode,
    Reason,
    Reorder,
    adjust,
    set_reorder,
)
from app.inventory.service.assembling import forget_lost, set_components
from app.inventory.service.checking import Unequal, unequal_levels
from app.inventory.service.keeping import (
    free_kept,
    keep_back,
    kept_back,
    settle_kept_back,
)
from app.inventory.service.kits import (
    follow_components,
    follow_lost,
    goods_stock,
    kit_quantities,
    kits_among,
    kits_holding,
)
from app.inventory.service.levels import (
    DEFAULT_LOCATION,
    Keeper,
    default_location,
    move_levels,
    set_quantities,
    set_quantity,
)
from app.inventory.service.low import tell_low
from app.inventory.service.moving import locked_levels, post
from app.inventory.service.offered import available_at
from app.inventory.service.places import (
    LocationDraft,
    change_location,
    create_location,
    move_location,
)
from app.inventory.service.promising import (
    promise,
    put_back,
    release,
    ship,
)
from app.inventory.service.sets import SetsWish
from app.inventory.service.sheets import SheetPlan, plan_sheet, post_sheet

__all__ = [
    "DEFAULT_LOCATION",
    "Adjustment",
    "Keeper",
    "LocationDraft",
    "Mode",
    "Reason",
    "Reorder",
    "SetsWish",
    "SheetPlan",
    "Unequal",
    "adjust",
    "available_at",
    "change_location",
    "create_location",
    "default_location",
    "follow_components",
    "follow_lost",
    "forget_lost",
    "free_kept",
    "goods_stock",
    "keep_back",
    "kept_back",
    "kit_quantities",
    "kits_among",
    "kits_holding",
    "locked_levels",
    "move_levels",
    "move_location",
    "plan_sheet",
    "post",
    "post_sheet",
    "promise",
    "put_back",
    "release",
    "set_components",
    "set_quantities",
    "set_quantity",
    "set_reorder",
    "settle_kept_back",
    "ship",
    "tell_low",
    "unequal_levels",
]
