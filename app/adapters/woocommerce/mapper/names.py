"""Names both directions of the mapper know."""

from typing import Final

META_KEY: Final = "_syncstore_id"  # our key on products and variations
TRACKING_KEY: Final = "_syncstore_tracking"  # our parcels on orders, where a shop has no place
PARCEL_KEY: Final = "_syncstore_parcel"  # our key on a core fulfilment
REFUND_KEY: Final = "_syncstore_refund"  # our key on a refund
CANCEL_KEY: Final = "_syncstore_cancel_reason"  # on orders we cancelled
WRITABLE_KINDS: Final = frozenset(("simple", "variable"))

# The category a product without one falls into; naming it would make every such product differ. The
# API does not say which it is, but the shop made its slug in the language it was installed in.
NO_CATEGORY: Final = frozenset(
    (
        "uncategorized",
        "uncategorised",
        "unkategorisiert",  # German
        "sin-categorizar",  # Spanish
        "sin-categoria",
        "non-classe",  # French
        "senza-categoria",  # Italian
        "geen-categorie",  # Dutch
        "ongecategoriseerd",
        "sem-categoria",  # Portuguese
        "bez-kategorii",  # Polish
        "okategoriserad",  # Swedish
        "ukategoriseret",  # Danish
        "ukategorisert",  # Norwegian
        "luokittelematon",  # Finnish
        "nezarazene",  # Czech
        "fara-categorie",  # Romanian
        "tak-berkategori",  # Indonesian
        "chua-phan-loai",  # Vietnamese
        "%e6%9c%aa%e5%88%86%e9%a1%9e",  # Japanese, Chinese (traditional)
        "%e6%9c%aa%e5%88%86%e7%b1%bb",  # Chinese (simplified)
    )
)
