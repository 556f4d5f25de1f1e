"""The API's documentation as a page of our own, made from openapi.yml: no scripts, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import html, raw

from runtime.static_files import Folder

_HERE = Path(__file__).parent


def load_description() -> dict[str, Any]:
    """The OpenAPI document."""
    text = (_HERE / "openapi.yml").read_text(encoding="utf8")
    document: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return document


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every operation with its method and path, references to parameters and answers resolved."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            parameters = [resolved(document, parameter) for parameter in operation.get("parameters", ())]
            yield {**operation, "method": method.upper(), "path": path, "parameters": parameters}


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The node, or what its $ref points to."""
    reference = node.get("$ref")
    if reference is None:
        return node
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return resolved(document, found)


def type_of(schema: dict[str, Any]) -> str:
    """A schema in a few words: the name it refers to, a list of something, or its type."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if schema.get("type") == "array":
        return f"[{type_of(schema.get('items', {}))}]"
    if "enum" in schema:
        return " | ".join("null" if value is None else value for value in schema["enum"])
    kind = schema.get("type", "object")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)


def schema_of(part: dict[str, Any]) -> dict[str, Any]:
    """The schema of a body or an answer; empty when it has none."""
    for media in part.get("content", {}).values():
        return dict(media.get("schema", {}))
    return {}


def render_page(document: dict[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(type_of=type_of, schema_of=schema_of)
    return environment.get_template("page.html").render(document=document, operations=list(operations(document)))


@cache
def shipped_page() -> str:
    """Of the shipped document, made once in a process."""
    return render_page(load_description())


def docs_blueprint() -> Blueprint:
    """/api-docs/: the page, its stylesheet and the document itself."""
    page = shipped_page()
    description = (_HERE / "openapi.yml").read_bytes()
    blueprint = Blueprint("api_docs", url_prefix="/api-docs")
    files = Folder(_HERE)

    @blueprint.get("/")
    async def index(_request: Request) -> HTTPResponse:
        return html(page, headers={"Cache-Control": "public, max-age=60"})

    @blueprint.get("/docs.css")
    async def style(request: Request) -> HTTPResponse:
        return await files.file(request, "docs.css")

    @blueprint.get("/openapi.yml")
    async def openapi(_request: Request) -> HTTPResponse:
        return raw(description, content_type="application/yaml", headers={"Cache-Control": "public, max-age=60"})

    return blueprint
