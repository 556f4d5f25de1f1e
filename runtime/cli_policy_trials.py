"""`returndesk policy explain` and `rehearse`: what rules say about an order, and what new ones would change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from aftersales.domain.errors import NotFound, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.policy_rehearsal import Rehearsal, Trial, Verdict
from aftersales.domain.policy_words import money_words
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Wish
from aftersales.domain.texts import LANGUAGES, Language
from aftersales.services.policy_trials import Explained, explain_order
from aftersales.services.policy_trials import rehearse as rehearse_returns
from runtime.cli_policy_files import read_or_fail
from runtime.problems import read_settings
from runtime.wiring import open_context

Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


def explain(
    order: Annotated[str, typer.Argument(help="The order's number.")],
    reason: Annotated[Reason, typer.Option(help="Why it comes back.")] = Reason.NO_LONGER_NEEDED,
    remedy: Annotated[Remedy, typer.Option(help="What is wished for.")] = Remedy.RETURN,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The day; without it today.")
    ] = None,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Tell what the rules say about each line of an order: the facts, every check, and what would change it."""
    if language not in LANGUAGES:
        raise typer.BadParameter(language, param_hint="--language")
    found = asyncio.run(_explain(order, reason, remedy, day))
    for line in explained_words(*found, language="zh" if language == "zh" else "en"):
        typer.echo(line)


def rehearse(
    file: Annotated[Path, typer.Argument(help="The new policy.")],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many of the newest returns.")] = 1000,
    as_json: Json = False,
) -> None:
    """Run past returns through a new policy: which verdicts flip and what money differs, by rule."""
    found = asyncio.run(_rehearse(file, limit))
    if as_json:
        typer.echo(json.dumps(rehearsal_json(found), ensure_ascii=False, indent=2))
        return
    console = Console()
    skipped = f", {found.skipped} skipped (their order is gone)" if found.skipped else ""
    console.print(f"{found.version}: {len(found.changed)} of {len(found.trials)} returns would change{skipped}")
    console.print(f"paid back: {difference_words(found.difference())}")
    if found.changed:
        console.print(_effects(found), _changes(found))


async def _explain(
    number: str, reason: Reason, remedy: Remedy, day: datetime | None
) -> tuple[Order, list[Explained]]:
    async with open_context(read_settings(), watches=False) as ctx:
        today = day.date() if day else ctx.today()
        try:
            order, lines = await explain_order(
                ctx, number=number, reason=reason, wish=Wish(remedy=remedy), today=today
            )
        except NotFound:
            raise _failed(f"{number}: there is no such order") from None
        except Unavailable:
            raise _failed("the shop cannot be reached") from None
    return order, list(lines)


async def _rehearse(file: Path, limit: int) -> Rehearsal:
    policy = read_or_fail(file)
    async with open_context(read_settings(), watches=False) as ctx:
        try:
            return await rehearse_returns(ctx, policy=policy, limit=limit)
        except Unavailable:
            raise _failed("the shop cannot be reached") from None


def _failed(reason: str) -> typer.Exit:
    typer.echo(reason, err=True)
    return typer.Exit(1)


def explained_words(order: Order, lines: list[Explained], *, language: Language) -> Iterator[str]:
    """The lines of the report."""
    for explained in lines:
        case, decision = explained.case, explained.quote.decision
        yield f"{order.number}  {case.line.title.of(language)} ×{case.quantity}  ({case.today})"
        yield f"  {facts_words(explained)}"
        outcome = "allowed" if decision.allowed else "refused"
        person = ", by a person" if decision.needs_human else ""
        amount = money_words(decision.amount).of(language)
        yield f"  {outcome}{person}: {decision.rule_id}, {amount}, policy {decision.version}"
        for check in decision.checks:
            mark = "✓" if check.passed else "✗" if check.required else "–"
            yield f"    {mark} {check.id}  {check.text.of(language)}"
        for term in decision.terms:
            yield f"    · {term.id}  {term.text.of(language)}"
        for other in decision.alternatives:
            yield f"    → {other.id}  {other.text.of(language)}"


def facts_words(explained: Explained) -> str:
    """What the conditions of rules look at."""
    bought = explained.case.purchase
    facts = {
        "category": bought.category,
        "tags": " ".join(sorted(bought.tags)),
        "channel": bought.channel,
        "country": bought.country,
        "segments": " ".join(sorted(bought.segments)),
        "price": f"{bought.unit.decimal()} {bought.unit.currency}",
        "bought": str(bought.bought),
        "delivered": str(explained.case.delivered_day or ""),
        "reason": explained.case.reason.value,
    }
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value)


def difference_words(difference: Mapping[str, Money]) -> str:
    words = [f"{'+' if money.minor > 0 else ''}{money.decimal()} {code}" for code, money in difference.items()]
    return ", ".join(words) or "no difference"


def _effects(found: Rehearsal) -> Table:
    table = Table("rule that decides", "verdict", "returns", "paid back", title="By rule")
    for effect in found.effects():
        verdict = f"{effect.before} → {effect.after}"
        table.add_row(effect.rule_id, verdict, str(effect.returns), difference_words(effect.difference))
    return table


def _changes(found: Rehearsal) -> Table:
    table = Table("return", "before", "after", "paid back", title="Returns that would change")
    for trial in found.changed:
        before, after = (f"{v.outcome}: {v.rule_id}" for v in (trial.before, trial.after))
        currency = trial.difference.currency
        table.add_row(trial.number, before, after, difference_words({currency: trial.difference}))
    return table


def rehearsal_json(found: Rehearsal) -> dict[str, Any]:
    return {
        "version": found.version,
        "returns": len(found.trials),
        "skipped": found.skipped,
        "difference": _amounts(found.difference()),
        "rules": [
            {
                "rule": effect.rule_id,
                "before": effect.before,
                "after": effect.after,
                "returns": effect.returns,
                "difference": _amounts(effect.difference),
            }
            for effect in found.effects()
        ],
        "changed": [_trial(trial) for trial in found.changed],
    }


def _amounts(difference: Mapping[str, Money]) -> dict[str, str]:
    return {code: money.decimal() for code, money in difference.items()}


def _trial(trial: Trial) -> dict[str, Any]:
    return {"return": trial.number, "before": _verdict(trial.before), "after": _verdict(trial.after)}


def _verdict(verdict: Verdict) -> dict[str, str]:
    return {
        "outcome": verdict.outcome,
        "rule": verdict.rule_id,
        "amount": verdict.amount.decimal(),
        "currency": verdict.amount.currency,
        "version": verdict.version,
    }
