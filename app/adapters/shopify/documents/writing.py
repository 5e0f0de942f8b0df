"""Mutations of products: variants, publishing, stock, keys."""

from typing import Final

from app.adapters.shopify.documents import Document

PRODUCT_SET: Final = Document(
    "ProductSet",
    "productSet",
    """
mutation ProductSet(
  $identifier: ProductSetIdentifiers, $input: ProductSetInput!, $synchronous: Boolean
) {
  productSet(identifier: $identifier, input: $input, synchronous: $synchronous) {
    product { id updatedAt }
    userErrors { field message code }
  }
}
""",
)

VARIANTS_CREATE: Final = Document(
    "VariantsCreate",
    "productVariantsBulkCreate",
    """
mutation VariantsCreate($productId: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkCreate(productId: $productId, variants: $variants) {
    productVariants { id }
    userErrors { field message code }
  }
}
""",
)

VARIANTS_UPDATE: Final = Document(
    "VariantsUpdate",
    "productVariantsBulkUpdate",
    """
mutation VariantsUpdate(
  $productId: ID!, $variants: [ProductVariantsBulkInput!]!, $allowPartial: Boolean
) {
  productVariantsBulkUpdate(
    productId: $productId, variants: $variants, allowPartialUpdates: $allowPartial
  ) {
    productVariants { id }
    userErrors { field message code }
  }
}
""",
)

VARIANTS_DELETE: Final = Document(
    "VariantsDelete",
    "productVariantsBulkDelete",
    """
mutation VariantsDelete($productId: ID!, $variantsIds: [ID!]!) {
  productVariantsBulkDelete(productId: $productId, variantsIds: $variantsIds) {
    product { id }
    userErrors { field message code }
  }
}
""",
)

VARIANTS_DETACH: Final = Document(
    "VariantsDetach",
    "productVariantDetachMedia",
    """
mutation VariantsDetach($productId: ID!, $variantMedia: [ProductVariantDetachMediaInput!]!) {
  productVariantDetachMedia(productId: $productId, variantMedia: $variantMedia) {
    product { id }
    userErrors { field message code }
  }
}
""",
)

PRODUCT_DELETE: Final = Document(
    "ProductDelete",
    "productDelete",
    """
mutation ProductDelete($id: ID!) {
  productDelete(input: { id: $id }, synchronous: true) {
    deletedProductId
    userErrors { field message }
  }
}
""",
)

PUBLISH: Final = Document(
    "Publish",
    "publishablePublish",
    """
mutation Publish($id: ID!, $input: [PublicationInput!]!) {
  publishablePublish(id: $id, input: $input) {
    userErrors { field message }
  }
}
""",
)

UNPUBLISH: Final = Document(
    "Unpublish",
    "publishableUnpublish",
    """
mutation Unpublish($id: ID!, $input: [PublicationInput!]!) {
  publishableUnpublish(id: $id, input: $input) {
    userErrors { field message }
  }
}
""",
)

METAFIELDS_SET: Final = Document(
    "MetafieldsSet",
    "metafieldsSet",
    """
mutation MetafieldsSet($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) {
    metafields { id }
    userErrors { field message code }
  }
}
""",
)

DEFINE_KEY: Final = Document(
    "DefineKey",
    "metafieldDefinitionCreate",
    """
mutation DefineKey($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) {
    createdDefinition { id }
    userErrors { field message code }
  }
}
""",
)

STOCK_SET: Final = Document(
    "StockSet",
    "inventorySetQuantities",
    """
mutation StockSet($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { field message code }
  }
}
""",
)

ITEM_UPDATE: Final = Document(
    "ItemUpdate",
    "inventoryItemUpdate",
    """
mutation ItemUpdate($id: ID!, $input: InventoryItemInput!) {
  inventoryItemUpdate(id: $id, input: $input) {
    inventoryItem { id tracked }
    userErrors { field message }
  }
}
""",
)

ALL: Final = (
    PRODUCT_SET,
    VARIANTS_CREATE,
    VARIANTS_UPDATE,
    VARIANTS_DELETE,
    VARIANTS_DETACH,
    PRODUCT_DELETE,
    PUBLISH,
    UNPUBLISH,
    METAFIELDS_SET,
    DEFINE_KEY,
    STOCK_SET,
    ITEM_UPDATE,
)
