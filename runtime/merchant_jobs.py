"""What the worker does for the merchant's own systems."""

from __future__ import annotations

from aftersales.ports import WebhookSender
from aftersales.services.context import Context
from aftersales.services.idempotency import forget_answers
from aftersales.services.webhook_deliveries import forget_deliveries, send_due, write_deliveries
from runtime.jobs import Job
from runtime.snapshots import describe


def merchant_jobs(ctx: Context, sender: WebhookSender, *, key: bytes) -> list[Job]:
    """`key` is that under which the secrets of webhooks are encrypted."""
    return [
        Job("write_webhooks", 0.5, lambda: write_deliveries(ctx, describe)),
        Job("send_webhooks", 0.5, lambda: send_due(ctx, sender, key=key)),
        Job("forget_webhooks", 3600.0, lambda: forget_deliveries(ctx)),
        Job("forget_answers", 3600.0, lambda: forget_answers(ctx)),
    ]
