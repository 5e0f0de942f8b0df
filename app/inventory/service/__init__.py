"""Writes of the inventory: levels move in one statement, each with its posting."""

from app.inventory.service.levels import (
    DEFAULT_LOCATION,
    Keeper,
    default_location,
    move_levels,
    set_quantities,
    set_quantity,
)
from app.inventory.service.moving import locked_levels, post

__all__ = [
    "DEFAULT_LOCATION",
    "Keeper",
    "default_location",
    "locked_levels",
    "move_levels",
    "post",
    "set_quantities",
    "set_quantity",
]
