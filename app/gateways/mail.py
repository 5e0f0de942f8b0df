"""Mail on its way out of the house: SMTP, a mailbox page for development, or nowhere.

`gateway()` is what jobs send through, as the settings say. A refusal says whether another try may
help.
"""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from app.core import guard
from app.core.actor import SYSTEM
from app.core.settings import Settings, current
from app.core.work import unit_of_work
from app.gateways.models import DevMail

_TIMEOUT: Final = 20.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person; with a key, a letter sent twice is known as the same one."""

    recipient: str
    subject: str
    text: str
    html: str = ""
    key: str = ""


class MailRefused(Exception):
    """The mail did not leave; `is_permanent` says that another try is useless."""

    def __init__(self, sentence: str, *, is_permanent: bool) -> None:
        super().__init__(sentence)
        self.is_permanent = is_permanent


class MailGateway(Protocol):
    """A way out for mail."""

    def send(self, letter: Letter) -> None:
        """Hand a letter over; raises MailRefused."""


def compose(letter: Letter, *, sender: str) -> EmailMessage:
    """Return a letter as a message; line breaks in a header become spaces."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = " ".join(letter.recipient.split())
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = formatdate(localtime=False)
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{letter.key}@{domain}>" if letter.key else make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message


class SmtpMail:
    """Sends through a mail server: smtps is TLS from the start, smtp upgrades when offered."""

    def __init__(self, url: str, *, sender: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._is_tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._is_tls else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender

    def send(self, letter: Letter) -> None:
        """Hand a letter to the mail server; raises MailRefused."""
        guard.refuse_inside_work(f"Mail through {self._host}")
        try:
            with self._open() as server:
                self._introduce(server)
                server.send_message(compose(letter, sender=self._sender))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise MailRefused(
                "The mail server refuses this address.", is_permanent=min(codes, default=500) >= 500
            ) from error
        except smtplib.SMTPAuthenticationError as error:
            raise MailRefused(
                "The mail server refuses our user name or password.", is_permanent=False
            ) from error
        except smtplib.SMTPResponseException as error:
            raise MailRefused(
                f"The mail server answered {error.smtp_code}.", is_permanent=error.smtp_code >= 500
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailRefused("The mail server does not answer.", is_permanent=False) from error

    def _open(self) -> smtplib.SMTP:
        if self._is_tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=_TIMEOUT, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT)

    def _introduce(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        is_safe = self._is_tls or self._host in _LOOPBACK
        if not self._is_tls and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            is_safe = True
        if self._user and not is_safe:
            raise MailRefused(
                "The mail server offers no encryption, so the password stays here.",
                is_permanent=False,
            )
        if self._user:
            server.login(self._user, self._password)


class DevMailbox:
    """Keeps mails in a table; /dev/mailbox shows them."""

    def __init__(self, *, sender: str) -> None:
        self._sender = sender

    def send(self, letter: Letter) -> None:
        """Put a letter into the mailbox."""
        with unit_of_work(SYSTEM) as work:
            work.session.add(
                DevMail(
                    sender=self._sender,
                    recipient=letter.recipient,
                    subject=letter.subject,
                    text=letter.text,
                    html=letter.html,
                )
            )


class NullMail:
    """Sends nothing and remembers what it was given; refuses on request."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.refusal: MailRefused | None = None

    def send(self, letter: Letter) -> None:
        """Remember a letter; raises the refusal it was told to give."""
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(letter)


class _Connected:
    gateway: MailGateway | None = None


def connect(settings: Settings) -> MailGateway:
    """Return the way out for mail that the settings ask for."""
    if settings.mail_url:
        return SmtpMail(settings.mail_url, sender=settings.mail_from)
    return DevMailbox(sender=settings.mail_from)


def use(gateway: MailGateway | None) -> None:
    """Send through this gateway from now on; None: through what the settings ask for."""
    _Connected.gateway = gateway


def gateway() -> MailGateway:
    """Return this process's way out for mail."""
    return _Connected.gateway or connect(current())
