"""Tables of orders: header, lines, promises, parcels, refunds, returns, and what happened when."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.orders import Journey
from app.adapters.orders import Payment as Payment
from app.core import clock
from app.core.db import Base, Identified, Json, Owned
from app.orders.rules import OrderState as OrderState
from app.orders.rules import ReturnState as ReturnState

_STUCK: Final = text("journey IN ('attempted', 'failed')")
_ALSO: Final = ["connection_id", "payment"]  # what lists are narrowed to beside the state
_WAITS: Final = text("quantity > shipped + allocated AND needs_stock")


class Order(Base, Identified, Owned):
    """An order, from whichever channel, or placed by a person here.

    Who bought, and the channel's answer, are sealed. Amounts are minor units of `currency`.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index(
            "uq_orders_external",
            "connection_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index("ix_orders_recent", "organization_id", "placed_at", "id"),
        Index("ix_orders_state", "organization_id", "state", "placed_at", "id"),
        Index("ix_orders_payment", "organization_id", "payment", "placed_at", "id"),
        Index(
            "ix_orders_rush",
            "organization_id",
            "placed_at",
            "id",
            postgresql_where=text("is_rush"),
        ),
        Index("ix_orders_rush_first", "organization_id", "is_rush", "placed_at", "id"),
        # The numbers of the tabs are counted in these, without a look at the orders.
        Index("ix_orders_rush_open", "organization_id", "state", postgresql_where=text("is_rush")),
        Index(
            "ix_orders_tallied", "organization_id", "state", "unmapped", postgresql_include=_ALSO
        ),
        Index("ix_orders_connection", "organization_id", "connection_id", "placed_at", "id"),
        Index(
            "ix_orders_unmapped",
            "organization_id",
            "placed_at",
            "id",
            postgresql_where=text("unmapped > 0"),
        ),
    )

    connection_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("connections.id", ondelete="SET NULL")
    )
    source: Mapped[str] = mapped_column(String(40))  # the channel's key, or "manual"
    external_id: Mapped[str | None] = mapped_column(String(255))
    external_number: Mapped[str] = mapped_column(String(100), default="", server_default="")
    number: Mapped[str] = mapped_column(String(120))  # ours: the connection's prefix and theirs
    url: Mapped[str | None]
    state: Mapped[OrderState] = mapped_column(String(20), default=OrderState.PENDING)
    payment: Mapped[Payment] = mapped_column(String(20), default=Payment.PENDING)
    channel_status: Mapped[str] = mapped_column(String(60), default="", server_default="")
    placed_at: Mapped[datetime]
    remote_modified_at: Mapped[datetime | None]
    currency: Mapped[str] = mapped_column(String(3))
    items_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    discount_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    shipping_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    tax_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    fees_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    total_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    refunded_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    includes_tax: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    personal: Mapped[bytes | None] = mapped_column(LargeBinary)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    erased_at: Mapped[datetime | None]  # the buyer asked to be forgotten
    ship_country: Mapped[str] = mapped_column(String(2), default="", server_default="")
    shipping_method: Mapped[str] = mapped_column(String(100), default="", server_default="")
    note: Mapped[str] = mapped_column(String(2000), default="", server_default="")  # the team's
    tags: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    risk: Mapped[str] = mapped_column(String(10), default="", server_default="")
    is_rush: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    rush_by: Mapped[str] = mapped_column(String(300), default="", server_default="")  # why
    rush_choice: Mapped[bool | None]  # what a person said; None: the rules decide
    is_test: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    is_held_there: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    is_held_here: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    is_done_there: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    hold_reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    cancelling: Mapped[Json] = mapped_column(default=dict, server_default="{}")  # ours, unseen
    unmapped: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")  # lines
    units: Mapped[int] = mapped_column(default=0, server_default="0")
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    lines: Mapped[list["OrderLine"]] = relationship(
        cascade="all, delete-orphan", order_by="OrderLine.position"
    )

    __mapper_args__ = {"version_id_col": version}


