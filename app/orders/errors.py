"""What orders may refuse."""

from app.core.errors import Conflicting, NotFound


class OrderNotFound(NotFound):
    """No such order in this organization."""

    sentence = "This order does not exist, or you do not have access to it."


class NotAllowedNow(Conflicting):
    """The state of the order does not allow it."""


class NothingToShip(Conflicting):
    """Nothing of what was chosen is promised and waits to be shipped."""

    sentence = "Nothing of this is left to ship."
