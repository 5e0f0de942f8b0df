"""The mails of the team, as text and plain HTML; links lead to PUBLIC_URL, not to a Host header."""

from collections.abc import Sequence
from html import escape

from app.gateways.mail import Letter

_GREETING = "Hello {name},"
_FAREWELL = "SyncStore"


def _letter(
    recipient: str, subject: str, paragraphs: Sequence[str], *, link: str = "", label: str = ""
) -> Letter:
    lines = [*paragraphs, *([f"{label}: {link}"] if link else []), _FAREWELL]
    html = [f"<p>{escape(each).replace(chr(10), '<br>')}</p>" for each in paragraphs]
    if link:
        html.append(f'<p><a href="{escape(link)}">{escape(label)}</a></p>')
        html.append(f"<p>{escape(link)}</p>")
    html.append(f"<p>{_FAREWELL}</p>")
    body = "\n".join(html)
    return Letter(
        recipient, subject, "\n\n".join(lines) + "\n", f"<html><body>{body}</body></html>"
    )


def verification(email: str, name: str, *, link: str) -> Letter:
    """Ask a new person to confirm the address."""
    return _letter(
        email,
        "Confirm your e-mail address",
        [
            _GREETING.format(name=name),
            "Confirm this address, so that we can reach you when a channel needs you."
            " The link works for three days.",
            "If you did not sign up for SyncStore, ignore this mail.",
        ],
        link=link,
        label="Confirm my address",
    )


def password_reset(email: str, name: str, *, link: str) -> Letter:
    """Give somebody a way back in."""
    return _letter(
        email,
        "Choose a new password",
        [
            _GREETING.format(name=name),
            "Somebody asked for a new password for your account. The link works once, for an hour.",
            "If it was not you, ignore this mail; your password stays as it is.",
        ],
        link=link,
        label="Choose a new password",
    )


def password_changed(email: str, name: str) -> Letter:
    """Tell somebody that the password is another one now."""
    return _letter(
        email,
        "Your password was changed",
        [
            _GREETING.format(name=name),
            "The password of your account was changed, and other browsers were signed out.",
            "If it was not you, reset your password on the sign-in page at once.",
        ],
    )


def new_address(email: str, name: str, *, link: str) -> Letter:
    """Ask for a proof that a new address is theirs."""
    return _letter(
        email,
        "Confirm your new e-mail address",
        [
            _GREETING.format(name=name),
            "Confirm that you want to sign in with this address from now on."
            " The link works for one hour.",
        ],
        link=link,
        label="Use this address",
    )


def address_changed(email: str, name: str, *, new_email: str) -> Letter:
    """Tell the old address that it is no longer the one."""
    return _letter(
        email,
        "Your e-mail address was changed",
        [
            _GREETING.format(name=name),
            f"Your account now signs in with {new_email}.",
            "If it was not you, ask an owner of your organization for help.",
        ],
    )


def invitation(email: str, *, organization: str, inviter: str, role: str, link: str) -> Letter:
    """Invite somebody into an organization."""
    return _letter(
        email,
        f"{inviter} invites you to {organization}",
        [
            "Hello,",
            f"{inviter} invites you to work in {organization} on SyncStore as {role}."
            " The link works for seven days.",
        ],
        link=link,
        label="Accept the invitation",
    )


def notice(email: str, name: str, *, title: str, body: str, link: str) -> Letter:
    """Send a notice to somebody who wants this kind by mail."""
    paragraphs = [_GREETING.format(name=name), title, *([body] if body else [])]
    return _letter(email, title, paragraphs, link=link, label="Open in SyncStore")
