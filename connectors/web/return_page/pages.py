"""The page that a return's link leads to, in words: what goes back, where it stands, what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aftersales.domain.money import Money
from aftersales.domain.remedies import Remedy
from aftersales.domain.texts import Language
from aftersales.services.return_timeline import Goods, ReturnTimeline
from connectors.web.signed_pages.common import Pages
from runtime import formats

_HERE = Path(__file__).parent
_TAIL = 5  # of an order's number: enough for its customer, and nobody else's business
_TROUBLED = frozenset({"refund_trouble", "rejected", "sold_out"})


class ReturnPages(Pages):
    """`zone` is the shop's."""

    def __init__(self, *, zone: ZoneInfo) -> None:
        super().__init__(_HERE)
        self._zone = zone

    def status(self, timeline: ReturnTimeline, language: Language) -> str:
        def moment(at: datetime) -> str:
            return formats.moment(at, language, self._zone)

        def money(amount: Money) -> str:
            return formats.money(amount, language)

        view, item = timeline.view, timeline.view.item
        return self.render(
            "return.html",
            language,
            timeline=timeline,
            item=item,
            order=item.order_number[-_TAIL:],
            state=self._chosen("states", item.state.value, item.remedy, language),
            next=self._chosen("next_steps", view.next_step, item.remedy, language),
            due=formats.day(view.due, language) if view.due else "",
            is_troubled=view.next_step in _TROUBLED,
            pay_link=_pay_link(timeline),
            amounts=list(self._amounts(timeline, language)),
            goods=[(self._named(goods, language), goods) for goods in timeline.goods],
            moment=moment,
            money=money,
        )

    def _chosen(self, part: str, name: str, remedy: Remedy, language: Language) -> str:
        """The words for this remedy where it has its own."""
        words = self.words[language][part]
        return str(words.get(f"{name}_{remedy.value}", words[name]))

    def _named(self, goods: Goods, language: Language) -> str:
        if goods.title is None:
            return str(self.words[language]["goods_of_order"])
        options = goods.options.of(language)
        return f"{goods.title.of(language)} ({options})" if options else goods.title.of(language)

    def _amounts(self, timeline: ReturnTimeline, language: Language) -> Iterator[tuple[str, str]]:
        """(name, amount) of what moves and what was kept; nothing that is zero."""
        item, words = timeline.view.item, self.words[language]["amounts"]
        for name, amount in (
            ("to_pay", item.to_pay),
            ("fee", item.fee),
            ("deducted", item.deducted),
            ("back", timeline.view.paid_back),
        ):
            if amount:
                yield str(words[name]), formats.money(amount, language)


def _pay_link(timeline: ReturnTimeline) -> str:
    link = timeline.view.item.payment_link or ""
    wanted = timeline.view.next_step == "pay_difference" and link.startswith(("https://", "http://"))
    return link if wanted else ""
