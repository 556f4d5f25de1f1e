"""Customers in WeChat who write to the simulated customer service, and what they see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.connectors.wecom.simulator import WeComSimulator

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Received:
    """What a customer sees: a text with what there is to click, or a picture."""

    text: str = ""
    options: tuple[str, ...] = ()
    picture: bytes = b""
    ids: tuple[str, ...] = ()


@dataclass(slots=True)
class Customer:
    """Somebody with a talk at the customer service account; `state` as of path/94698."""

    wecom: WeComSimulator
    id: str
    state: int = 4
    written_at: float | None = None
    answers: int = 0
    greeted: bool = False
    received: list[Received] = field(default_factory=list)

    async def says(self, text: str, **more: Any) -> None:
        await self.sends("text", text={"content": text, **more})

    async def clicks(self, title: str) -> None:
        """The newest item of that title."""
        for message in reversed(self.received):
            if title in message.options:
                await self.says(title, menu_id=message.ids[message.options.index(title)])
                return
        raise AssertionError(f"there is nothing to click called {title}")

    async def sends_picture(self, content: bytes) -> None:
        await self.sends("image", image={"media_id": self.wecom.keep(content, "image.png")})

    async def sends(self, kind: str, *, hours_ago: float = 0, told: bool = True, **parts: Any) -> None:
        """A message of that kind; `told` False where the call gets lost."""
        at = self.wecom.time() - hours_ago * _HOUR
        if self.state == 4:
            self.state = 0
        self.written_at, self.answers = at, 0
        self.wecom.note(self, at, origin=3, msgtype=kind, **parts)
        if told:
            await self.wecom.call()

    async def enters(self, *, scene: str = "", scene_param: str = "") -> str:
        """Opens the chat; the code with which it may be greeted, "" where it was greeted or wrote lately."""
        recently = self.written_at is not None and self.wecom.time() - self.written_at < 48 * _HOUR
        code = "" if recently or self.greeted else self.wecom.give_code(self)
        told = {"scene": scene, "scene_param": scene_param, **({"welcome_code": code} if code else {})}
        await self.wecom.happens(self, "enter_session", **told)
        return code
