"""What the inventory may refuse."""

from app.core.errors import Conflicting, Stale


class NotEnoughStock(Conflicting):
    """More was asked for than is available."""

    sentence = "There is not enough stock for this."


class ImpossibleStock(Conflicting):
    """A posting would take more out of a level than it holds."""

    sentence = "This would take more stock away than there is."


class StaleLocation(Stale):
    """Somebody else changed the location since it was shown."""

    sentence = "Someone else changed this location while you were editing. Look at it again."


class StockMoved(Conflicting):
    """What a person was shown before agreeing is not what would happen now."""

    sentence = "Stock moved since this was shown. Look at it again."


class EntriesMoved(Conflicting):
    """Lines are not what they were when a table for them was shown."""

    sentence = "Some of this changed since it was shown. Look at it again."


class StaleTransfer(Stale):
    """The transfer went on since it was shown: somebody was faster, or a button pressed twice."""

    sentence = "This transfer changed since it was shown. Nothing was posted twice."


class StaleCount(Stale):
    """The count went on since it was shown."""

    sentence = "This count changed since it was shown. Nothing was posted twice."
