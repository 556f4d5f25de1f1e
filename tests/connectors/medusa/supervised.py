"""A server process that is started again when it ends by itself, as whoever runs a shop sees to it.

A test run once found nobody there any more in the middle of fifty refunds; why was not seen. What the server last
said is printed now, and whoever talks to it meanwhile meets what a shop's customers would: nobody there, then the
shop as its database left it.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_PAUSE = 1.0  # seconds before it is started again
_GRACE = 10.0  # seconds that it has for going when it is told to
_LAST_WORDS = 6000  # characters


@contextmanager
def kept_running(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path
) -> Iterator[None]:
    """Runs the command in the folder until the context ends; all that it says goes to the end of `log`."""
    supervisor = _Supervisor(command, folder, environment, log)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield
    finally:
        supervisor.stop()
        thread.join()


class _Supervisor:
    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path) -> None:
        self._command, self._folder, self._environment, self._log = command, folder, environment, log
        self._stopping = threading.Event()

    def run(self) -> None:
        with self._log.open("a", encoding="utf8") as lines:
            while not self._stopping.is_set():
                with subprocess.Popen(
                    self._command,
                    cwd=self._folder,
                    env=self._environment,
                    stdout=lines,
                    stderr=subprocess.STDOUT,
                ) as server:
                    self._until_it_ends(server)
                self._stopping.wait(_PAUSE)

    def stop(self) -> None:
        self._stopping.set()

    def _until_it_ends(self, server: subprocess.Popen[bytes]) -> None:
        while server.poll() is None and not self._stopping.wait(0.1):
            pass
        if server.poll() is None:
            server.terminate()
            try:
                server.wait(_GRACE)
            except subprocess.TimeoutExpired:
                server.kill()
        else:
            last = self._log.read_text(encoding="utf8")[-_LAST_WORDS:]
            print(
                f"Medusa ended by itself ({server.returncode}), started again. It last said:\n{last}", flush=True
            )
