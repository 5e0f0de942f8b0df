"""The documents tests send: one per thing an app does."""

PRODUCT_SET = """
mutation Upsert($identifier: ProductSetIdentifiers, $input: ProductSetInput!, $now: Boolean) {
  productSet(identifier: $identifier, input: $input, synchronous: $now) {
    product {
      id legacyResourceId handle title status vendor tags updatedAt
      options { id name position optionValues { id name hasVariants } }
      variants(first: 50) {
        nodes { id sku barcode price compareAtPrice position selectedOptions { name value }
          inventoryItem {
            id tracked sku measurement { weight { value unit } } unitCost { amount } } }
      }
      media(first: 10) { nodes { id alt mediaContentType status mediaErrors { code message } } }
      metafields(first: 10) { nodes { namespace key type value } }
    }
    productSetOperation { id status userErrors { field message code } }
    userErrors { field message code }
  }
}
"""

DEFINE = """
mutation Define($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) {
    createdDefinition { id namespace key type { name } capabilities { uniqueValues { enabled } } }
    userErrors { field message code }
  }
}
"""
OWN_ID = {"key": "syncstore_id", "name": "SyncStore id", "ownerType": "PRODUCT", "type": "id"}

VARIANTS_UPDATE = """
mutation Change($id: ID!, $variants: [ProductVariantsBulkInput!]!, $partial: Boolean) {
  productVariantsBulkUpdate(productId: $id, variants: $variants, allowPartialUpdates: $partial) {
    product { id }
    productVariants { id sku price compareAtPrice updatedAt media(first: 1) { nodes { id } } }
    userErrors { field message code }
  }
}
"""

VARIANTS_CREATE = """
mutation More(
  $id: ID!, $variants: [ProductVariantsBulkInput!]!, $strategy: ProductVariantsBulkCreateStrategy
) {
  productVariantsBulkCreate(productId: $id, variants: $variants, strategy: $strategy) {
    product { id options { name values } variantsCount { count } }
    productVariants { id title inventoryQuantity }
    userErrors { field message code }
  }
}
"""

VARIANTS_DELETE = """
mutation Fewer($id: ID!, $ids: [ID!]!) {
  productVariantsBulkDelete(productId: $id, variantsIds: $ids) {
    product { id options { values } }
    userErrors { field message code }
  }
}
"""

STOCK_SET = """
mutation Count($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup {
      id createdAt reason referenceDocumentUri
      changes { name delta quantityAfterChange item { id } location { id } }
    }
    userErrors { field message code }
  }
}
"""

STOCK_ADJUST = """
mutation Move($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes { name delta } }
    userErrors { field message code }
  }
}
"""

LEVELS = """
query Levels($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on InventoryItem {
      id sku tracked
      inventoryLevels(first: 50) {
        nodes {
          id updatedAt isActive location { id }
          quantities(names: ["available", "on_hand", "committed"]) { name quantity updatedAt }
        }
      }
    }
  }
}
"""

PRODUCTS_PAGE = """
query Page($first: Int!, $after: String, $query: String, $sort: ProductSortKeys) {
  products(first: $first, after: $after, query: $query, sortKey: $sort) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor }
    nodes {
      id legacyResourceId handle title descriptionHtml description(truncateAt: 20) vendor
      productType status tags createdAt updatedAt category { id fullName } onlineStoreUrl
      seo { title description } hasOnlyDefaultVariant totalInventory tracksInventory
      options { id name position optionValues { id name } }
      variantsCount { count precision }
      priceRangeV2 { minVariantPrice { amount currencyCode } }
      variants(first: 10) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id legacyResourceId title displayName sku barcode position price compareAtPrice
          inventoryPolicy taxable updatedAt availableForSale inventoryQuantity
          selectedOptions { name value }
          inventoryItem {
            id tracked requiresShipping duplicateSkuCount unitCost { amount currencyCode }
            measurement { weight { unit value } }
          }
        }
      }
      media(first: 10) {
        nodes { id alt mediaContentType status ... on MediaImage { image { url width height } } }
      }
    }
  }
}
"""

