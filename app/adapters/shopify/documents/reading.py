"""Queries about products, their variants, media and stock."""

from typing import Final

from app.adapters.shopify.documents import LEVEL, LEVEL_CORE, Document

_VARIANT: Final = (
    """
fragment VariantCore on ProductVariant {
  id
  sku
  barcode
  price
  compareAtPrice
  inventoryPolicy
  updatedAt
  selectedOptions { name value }
  ourKey: metafield(key: "syncstore_id") { value }
  media(first: 1) { nodes { id } }
  inventoryItem {
    id
    tracked
    measurement { weight { unit value } }
    """
    + LEVEL
    + """
  }
}
"""
    + LEVEL_CORE
)

_PRODUCT: Final = (
    """
fragment ProductCore on Product {
  id
  handle
  title
  descriptionHtml
  vendor
  productType
  status
  tags
  updatedAt
  isGiftCard
  onlineStoreUrl
  isPublished: publishedOnPublication(publicationId: $publication) @include(if: $publishes)
  category { id fullName }
  options { name position optionValues { name } }
  ourKey: metafield(key: "syncstore_id") { value }
  attributes: metafield(key: "syncstore_attributes") { value }
  variants(first: $variants) {
    pageInfo { hasNextPage endCursor }
    nodes { ...VariantCore }
  }
  media(first: $media) {
    pageInfo { hasNextPage endCursor }
    nodes { ...MediaCore }
  }
}
"""
    + _VARIANT
)

_MEDIA: Final = """
fragment MediaCore on Media {
  id
  alt
  mediaContentType
  status
  ... on MediaImage { image { url } }
}
"""

PRODUCTS_PAGE: Final = Document(
    "ProductsPage",
    "products",
    """
query ProductsPage(
  $first: Int!, $after: String, $query: String!, $sort: ProductSortKeys!,
  $variants: Int!, $media: Int!, $location: ID!, $publication: ID!, $publishes: Boolean!
) {
  products(first: $first, after: $after, query: $query, sortKey: $sort) {
    pageInfo { hasNextPage endCursor }
    nodes { ...ProductCore }
  }
}
"""
    + _PRODUCT
    + _MEDIA,
)

PRODUCTS_BY_ID: Final = Document(
    "ProductsById",
    "nodes",
    """
query ProductsById(
  $ids: [ID!]!, $variants: Int!, $media: Int!, $location: ID!, $publication: ID!,
  $publishes: Boolean!
) {
  nodes(ids: $ids) { ...ProductCore }
}
"""
    + _PRODUCT
    + _MEDIA,
)

PRODUCT_VARIANTS: Final = Document(
    "ProductVariants",
    "product",
    """
query ProductVariants($id: ID!, $first: Int!, $after: String, $location: ID!) {
  product(id: $id) {
    variants(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...VariantCore }
    }
  }
}
"""
    + _VARIANT,
)

PRODUCT_MEDIA: Final = Document(
    "ProductMedia",
    "product",
    """
query ProductMedia($id: ID!, $first: Int!, $after: String) {
  product(id: $id) {
    media(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...MediaCore }
    }
  }
}
"""
    + _MEDIA,
)

IDENTITIES: Final = Document(
    "Identities",
    "products",
    """
query Identities($first: Int!, $after: String, $query: String!, $variants: Int!) {
  products(first: $first, after: $after, query: $query, sortKey: ID) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id
      updatedAt
      isGiftCard
      variants(first: $variants) {
        pageInfo { hasNextPage endCursor }
        nodes { id }
      }
    }
  }
}
""",
)

VARIANT_IDS: Final = Document(
    "VariantIds",
    "product",
    """
query VariantIds($id: ID!, $first: Int!, $after: String) {
  product(id: $id) {
    variants(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id }
    }
  }
}
""",
)

NEWEST_PRODUCT: Final = Document(
    "NewestProduct",
    "products",
    """
query NewestProduct($query: String!) {
  products(first: 1, query: $query, sortKey: UPDATED_AT, reverse: true) {
    nodes { id updatedAt }
  }
}
""",
)

PRODUCT_BY_KEY: Final = Document(
    "ProductByKey",
    "productByIdentifier",
    """
query ProductByKey($value: String!) {
  productByIdentifier(identifier: { customId: { key: "syncstore_id", value: $value } }) {
    id
  }
}
""",
)

VARIANTS_BY_SKU: Final = Document(
    "VariantsBySku",
    "productVariants",
    """
query VariantsBySku($first: Int!, $after: String, $query: String!) {
  productVariants(first: $first, after: $after, query: $query, sortKey: ID) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id
      sku
      product { id title hasOnlyDefaultVariant ourKey: metafield(key: "syncstore_id") { value } }
    }
  }
}
""",
)

ITEM_PRODUCTS: Final = Document(
    "ItemProducts",
    "nodes",
    """
query ItemProducts($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on InventoryItem {
      id
      variants(first: 1) { nodes { id product { id } } }
    }
  }
}
""",
)

STOCK: Final = Document(
    "Stock",
    "nodes",
    """
query Stock($ids: [ID!]!, $location: ID!) {
  nodes(ids: $ids) {
    ... on ProductVariant {
      id
      inventoryItem {
        id
        tracked
        """
    + LEVEL
    + """
      }
    }
  }
}
"""
    + LEVEL_CORE,
)

ALL: Final = (
    PRODUCTS_PAGE,
    PRODUCTS_BY_ID,
    PRODUCT_VARIANTS,
    PRODUCT_MEDIA,
    IDENTITIES,
    VARIANT_IDS,
    NEWEST_PRODUCT,
    PRODUCT_BY_KEY,
    VARIANTS_BY_SKU,
    ITEM_PRODUCTS,
    STOCK,
)
