"""What may go wrong, as a tree; each class knows its HTTP status and its public sentence.

AppError
├── Invalid        422  input with a sentence per field
├── SignInNeeded   401  nobody is signed in
├── Forbidden      403  signed in, not allowed
├── NotFound       404  absent, or another organization's
├── Conflicting    409
│   └── Stale      409  the caller edited a version that is no longer the newest
├── TooLarge       413
├── TooMany        429  asked too often; knows when to come back
└── Unavailable    503  a server behind us is away

Features add leaves in their own errors.py; adapters have a tree of their own (app.adapters.errors).
"""

from collections.abc import Mapping
from typing import ClassVar


class AppError(Exception):
    """The root: a refusal with a status and a sentence that may be shown to a merchant."""

    status: ClassVar[int] = 500
    sentence: str = "Something went wrong on our side. The details are in the log."

    def __init__(self, sentence: str | None = None) -> None:
        if sentence is not None:
            self.sentence = sentence
        super().__init__(self.sentence)


class Invalid(AppError):
    """Input that cannot be taken; `fields` maps a field name to its sentence."""

    status = 422
    sentence = "Some values need a correction."

    def __init__(
        self, sentence: str | None = None, *, fields: Mapping[str, str] | None = None
    ) -> None:
        self.fields: dict[str, str] = dict(fields or {})
        super().__init__(sentence or next(iter(self.fields.values()), None))


class SignInNeeded(AppError):
    """Nobody is signed in."""

    status = 401
    sentence = "Sign in to see this page."


class Forbidden(AppError):
    """The caller is known and may not do this."""

    status = 403
    sentence = "Your role does not allow this. Ask an owner or admin of your organization."


class NotFound(AppError):
    """The thing does not exist for this caller."""

    status = 404
    sentence = "This page does not exist, or you do not have access to it."


class Conflicting(AppError):
    """The wish contradicts what is there now."""

    status = 409
    sentence = "This was changed in the meantime."


class Stale(Conflicting):
    """The version shown to the caller is no longer the newest."""

    sentence = "Someone else saved this while you were editing. Both versions are shown below."


class TooLarge(AppError):
    """More bytes, rows or items than we take at once."""

    status = 413
    sentence = "This is larger than SyncStore takes at once."


class TooMany(AppError):
    """Asked too often; `retry_after` is in seconds."""

    status = 429
    sentence = "Too many attempts. Wait a moment and try again."

    def __init__(self, sentence: str | None = None, *, retry_after: int = 60) -> None:
        self.retry_after = retry_after
        super().__init__(sentence)


class Unavailable(AppError):
    """A server SyncStore needs does not answer."""

    status = 503
    sentence = "SyncStore cannot reach its database or queue right now. Try again in a moment."
