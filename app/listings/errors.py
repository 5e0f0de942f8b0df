"""What listings refuse."""

from app.core.errors import Conflicting, NotFound


class ListingNotFound(NotFound):
    """No such listing in this organization."""

    sentence = "This listing does not exist, or you do not have access to it."


class AlreadyMapped(Conflicting):
    """The listing is paired already."""

    sentence = "This item is paired with a product already. Unmap it first."


class AlreadyListed(Conflicting):
    """The product is on this connection already."""

    sentence = "This product is in this shop already."
