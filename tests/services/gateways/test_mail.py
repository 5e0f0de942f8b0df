"""Mail leaves through a real SMTP conversation, or stays in the dev mailbox."""

import socketserver
import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from app.core.actor import NOBODY, SYSTEM
from app.core.db import new_id, reading
from app.core.guard import NetworkInsideWork
from app.core.work import unit_of_work
from app.gateways.mail import DevMailbox, Letter, MailRefused, SmtpMail, compose
from app.notices import queries

SENDER = "SyncStore <sync@acme.example>"


class _Conversation(socketserver.StreamRequestHandler):
    """A mail server of few words: answers each command from the server's script."""

    def handle(self) -> None:
        server: MailServer = self.server  # type: ignore[assignment]  # made below
        self._say("220 mail.acme.example")
        while line := self.rfile.readline():
            command = line.split()[0].upper().decode() if line.split() else ""
            if command == "DATA":
                self._say("354 go on")
                server.received.append(self._message())
                self._say(server.answers.get("MESSAGE", "250 taken"))
            elif command == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say(server.answers.get(command, "250 fine"))

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def _message(self) -> str:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.decode())
        return "".join(lines)


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on loopback; `answers` are its refusals, `received` what it took."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers: dict[str, str] = {}
        self.received: list[str] = []

    @property
    def url(self) -> str:
        """What MAIL_URL would say."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield found
        found.shutdown()
        thread.join(timeout=5)


def _letter(subject: str = "Blue mugs") -> Letter:
    return Letter("bob@acme.example", subject, "They sell.", "<p>They sell.</p>", key="letter-1")


def test_a_letter_reaches_the_mail_server(server: MailServer) -> None:
    SmtpMail(server.url, sender=SENDER).send(_letter())

    (message,) = server.received
    assert "To: bob@acme.example" in message
    assert "Message-ID: <letter-1@acme.example>" in message
    assert "text/plain" in message
    assert "text/html" in message


@pytest.mark.parametrize(
    ("command", "answer", "is_permanent"),
    [
        ("RCPT", "550 no such person", True),
        ("RCPT", "451 try later", False),
        ("MAIL", "553 not from you", True),
        ("MESSAGE", "452 full", False),
    ],
)
def test_a_refusal_says_whether_to_try_again(
    server: MailServer, command: str, answer: str, *, is_permanent: bool
) -> None:
    server.answers[command] = answer

    with pytest.raises(MailRefused) as refused:
        SmtpMail(server.url, sender=SENDER).send(_letter())

    assert refused.value.is_permanent is is_permanent


def test_a_dead_server_is_worth_another_try() -> None:
    with MailServer() as gone:
        url = gone.url

    with pytest.raises(MailRefused) as refused:
        SmtpMail(url, sender=SENDER).send(_letter())

    assert not refused.value.is_permanent


def test_a_line_break_adds_no_header() -> None:
    message = compose(_letter("Hello\r\nBcc: mallory@other.example"), sender=SENDER)

    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: mallory@other.example"


def test_no_mail_leaves_inside_a_unit_of_work(app: Flask, server: MailServer) -> None:
    with unit_of_work(NOBODY), pytest.raises(NetworkInsideWork):
        SmtpMail(server.url, sender=SENDER).send(_letter())

    assert server.received == []


def test_without_a_server_mails_lie_in_the_mailbox(app: Flask) -> None:
    recipient = f"bob-{new_id().hex}@acme.example"

    DevMailbox(sender=SENDER).send(Letter(recipient, "Blue mugs", "They sell."))

    with reading(SYSTEM) as session:
        (mail,) = queries.dev_mails(session, recipient=recipient)
    assert (mail.subject, mail.text, mail.sender) == ("Blue mugs", "They sell.", SENDER)
