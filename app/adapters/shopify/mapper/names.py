"""Names both directions of the mapper know."""

from typing import Final

KEY: Final = "syncstore_id"  # metafield with our key, on products and variants
ATTRIBUTES: Final = "syncstore_attributes"  # metafield with attributes that are not options
ONLY_OPTION: Final = "Title"  # what Shopify calls the option of a product without options …
ONLY_VALUE: Final = "Default Title"  # … and its value
EXTERNAL: Final = "ext:"
