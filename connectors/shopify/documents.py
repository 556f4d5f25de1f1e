"""The GraphQL documents that Shopify is asked, each below 1,000 points of calculated cost (its limit for a query).

`make test-shopify` validates every one of them against Shopify's own schema. Amounts are asked for in the currency
that the customer saw and paid in (presentmentMoney).
"""

from __future__ import annotations

_MONEY = "presentmentMoney { amount currencyCode }"

_CUSTOMER = """
  id firstName lastName locale tags
  defaultEmailAddress { emailAddress }
  defaultPhoneNumber { phoneNumber }
"""

_LINES = f"""
  pageInfo {{ hasNextPage endCursor }}
  nodes {{
    id title variantTitle sku quantity currentQuantity unfulfilledQuantity
    image {{ url }}
    product {{ id productType tags }}
    variant {{ id }}
    originalUnitPriceSet {{ {_MONEY} }}
    discountAllocations {{ allocatedAmountSet {{ {_MONEY} }} }}
    taxLines {{ priceSet {{ {_MONEY} }} }}
  }}
"""

_PACKED = """
  pageInfo { hasNextPage endCursor }
  nodes { id quantity lineItem { id } }
"""

_TRANSACTION = f"""
  id kind status gateway manualPaymentGateway processedAt
  amountSet {{ {_MONEY} }}
  parentTransaction {{ id }}
"""

HEALTH = "query Health { shop { id } }"
SHOP_CURRENCY = "query ShopCurrency { shop { currencyCode } }"
JOB = "query Job($id: ID!) { job(id: $id) { id done } }"
CUSTOMER = f"query Customer($id: ID!) {{ customer(id: $id) {{ {_CUSTOMER} }} }}"

ORDERS_BY_NAME = """
query OrdersByName($query: String!, $after: String) {
  orders(first: 50, after: $after, query: $query) {
    pageInfo { hasNextPage endCursor }
    nodes { id name }
  }
}
"""

ORDERS_OF_CUSTOMER = """
query OrdersOfCustomer($query: String!, $after: String) {
  orders(first: 50, after: $after, query: $query, sortKey: PROCESSED_AT, reverse: true) {
    pageInfo { hasNextPage endCursor }
    nodes { id customer { id } }
  }
}
"""

ORDER = f"""
query Order($id: ID!) {{
  order(id: $id) {{
    id name processedAt cancelledAt customerLocale sourceName taxesIncluded presentmentCurrencyCode
    cancellation {{ staffNote }}
    totalPriceSet {{ {_MONEY} }}
    customer {{ {_CUSTOMER} }}
    shippingAddress {{
      firstName lastName phone address1 address2 city province zip countryCodeV2
    }}
    shippingLines(first: 5) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        discountedPriceSet {{ {_MONEY} }}
        taxLines {{ priceSet {{ {_MONEY} }} }}
      }}
    }}
    lineItems(first: 30) {{ {_LINES} }}
    transactions(first: 50) {{ {_TRANSACTION} }}
    transactionsCount {{ count }}
    fulfillmentsCount {{ count }}
  }}
}}
"""

ORDER_LINES = f"""
query OrderLines($id: ID!, $after: String) {{
  order(id: $id) {{ lineItems(first: 50, after: $after) {{ {_LINES} }} }}
}}
"""

ORDER_GOODS = f"""
query OrderGoods($id: ID!) {{
  order(id: $id) {{
    fulfillments(first: 10) {{
      id status createdAt deliveredAt
      trackingInfo(first: 1) {{ company number }}
      fulfillmentLineItems(first: 20) {{ {_PACKED} }}
    }}
    returns(first: 20) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ id status }}
    }}
  }}
}}
"""

FULFILLMENT_LINES = f"""
query FulfillmentLines($id: ID!, $after: String) {{
  fulfillment(id: $id) {{ fulfillmentLineItems(first: 100, after: $after) {{ {_PACKED} }} }}
}}
"""

ORDER_RETURNS = """
query OrderReturns($id: ID!, $after: String) {
  order(id: $id) {
    returns(first: 50, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id status }
    }
  }
}
"""

RETURNABLE = """
query Returnable($id: ID!, $after: String) {
  returnableFulfillments(orderId: $id, first: 5, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id
      returnableFulfillmentLineItems(first: 50) {
        pageInfo { hasNextPage endCursor }
        nodes { quantity fulfillmentLineItem { id lineItem { id } } }
      }
    }
  }
}
"""

