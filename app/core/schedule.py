"""The periodic table: what is due when. Outside row-level security; it holds ids only.

A due row is claimed by moving `next_at` in a conditional update, so two schedulers do no harm.
"""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Index, Interval, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.cron import next_time, read_cron
from app.core.db import Base


def next_due(cron: str | None, zone: str, every: timedelta, *, after: datetime) -> datetime:
    """Return when a task is due next: by its cron fields, else after its interval."""
    if not cron:
        return after + every
    return next_time(read_cron(cron), after, zone_of(zone))


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone; UTC when the name is not one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


class Schedule(Base):
    """One recurring task, of the install (no organization) or of a connection."""

    __tablename__ = "schedules"
    __table_args__ = (Index("ix_schedules_due", "next_at"),)

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    task: Mapped[str] = mapped_column(String(60))
    organization_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    every: Mapped[timedelta] = mapped_column(Interval)
    cron: Mapped[str | None] = mapped_column(String(120))  # five fields; outranks `every`
    zone: Mapped[str] = mapped_column(String(64), default="UTC", server_default="UTC")
    next_at: Mapped[datetime]
    last_at: Mapped[datetime | None]
