"""Pure: JSON of WooCommerce ↔ the words of the port."""