SHOP = """
query Shop {
  shop {
    id name myshopifyDomain email currencyCode ianaTimezone weightUnit taxesIncluded url createdAt
    plan { publicDisplayName shopifyPlus partnerDevelopment }
    primaryDomain { id host url sslEnabled }
    resourceLimits { maxProductVariants maxProductOptions locationLimit }
  }
  currentAppInstallation { id accessScopes { handle } app { id title apiKey } }
  publicApiVersions { handle supported displayName }
}
"""

LOCATIONS = """
query Locations($after: String) {
  locations(first: 100, after: $after, includeInactive: true, includeLegacy: true) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id legacyResourceId name isActive fulfillsOnlineOrders isFulfillmentService deactivatedAt
      address { address1 city zip countryCode }
    }
  }
}
"""

PUBLICATIONS = """
query Publications { publications(first: 50) { nodes { id catalog { id title } autoPublish } } }
"""

PUBLISH = """
mutation Publish($id: ID!, $input: [PublicationInput!]!) {
  publishablePublish(id: $id, input: $input) {
    publishable {
      ... on Product {
        id resourcePublicationsV2(first: 5) { nodes { isPublished publishDate publication { id } } }
      }
    }
    userErrors { field message }
  }
}
"""

UNPUBLISH = """
mutation Unpublish($id: ID!, $input: [PublicationInput!]!) {
  publishableUnpublish(id: $id, input: $input) { userErrors { field message } }
}
"""

PRODUCT_DELETE = """
mutation Remove($id: ID!, $now: Boolean) {
  productDelete(input: { id: $id }, synchronous: $now) {
    deletedProductId
    productDeleteOperation { id status }
    userErrors { field message }
  }
}
"""

PRODUCT_UPDATE = """
mutation Change(
  $identifier: ProductUpdateIdentifiers, $product: ProductUpdateInput, $media: [CreateMediaInput!]
) {
  productUpdate(identifier: $identifier, product: $product, media: $media) {
    product {
      id title handle tags seo { title description } media(first: 5) { nodes { id status } }
    }
    userErrors { field message }
  }
}
"""

OPERATION = """
query Operation($id: ID!) {
  productOperation(id: $id) {
    __typename
    status
    product { id }
    ... on ProductSetOperation { id userErrors { field message code } }
    ... on ProductDeleteOperation { id deletedProductId }
  }
}
"""

BULK_QUERY = """
mutation Export($query: String!, $grouped: Boolean!) {
  bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
    bulkOperation { id status type }
    userErrors { field message code }
  }
}
"""

BULK_POLL = """
query Poll($id: ID!) {
  bulkOperation(id: $id) {
    id type status errorCode createdAt completedAt objectCount rootObjectCount fileSize url
    partialDataUrl
  }
}
"""

BULK_MUTATION = """
mutation Import($mutation: String!, $path: String!, $client: String) {
  bulkOperationRunMutation(
    mutation: $mutation, stagedUploadPath: $path, clientIdentifier: $client
  ) {
    bulkOperation { id status url }
    userErrors { field message code }
  }
}
"""

BULK_CANCEL = """
mutation Stop($id: ID!) {
  bulkOperationCancel(id: $id) { bulkOperation { id status } userErrors { field message } }
}
"""

STAGE = """
mutation Stage($input: [StagedUploadInput!]!) {
  stagedUploadsCreate(input: $input) {
    stagedTargets { url resourceUrl parameters { name value } }
    userErrors { field message }
  }
}
"""

FILE_CREATE = """
mutation Take($files: [FileCreateInput!]!) {
  fileCreate(files: $files) {
    files { id alt fileStatus createdAt fileErrors { code message } }
    userErrors { field message code }
  }
}
"""

FILE_STATUS = """
query Files($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on MediaImage { id status fileStatus mimeType image { url width height altText }
      mediaErrors { code message } }
    ... on GenericFile { id fileStatus url originalFileSize }
  }
}
"""

HOOKS = """
query Hooks($topics: [WebhookSubscriptionTopic!]) {
  webhookSubscriptions(first: 100, topics: $topics) {
    pageInfo { hasNextPage endCursor }
    nodes { id topic uri format includeFields apiVersion { handle } name }
  }
}
"""

HOOK_DROP = """
mutation Drop($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}
"""
