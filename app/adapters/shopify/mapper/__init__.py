"""Pure: JSON of Shopify's GraphQL ↔ the words of the port."""
