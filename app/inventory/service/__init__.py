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
from app.inventory.service.beyond import (
    Beyond,
    is_exhausted,
    set_beyond,
    terms_of,
    waiting_moved,
)
from app.inventory.service.checking import Unequal, unequal_levels
from app.inventory.service.coming_back import come_back, unpack, write_off
from app.inventory.service.count_start import CountDraft, Scope, start_count
from app.inventory.service.counts import (
    LINE,
    approve_lines,
    cancel_count,
    close_count,
    count_again,
    enter_code,
    finish_count,
    set_counted,
)
from app.inventory.service.digests import mail_digests
from app.inventory.service.entry_sheets import (
    EntryPlan,
    plan_count_sheet,
    plan_transfer_sheet,
    post_count_sheet,
    post_transfer_sheet,
)
from app.inventory.service.keeping import (
    free_kept,
    keep_back,
    kept_back,
    settle_kept_back,
)
from app.inventory.service.kits import (
    boms_around,
    follow_components,
    follow_lost,
    goods_stock,
    kit_quantities,
    kits_among,
    kits_holding,
    products_around,
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
from app.inventory.service.ordering import start_delivery
from app.inventory.service.places import (
    LocationDraft,
    change_location,
    create_location,
    move_location,
)
from app.inventory.service.promising import (
    left_from,
    promise,
    put_back,
    release,
    ship,
    unship,
)
from app.inventory.service.reserving import free_expired, free_reservation, reserve
from app.inventory.service.serving import SAID, routing_of, set_routing, spot_of
from app.inventory.service.sets import SetsWish
from app.inventory.service.sheets import SheetPlan, plan_sheet, post_sheet
from app.inventory.service.totals import (
    UnequalTotal,
    sum_up,
    sum_up_anew,
    unequal_totals,
)
from app.inventory.service.transfers import (
    UNITS,
    TransferDraft,
    add_units,
    end_transfer,
    receive_transfer,
    send_transfer,
    set_units,
    start_transfer,
)

__all__ = [
    "DEFAULT_LOCATION",
    "LINE",
    "SAID",
    "UNITS",
    "Adjustment",
    "Beyond",
    "CountDraft",
    "EntryPlan",
    "Keeper",
    "LocationDraft",
    "Mode",
    "Reason",
    "Reorder",
    "Scope",
    "SetsWish",
    "SheetPlan",
    "TransferDraft",
    "Unequal",
    "UnequalTotal",
    "add_units",
    "adjust",
    "approve_lines",
    "available_at",
    "boms_around",
    "cancel_count",
    "change_location",
    "close_count",
    "come_back",
    "count_again",
    "create_location",
    "default_location",
    "end_transfer",
    "enter_code",
    "finish_count",
    "follow_components",
    "follow_lost",
    "forget_lost",
    "free_expired",
    "free_kept",
    "free_reservation",
    "goods_stock",
    "is_exhausted",
    "keep_back",
    "kept_back",
    "kit_quantities",
    "kits_among",
    "kits_holding",
    "left_from",
    "locked_levels",
    "mail_digests",
    "move_levels",
    "move_location",
    "plan_count_sheet",
    "plan_sheet",
    "plan_transfer_sheet",
    "post",
    "post_count_sheet",
    "post_sheet",
    "post_transfer_sheet",
    "products_around",
    "promise",
    "put_back",
    "receive_transfer",
    "release",
    "reserve",
    "routing_of",
    "send_transfer",
    "set_beyond",
    "set_components",
    "set_counted",
    "set_quantities",
    "set_quantity",
    "set_reorder",
    "set_routing",
    "set_units",
    "settle_kept_back",
    "ship",
    "spot_of",
    "start_count",
    "start_delivery",
    "start_transfer",
    "sum_up",
    "sum_up_anew",
    "tell_low",
    "terms_of",
    "unequal_levels",
    "unequal_totals",
    "unpack",
    "unship",
    "waiting_moved",
    "write_off",
]
