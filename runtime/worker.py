"""The worker process: `python -m runtime.worker`. Any number of them may run beside each other."""

from __future__ import annotations

import asyncio
import signal
import traceback
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import structlog

from aftersales.services.channel_sending import Outlet
from connectors.webhooks.sender import HttpWebhookSender
from runtime.channel_words import ChannelWords
from runtime.channels import open_channels
from runtime.garbage import spare_what_stays
from runtime.heartbeat import beat
from runtime.jobs import Job, make_handlers, make_jobs
from runtime.logs import configure_logs
from runtime.merchant_jobs import merchant_jobs
from runtime.notifiers import open_mailbox, open_notifier
from runtime.secret_files import load_or_make
from runtime.settings import Settings
from runtime.wiring import make_bot, open_context

GRACE_SECONDS = 1.5  # of the two that a stopping worker has
_BEAT_SECONDS = 1.0

log = structlog.get_logger("returndesk.worker")


async def run_jobs(jobs: Sequence[Job], *, stop: asyncio.Event, data: Path, grace: float = GRACE_SECONDS) -> None:
    """Runs the jobs side by side until `stop` is set; what still runs `grace` seconds later is cut off.

    A cut-off costs nothing: whatever a job was at is found in the database by the next worker.
    """
    pulse = Job("heartbeat", _BEAT_SECONDS, lambda: asyncio.to_thread(beat, data))
    tasks = [asyncio.create_task(_repeat(job, stop), name=job.name) for job in (pulse, *jobs)]
    await stop.wait()
    _, late = await asyncio.wait(tasks, timeout=grace)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(job: Job, stop: asyncio.Event) -> None:
    known = ""
    while not stop.is_set():
        known = await _once(job.run, name=job.name, known=known)
        await _pause(stop, job.every)


async def _once(run: Callable[[], Awaitable[object]], *, name: str, known: str) -> str:
    """The failure's description, "" for none; logged only when it is not the one that is known already.

    Logged are type and place alone: messages of exceptions may hold personal data.
    """
    try:
        await run()
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        failure = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
        if failure != known:
            log.error("job_failed", job=name, failure=failure)
        return failure
    if known:
        log.info("job_recovered", job=name)
    return ""


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


def tell_limits(settings: Settings) -> None:
    """What the person who starts this should know: without a mail server, mails reach nobody."""
    if not settings.demo and not settings.smtp_host:
        log.warning("no_mail_is_sent", hint="guests get no codes; customers are known by site token alone")


async def serve(settings: Settings) -> None:
    """Works until SIGTERM or SIGINT, and is gone within two seconds of it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tell_limits(settings)
    async with (
        HttpWebhookSender(private=settings.webhook_private, local=settings.demo) as sender,
        open_context(settings, short_reads=True) as ctx,
        open_notifier(settings) as notifier,
        open_mailbox(settings) as mailbox,
        open_channels(settings, clock=ctx.clock) as channels,
    ):
        handlers = make_handlers(
            ctx, notifier, shop_name=settings.shop_name, channels=channels, texts=bool(settings.sms_url)
        )
        folder, words = settings.data / "attachments", ChannelWords(ctx.texts, zone=ctx.zone)
        spare_what_stays()
        log.info("worker_started")
        jobs = make_jobs(
            ctx,
            handlers,
            make_bot(settings),
            forget_mails=mailbox.forget_old,
            audit_key=settings.audit_key.get_secret_value().encode(),
            assigns=settings.chat_assignment == "automatic",
            attachments=folder,
            outlets={name: Outlet(channel, words.read, folder) for name, channel in channels.items()},
            more=merchant_jobs(ctx, sender, key=settings.account_key.get_secret_value().encode()),
        )
        await run_jobs(jobs, stop=stop, data=settings.data)
    log.info("worker_stopped")


def main() -> None:
    configure_logs()
    asyncio.run(serve(load_or_make(Settings())))


if __name__ == "__main__":
    main()
