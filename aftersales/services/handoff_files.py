"""Files that an agent sends in their chat."""

from __future__ import annotations

from pathlib import Path

from aftersales.domain.accounts import Account
from aftersales.services.attachments import store_attachment
from aftersales.services.context import Context
from aftersales.services.handoff_access import access_chat
from aftersales.services.handoff_talk import write


async def send_file(
    ctx: Context, account: Account, *, folder: Path, conversation_id: str, name: str, content: bytes, key: str
) -> None:
    """Stores the file in `folder` and says it to the customer; once per key.

    Messaging apps take pictures alone (services.channel_pictures): anything else is refused at once there, with
    Invalid("file_no_picture"). Raises as store_attachment and as write.
    """
    async with ctx.unit_of_work() as uow:
        await access_chat(uow, account, conversation_id)
        if await uow.messages.by_client_id(conversation_id, f"agent:{key}", author="agent") is not None:
            return
        in_app = await uow.threads.of_conversation(conversation_id) is not None
    attachment = await store_attachment(
        ctx,
        folder=folder,
        conversation_id=conversation_id,
        name=name,
        content=content,
        is_evidence=False,
        pictures_only=in_app,
    )
    await write(ctx, account, conversation_id=conversation_id, text="", key=key, attachment_ids=[attachment.id])
