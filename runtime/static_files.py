"""Files from a folder over HTTP, with an ETag (RFC 9110 §8.8.3) and types of ours."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sanic import HTTPResponse, Request
from sanic.exceptions import NotFound
from sanic.response import redirect

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Folder:
    """Serves the files under `root`; any other ending than those of TYPES does not exist.

    With `sandbox_svg` a picture cannot run scripts when it is
    opened by itself.
    """

    root: Path
    headers: Mapping[str, str] = field(default_factory=dict)
    sandbox_svg: bool = False

    async def page(self, request: Request) -> HTTPResponse:
        """The folder's index.html; without the slash at the end its relative addresses would lead elsewhere."""
        if not request.path.endswith("/"):
            query = f"?{request.query_string}" if request.query_string else ""
            return redirect(f"{request.path}/{query}")
        return await self.file(request, "index.html")

    async def file(self, request: Request, path: str) -> HTTPResponse:
        """One file, and for an empty path the page. Raises NotFound."""
        if not path:
            return await self.page(request)
        file = await asyncio.to_thread(self._find, path)
        content = await asyncio.to_thread(file.read_bytes)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "public, max-age=60, must-revalidate", **self.headers}
        if self.sandbox_svg and file.suffix == ".svg":
            headers["Content-Security-Policy"] = _SANDBOX
        given = request.headers.get("if-none-match", "")
        if tag in (part.strip().removeprefix("W/") for part in given.split(",")):
            return HTTPResponse(status=304, headers=headers)
        return HTTPResponse(content, headers=headers, content_type=TYPES[file.suffix])

    def _find(self, path: str) -> Path:
        """Raises NotFound for everything outside the folder, also by way of links."""
        root = self.root.resolve()
        try:
            file = (root / path).resolve()
            known = file.is_relative_to(root) and file.suffix in TYPES and file.is_file()
        except (OSError, ValueError):
            known = False
        if not known:
            raise NotFound
        return file
