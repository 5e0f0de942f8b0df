"""Writes of the inventory: levels move in one statement, each with its posting."""

from app.inventory.service.checking import Unequal, unequal_levels
from app.inventory.service.keeping import (
    free_kept,
    keep_back,
    kept_back,
    settle_kept_back,
)
from app.inventory.service.levels import (
    DEFAULT_LOCATION,
    Keeper,
    default_location,
    move_levels,
    set_quantities,
    set_quantity,
)
from app.inventory.service.moving import locked_levels, post
from app.inventory.service.promising import (
    promise,
    put_back,
    release,
    ship,
)

__all__ = [
    "DEFAULT_LOCATION",
    "Keeper",
    "Unequal",
    "default_location",
    "free_kept",
    "keep_back",
    "kept_back",
    "locked_levels",
    "move_levels",
    "post",
    "promise",
    "put_back",
    "release",
    "set_quantities",
    "set_quantity",
    "settle_kept_back",
    "ship",
    "unequal_levels",
]
