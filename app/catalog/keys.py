"""Pure: keys of pictures, ours or a channel's."""

from uuid import UUID


def is_id(key: str) -> bool:
    """Tell whether the key of a picture is our own id."""
    try:
        UUID(key)
    except ValueError:
        return False
    return True
