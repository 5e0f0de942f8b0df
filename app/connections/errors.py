"""What connections refuse."""

from app.core.errors import Conflicting, NotFound


class ConnectionNotFound(NotFound):
    """No such connection in this organization."""

    sentence = "This connection does not exist, or you do not have access to it."


class NoSuchChannel(NotFound):
    """SyncStore has no adapter of this name."""

    def __init__(self, channel: str) -> None:
        super().__init__(f"SyncStore knows no channel “{channel[:40]}”.")


class NotOpen(Conflicting):
    """The connection is paused, disconnected or waiting to be approved."""

    sentence = "This connection is not active. Resume or connect it again first."


class KeysLost(NotOpen):
    """No key of the ring opens what the shop gave us."""

    sentence = (
        "No key of ENCRYPTION_KEYS opens the keys of this connection. Put the missing one back, or"
        " replace the keys of the shop."
    )


class AddressTaken(Conflicting):
    """The shop is already connected."""

    sentence = "This shop is already connected."
