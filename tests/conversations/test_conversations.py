"""The scripted dialogues, on the running service; each looks at what the database holds in the end."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, wait

import pytest

from tests.conversations.play import play
from tests.conversations.script import Script, scripts
from tests.services_at_work import Service


@pytest.mark.parametrize("script", [pytest.param(script, id=script.id) for script in scripts()])
def test_a_dialogue_ends_as_its_script_says(
    script: Script, shop: Service, serials: dict[str, int], played: Mapping[str, Future[None]]
) -> None:
    if script.kills:
        wait(played.values())
        play(shop, script, serial=serials[script.id])
    else:
        played[script.id].result()