class OrderLine(Base, Identified, Owned):
    """One line: what was bought, and how far it has come. Quantities are whole units."""

    __tablename__ = "order_lines"
    __table_args__ = (
        Index("ix_order_lines_order", "order_id", "position"),
        Index("ix_order_lines_variant", "variant_id"),
        # Lines that wait for stock, the oldest order first, and the orders they are of.
        Index("ix_order_lines_waiting", "variant_id", "order_id", postgresql_where=_WAITS),
        Index("ix_order_lines_short", "organization_id", "order_id", postgresql_where=_WAITS),
        # … and those that wait for sets of kits, whose components they are promised.
        Index(
            "ix_order_lines_waiting_sets",
            "organization_id",
            "order_id",
            postgresql_where=text(
                "parts IS NOT NULL AND quantity > shipped + allocated AND needs_stock"
            ),
        ),
        Index(
            "ix_order_lines_unmapped",
            "organization_id",
            "sku",
            postgresql_where=text("variant_id IS NULL AND needs_stock"),
        ),
        CheckConstraint(
            "least(quantity, ordered, shipped, returned, allocated, taken) >= 0", name="figures"
        ),
        CheckConstraint("refund_back >= 0", name="refund_back"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    external_id: Mapped[str | None] = mapped_column(String(255))
    variant_id: Mapped[UUID | None] = mapped_column(ForeignKey("variants.id", ondelete="SET NULL"))
    product_external_id: Mapped[str | None] = mapped_column(String(255))
    variant_external_id: Mapped[str | None] = mapped_column(String(255))
    sku: Mapped[str] = mapped_column(String(255), default="", server_default="")
    title: Mapped[str] = mapped_column(String(500), default="", server_default="")
    options: Mapped[str] = mapped_column(String(255), default="", server_default="")
    quantity: Mapped[int]
    ordered: Mapped[int]
    shipped: Mapped[int] = mapped_column(default=0, server_default="0")
    returned: Mapped[int] = mapped_column(default=0, server_default="0")
    # Of what was shipped, by the word of refunds: `rules.Back`.
    refund_back: Mapped[int] = mapped_column(default=0, server_default="0")
    allocated: Mapped[int] = mapped_column(default=0, server_default="0")
    taken: Mapped[int] = mapped_column(default=0, server_default="0")  # by the shop, of its count
    needs_stock: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    # A kit: what is in one set, good → units, as it was when the line was first promised any.
    parts: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    unit_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    discount_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    tax_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    total_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class Allocation(Base, Owned):
    """Units of a level promised to a line and not shipped yet; of a kit, of its components."""

    __tablename__ = "order_allocations"
    __table_args__ = (
        PrimaryKeyConstraint("line_id", "level_id"),
        Index("ix_order_allocations_level", "level_id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id", ondelete="CASCADE"))
    level_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_levels.id"))
    quantity: Mapped[int]


class Shipment(Base, Identified, Owned):
    """A parcel that left, and whether the channel knows of it."""

    __tablename__ = "shipments"
    __table_args__ = (
        Index("ix_shipments_order", "order_id"),
        Index(
            "ix_shipments_untold",
            "organization_id",
            "order_id",
            postgresql_where=text("told_at IS NULL"),
        ),
        Index("ix_shipments_stuck", "organization_id", "order_id", postgresql_where=_STUCK),
        UniqueConstraint("order_id", "external_id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))
    external_id: Mapped[str | None] = mapped_column(String(255))  # theirs, once they know of it
    carrier: Mapped[str] = mapped_column(String(60), default="", server_default="")
    tracking_number: Mapped[str] = mapped_column(String(100), default="", server_default="")
    tracking_url: Mapped[str] = mapped_column(String(500), default="", server_default="")
    shipped_at: Mapped[datetime]
    user_id: Mapped[UUID | None]  # None: shipped on the channel
    notifies: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    is_cancelled: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    told_at: Mapped[
        datetime | None
    ]  # the channel confirmed it; None: still owed, or nobody to tell
    error: Mapped[str | None]  # why it could not be told yet
    journey: Mapped[Journey | None] = mapped_column(String(20))  # by the word of the carrier
    said: Mapped[str] = mapped_column(String(200), default="", server_default="")
    in_transit_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    expected_at: Mapped[datetime | None]

    lines: Mapped[list["ShipmentLine"]] = relationship(cascade="all, delete-orphan")


class ShipmentLine(Base, Owned):
    """Units of a line in a parcel."""

    __tablename__ = "shipment_lines"
    __table_args__ = (PrimaryKeyConstraint("shipment_id", "line_id"),)

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipments.id", ondelete="CASCADE"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id", ondelete="CASCADE"))
    quantity: Mapped[int]


class Refund(Base, Identified, Owned):
    """Money given back, with what came back for it."""

    __tablename__ = "refunds"
    __table_args__ = (
        Index("ix_refunds_order", "order_id"),
        UniqueConstraint("order_id", "external_id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    external_id: Mapped[str | None] = mapped_column(String(255))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    shipping_minor: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    return_id: Mapped[UUID | None] = mapped_column(ForeignKey("returns.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    user_id: Mapped[UUID | None]  # None: refunded on the channel
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")  # the team's
    restocks: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    lines: Mapped[Json] = mapped_column(default=dict, server_default="{}")  # line id → units
    told_at: Mapped[datetime | None]
    error: Mapped[str | None]


class Return(Base, Identified, Owned):
    """Goods on their way back from a buyer, and what became of them."""

    __tablename__ = "returns"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        UniqueConstraint("order_id", "external_id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(SmallInteger)  # within the order, from 1
    external_id: Mapped[str | None] = mapped_column(String(255))  # theirs, if opened there
    channel_status: Mapped[str] = mapped_column(String(20), default="", server_default="")
    state: Mapped[ReturnState] = mapped_column(String(12), default=ReturnState.EXPECTED)
    reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")  # the team's
    user_id: Mapped[UUID | None]
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))  # unpacked there
    closed_at: Mapped[datetime | None]

    lines: Mapped[list["ReturnLine"]] = relationship(cascade="all, delete-orphan")


class ReturnLine(Base, Owned):
    """Units of a line in a return: those expected, and what became of those that came."""

    __tablename__ = "return_lines"
    __table_args__ = (
        PrimaryKeyConstraint("return_id", "line_id"),
        Index("ix_return_lines_line", "line_id"),
        CheckConstraint("least(expected, restocked, written_off, sent_back) >= 0", name="figures"),
    )

    return_id: Mapped[UUID] = mapped_column(ForeignKey("returns.id", ondelete="CASCADE"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id", ondelete="CASCADE"))
    expected: Mapped[int] = mapped_column(default=0, server_default="0")
    restocked: Mapped[int] = mapped_column(default=0, server_default="0")
    written_off: Mapped[int] = mapped_column(default=0, server_default="0")
    sent_back: Mapped[int] = mapped_column(default=0, server_default="0")

    @property
    def came(self) -> int:
        """How many units were unpacked."""
        return self.restocked + self.written_off + self.sent_back


class OrderEvent(Base, Owned):
    """A line of an order's timeline; append-only."""

    __tablename__ = "order_events"
    __table_args__ = (
        Index("ix_order_events_order", "order_id", "id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(30))  # placed, allocated, shipped, note, …
    sentence: Mapped[str] = mapped_column(String(500))
    user_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)


class OrderCounter(Base, Owned):
    """The last number given to an order that was entered here."""

    __tablename__ = "order_counters"
    __table_args__ = (PrimaryKeyConstraint("organization_id"),)

    last: Mapped[int]


class RushTable(Base, Owned):
    """Which orders are rush orders, where the organization changed the rules (`orders.rush`)."""

    __tablename__ = "rush_tables"
    __table_args__ = (PrimaryKeyConstraint("organization_id"),)

    rules: Mapped[list[Any]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column(default=1)


class BuyerLetter(Base, Owned):
    """The text of a mail to buyers, where the organization changed it, and whether it is sent."""

    __tablename__ = "buyer_letters"
    __table_args__ = (PrimaryKeyConstraint("organization_id", "kind"),)

    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(String(5000))
    is_on: Mapped[bool] = mapped_column(default=True, server_default=text("true"))


class LetterChannel(Base, Owned):
    """A connection whose buyers get our mails; others leave that to the shop."""

    __tablename__ = "letter_channels"
    __table_args__ = (PrimaryKeyConstraint("connection_id"),)

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))


class OrderMail(Base, Identified, Owned):
    """A mail to a buyer: one per order, kind and event; its id is the mail's."""

    __tablename__ = "order_mails"
    __table_args__ = (UniqueConstraint("order_id", "kind", "subject_id"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[UUID]  # the order, parcel or refund it tells of
    at: Mapped[datetime] = mapped_column(default=clock.now)


class OrderTerm(Base, Owned):
    """A word an order is found by: number, SKU, tracking number; names and mail as digests."""

    __tablename__ = "order_terms"
    __table_args__ = (
        PrimaryKeyConstraint("order_id", "term"),
        Index("ix_order_terms_term", "organization_id", "term", "order_id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    term: Mapped[str] = mapped_column(String(120, collation="C"))
