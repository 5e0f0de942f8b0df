"""What the team refuses, each with its sentence."""

from app.core.errors import AppError, Conflicting, Invalid, NotFound, SignInNeeded


class EmailTaken(Invalid):
    """Somebody already signs in with this address."""

    def __init__(self) -> None:
        super().__init__(
            fields={"email": "This e-mail already has an account. Sign in, or reset the password."}
        )


class SignInRefused(AppError):
    """The e-mail or the password is wrong; which one is nobody's business."""

    status = 422
    sentence = "This e-mail and password do not fit together."


class WrongPassword(Invalid):
    """The present password, asked for before a change, is wrong."""

    def __init__(self) -> None:
        super().__init__(fields={"current_password": "This is not your current password."})


class LinkSpent(NotFound):
    """A mailed link that was used, replaced, or is too old."""

    sentence = "This link was already used or is too old. Ask for a new one."


class RefreshRefused(SignInNeeded):
    """A refresh token that is forged, too old, used before, or of a program that was ended."""

    sentence = "This refresh token does not work any more. Sign in again."


class InvitationGone(NotFound):
    """An invitation that was accepted, revoked, or is too old."""

    sentence = "This invitation was already used, revoked, or is too old. Ask for a new one."


class InvitedElsewhere(Conflicting):
    """The signed-in person is not the one who was invited."""

    sentence = "This invitation is for another e-mail address. Sign out to accept it."


class AlreadyMember(Invalid):
    """The invited person is in the organization already."""

    def __init__(self) -> None:
        super().__init__(fields={"email": "This person is already a member of your organization."})


class LastOwner(Conflicting):
    """An organization keeps at least one owner."""

    sentence = "An organization needs an owner. Make somebody else an owner first."


class SlugTaken(Invalid):
    """Another organization has this short name."""

    def __init__(self) -> None:
        super().__init__(fields={"slug": "Another organization uses this short name."})
