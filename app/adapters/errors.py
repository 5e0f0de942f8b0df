"""What can go wrong on the far side of the port, for a whole call (items have outcomes instead).

AdapterError
├── Retryable             the same call may succeed later
│   ├── Throttled         asked too often; `retry_after` in seconds
│   └── Unavailable       no answer, a 5xx, a maintenance page; nothing was changed
├── Unknown               sent, answer lost: read back before trying again
├── BadPayload            an answer we cannot read; names the path
└── Permanent             trying again does not help
    ├── NeedsPerson       nothing works until somebody changes the connection: the shop moved
    │   └── NeedsReauth   keys are wrong, revoked or too weak
    ├── Refused           the channel said no, with a reason
    ├── Gone              the object does not exist there (any more)
    └── Unsupported       this shop lacks the feature

Each has a `sentence` for the merchant and a `code`; the raw answer is in the recorded exchange.
"""

from typing import ClassVar, Final

OWN_LIMIT: Final = "own_limit"  # the code of a call that our own turn-taking kept from being made


class AdapterError(Exception):
    """The root; `sentence` may be shown to a merchant."""

    is_retryable: ClassVar[bool] = False
    sentence: str = "The channel did not do what was asked."

    def __init__(self, sentence: str | None = None, *, code: str | None = None) -> None:
        if sentence is not None:
            self.sentence = sentence
        self.code = code
        super().__init__(self.sentence)


class Retryable(AdapterError):
    """May succeed later."""

    is_retryable = True
    retry_after: float | None = None


class Throttled(Retryable):
    """Asked too often."""

    sentence = "The channel asks us to slow down. SyncStore goes on by itself."

    def __init__(
        self,
        sentence: str | None = None,
        *,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.retry_after = retry_after
        super().__init__(sentence, code=code)


class Unavailable(Retryable):
    """The far side did not answer, or not as an API."""

    sentence = "The shop does not answer right now. SyncStore tries again by itself."


class Unknown(AdapterError):
    """The request went out and its answer was lost."""

    sentence = "The answer of the shop was lost. SyncStore reads back before it tries again."


class BadPayload(AdapterError):
    """An answer that does not have the promised shape; `path` says where."""

    sentence = "The shop sent something SyncStore cannot read."

    def __init__(self, path: str, expected: str = "", *, sentence: str | None = None) -> None:
        self.path = path
        said = f"The shop sent something unreadable at “{path}”: not {expected}."
        super().__init__(sentence or said)


class Permanent(AdapterError):
    """Trying again does not help."""


class NeedsPerson(Permanent):
    """The connection cannot be used as it stands; no item is to blame."""


class NeedsReauth(NeedsPerson):
    """The keys do not open the shop."""

    sentence = "The shop no longer accepts our keys. Connect it again with new ones."


class Refused(Permanent):
    """The channel said no."""


class Gone(Permanent):
    """The object is not there."""

    sentence = "This item no longer exists on the channel."


class Unsupported(Permanent):
    """This shop lacks the feature."""

    sentence = "This shop does not offer this."