RETURNABLE_LINES = """
query ReturnableLines($id: ID!, $after: String) {
  returnableFulfillment(id: $id) {
    returnableFulfillmentLineItems(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { quantity fulfillmentLineItem { id lineItem { id } } }
    }
  }
}
"""

RETURN = """
query Return($id: ID!) {
  return(id: $id) {
    id status
    order { id }
    returnLineItems(first: 50) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id quantity processedQuantity unprocessedQuantity returnReasonNote
        ... on ReturnLineItem { fulfillmentLineItem { id lineItem { id } } }
      }
    }
    reverseFulfillmentOrders(first: 4) {
      pageInfo { hasNextPage endCursor }
      nodes {
        lineItems(first: 50) {
          pageInfo { hasNextPage endCursor }
          nodes { id totalQuantity fulfillmentLineItem { id } dispositions { type quantity } }
        }
      }
    }
  }
}
"""

FULFILLMENT_PLACE = """
query FulfillmentPlace($id: ID!) {
  order(id: $id) { fulfillments(first: 50) { status location { id } } }
}
"""

PRODUCT = """
query Product($id: ID!, $after: String) {
  product(id: $id) {
    id title status
    featuredMedia { preview { image { url } } }
    variants(first: 100, after: $after, sortKey: POSITION) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id sku title price inventoryQuantity inventoryPolicy
        inventoryItem { tracked }
        media(first: 1) { nodes { preview { image { url } } } }
      }
    }
  }
}
"""

PAYMENT = f"""
query Payment($id: ID!) {{
  node(id: $id) {{
    ... on OrderTransaction {{
      id
      order {{
        id presentmentCurrencyCode
        transactions(first: 50) {{ {_TRANSACTION} }}
        transactionsCount {{ count }}
        refunds(first: 50) {{
          id note
          transactions(first: 2) {{
            nodes {{ id kind status amountSet {{ {_MONEY} }} parentTransaction {{ id }} }}
          }}
        }}
      }}
    }}
  }}
}}
"""

ADDRESS_MARK = """
query AddressMark($id: ID!, $key: String!) {
  order(id: $id) { id metafield(namespace: "returndesk", key: $key) { value } }
}
"""

REFUND_CREATE = """
mutation RefundCreate($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id }
    userErrors { field message }
  }
}
"""

RETURN_CREATE = """
mutation ReturnCreate($input: ReturnInput!) {
  returnCreate(returnInput: $input) {
    return { id }
    userErrors { code field message }
  }
}
"""

RETURN_CANCEL = """
mutation ReturnCancel($id: ID!) {
  returnCancel(id: $id) {
    return { id status }
    userErrors { code field message }
  }
}
"""

RETURN_PROCESS = """
mutation ReturnProcess($input: ReturnProcessInput!) {
  returnProcess(input: $input) {
    return { id status }
    userErrors { code field message }
  }
}
"""

ORDER_CANCEL = """
mutation OrderCancel($id: ID!, $note: String!) {
  orderCancel(
    orderId: $id, reason: CUSTOMER, restock: true, notifyCustomer: false, staffNote: $note,
    refundMethod: { originalPaymentMethodsRefund: false }
  ) {
    job { id done }
    orderCancelUserErrors { code field message }
  }
}
"""

ORDER_UPDATE = """
mutation OrderUpdate($input: OrderInput!) {
  orderUpdate(input: $input) {
    order { id }
    userErrors { field message }
  }
}
"""

ALL = (
    *(HEALTH, SHOP_CURRENCY, JOB, CUSTOMER, ORDERS_BY_NAME, ORDERS_OF_CUSTOMER, ORDER, ORDER_LINES, ORDER_GOODS),
    *(
        FULFILLMENT_LINES,
        ORDER_RETURNS,
        RETURNABLE,
        RETURNABLE_LINES,
        RETURN,
        FULFILLMENT_PLACE,
        PRODUCT,
        PAYMENT,
        ADDRESS_MARK,
    ),
    *(REFUND_CREATE, RETURN_CREATE, RETURN_CANCEL, RETURN_PROCESS, ORDER_CANCEL, ORDER_UPDATE),
)
