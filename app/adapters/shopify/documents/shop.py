"""The shop itself: facts, places, taxonomy, webhooks, leaving it."""

from typing import Final

from app.adapters.shopify.documents import Document

CATEGORY_SEARCH: Final = Document(
    "CategorySearch",
    "taxonomy",
    """
query CategorySearch($search: String!) {
  taxonomy {
    categories(first: 25, search: $search) { nodes { id fullName } }
  }
}
""",
)

SHOP_INFO: Final = Document(
    "ShopInfo",
    "shop",
    """
query ShopInfo {
  shop {
    id
    name
    myshopifyDomain
    currencyCode
    ianaTimezone
    weightUnit
    plan { publicDisplayName shopifyPlus partnerDevelopment }
    resourceLimits { maxProductVariants maxProductOptions locationLimit }
  }
  currentAppInstallation { id accessScopes { handle } }
}
""",
)

LOCATIONS: Final = Document(
    "Locations",
    "locations",
    """
query Locations($after: String) {
  locations(first: 100, after: $after, includeInactive: true, includeLegacy: true) {
    pageInfo { hasNextPage endCursor }
    nodes { id name isActive fulfillsOnlineOrders isFulfillmentService }
  }
}
""",
)

PUBLICATIONS: Final = Document(
    "Publications",
    "publications",
    """
query Publications {
  publications(first: 50) { nodes { id autoPublish catalog { title } } }
}
""",
)

HOOKS: Final = Document(
    "Hooks",
    "webhookSubscriptions",
    """
query Hooks($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id topic uri format }
  }
}
""",
)

HOOK_ADD: Final = Document(
    "HookAdd",
    "webhookSubscriptionCreate",
    """
mutation HookAdd($topic: WebhookSubscriptionTopic!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {
    webhookSubscription { id topic uri }
    userErrors { field message }
  }
}
""",
)

HOOK_DROP: Final = Document(
    "HookDrop",
    "webhookSubscriptionDelete",
    """
mutation HookDrop($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message }
  }
}
""",
)

UNINSTALL: Final = Document(
    "Uninstall",
    "appUninstall",
    """
mutation Uninstall {
  appUninstall {
    app { id }
    userErrors { field message code }
  }
}
""",
)

ALL: Final = (
    CATEGORY_SEARCH,
    SHOP_INFO,
    LOCATIONS,
    PUBLICATIONS,
    HOOKS,
    HOOK_ADD,
    HOOK_DROP,
    UNINSTALL,
)
