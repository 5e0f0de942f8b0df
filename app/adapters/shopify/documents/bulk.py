"""Bulk exports: begun, looked at, and the query they run."""

from typing import Final

from app.adapters.shopify.documents import Document

EXPORT: Final = Document(
    "BulkExport",
    "bulkOperationRunQuery",
    """
mutation BulkExport($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation { id status }
    userErrors { field message code }
  }
}
""",
)

POLL: Final = Document(
    "BulkPoll",
    "bulkOperation",
    """
query BulkPoll($id: ID!) {
  bulkOperation(id: $id) {
    id
    status
    errorCode
    objectCount
    rootObjectCount
    fileSize
    url
    partialDataUrl
  }
}
""",
)

# The string argument of EXPORT: bulk queries take no variables. Products → variants → media
# is as deep as connections may be nested.
CATALOGUE: Final = """
{
  products(query: "%(query)s") {
    edges {
      node {
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
        %(published)s
        category { id fullName }
        options { name position optionValues { name } }
        ourKey: metafield(key: "syncstore_id") { value }
        attributes: metafield(key: "syncstore_attributes") { value }
        variants {
          edges {
            node {
              id
              sku
              barcode
              price
              compareAtPrice
              inventoryPolicy
              updatedAt
              selectedOptions { name value }
              ourKey: metafield(key: "syncstore_id") { value }
              media { edges { node { id } } }
              inventoryItem {
                id
                tracked
                measurement { weight { unit value } }
                %(levels)s
              }
            }
          }
        }
        media {
          edges {
            node { id alt mediaContentType status ... on MediaImage { image { url } } }
          }
        }
      }
    }
  }
}
"""
LEVEL: Final = (
    '%s: inventoryLevel(locationId: "%s")'
    ' { updatedAt quantities(names: ["available"]) { name quantity updatedAt } }'
)
PUBLISHED: Final = 'isPublished: publishedOnPublication(publicationId: "%s")'

ALL: Final = (EXPORT, POLL)
