"""Which texts PostgreSQL keeps: everything but the character NUL and halves of a character."""


def is_storable(text: str) -> bool:
    """Tell whether a text can be written to the database."""
    return "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)
