"""The periodic table: what is due when. Outside row-level security; it holds ids only.

A due row is claimed by moving `next_at` in a conditional update, so two schedulers do no harm.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, Interval, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


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
