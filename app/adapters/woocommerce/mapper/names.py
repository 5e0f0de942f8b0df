"""Names both directions of the mapper know."""

from typing import Final

META_KEY: Final = "_syncstore_id"  # our key on products and variations
WRITABLE_KINDS: Final = frozenset(("simple", "variable"))
