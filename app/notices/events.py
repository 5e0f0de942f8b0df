"""Facts of notices and mails."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class MailRequested:
    """A mail lies ready to be sent."""

    mail_id: UUID


@dataclass(frozen=True, slots=True)
class NoticePosted:
    """A notice was posted; those who want it by mail get one."""

    notice_id: UUID
