// Tells ReturnDesk which order to read again when money moved at Medusa. Copy it to src/subscribers/ of your Medusa
// server and set AFTER_SALES_URL and AFTER_SALES_SECRET there; see docs/connectors/medusa.md.
const { createHmac } = require("node:crypto")

exports.default = async function tellReturnDesk({ event: { name, data }, container }) {
  let orderId = data.id
  if (name === "payment.refunded") {
    const query = container.resolve("query")
    const fields = ["payment_collection.order.id"]
    const { data: [payment] } = await query.graph({ entity: "payment", fields, filters: { id: data.id } })
    orderId = payment?.payment_collection?.order?.id
  }
  if (!orderId) return
  const body = JSON.stringify({ order_id: orderId })
  const time = String(Math.floor(Date.now() / 1000))
  const signature = createHmac("sha256", process.env.AFTER_SALES_SECRET).update(`${time}.${body}`).digest("hex")
  const headers = { "content-type": "application/json", "x-returndesk-time": time, "x-returndesk-signature": signature }
  const url = `${process.env.AFTER_SALES_URL}/connect/medusa/orders`
  const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(5000) })
  if (!answer.ok) container.resolve("logger").warn(`ReturnDesk answered ${answer.status}`)
}

exports.config = { event: ["order.canceled", "payment.refunded"] }
