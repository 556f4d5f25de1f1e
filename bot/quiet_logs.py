"""Keeps customers' words out of the bot's log: no local variables, no statement parameters."""

import logging
import traceback

import structlog


def install() -> None:
    """Replaces Rasa's rendering of exceptions, which prints the local variables of every frame."""
    processors = [
        structlog.processors.format_exc_info if step is structlog.processors.dict_tracebacks else step
        for step in structlog.get_config()["processors"]
    ]
    structlog.configure(processors=processors)


def log_failure(logger: logging.Logger, what: str, error: BaseException) -> None:
    """Type and stack of an error; its text may hold what a customer wrote (SQL errors hold their parameters)."""
    stack = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s: %s\n%s", what, type(error).__name__, stack)
