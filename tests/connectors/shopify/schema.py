"""`make test-shopify`: Shopify's own schema, out of an npm package, and the tests that need it.

The schema is not kept with this project. The package stays in the folder that is given; it is checked by its hash.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
from base64 import b64encode
from pathlib import Path
from typing import Any

from connectors.shopify.client import API_VERSION
from tests.project_data import ROOT

VARIABLE = "RETURNDESK_TEST_SHOPIFY_SCHEMA"
_PACKAGE, _VERSION = "@shopify/dev-mcp", "1.16.0"
_INTEGRITY = "tqgRnK7sQhjew+htxtleTH23nXB5fZcsrhWgEkomsorGXvLOB2mh2upwZm8uzuTDNTZnqtLMe64yIwh6s2awtw=="
_MEMBER = f"package/dist/data/admin_{API_VERSION}.json.gz"


def main(folder: Path, arguments: list[str]) -> int:
    """The exit status of pytest, which is given the arguments."""
    schema = fetch(folder)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-m",
        "shopify_schema",
        "tests/connectors/shopify",
        *arguments,
    ]
    return subprocess.run(command, cwd=ROOT, env=os.environ | {VARIABLE: str(schema)}, check=False).returncode


def fetch(folder: Path) -> Path:
    """The file of the schema. Raises SystemExit for a package with another hash."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"shopify-dev-mcp-{_VERSION}.tgz"
    if not archive.exists():
        subprocess.run(
            ["npm", "pack", "--silent", f"{_PACKAGE}@{_VERSION}"], cwd=folder, check=True, stdout=sys.stderr
        )
    if b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != _INTEGRITY:
        raise SystemExit(f"{archive} is not the package that is meant: remove it")
    schema = folder / f"admin_{API_VERSION}.json.gz"
    with tarfile.open(archive) as package:
        member = package.extractfile(_MEMBER)
        if member is None:
            raise SystemExit(f"{archive} holds no schema of {API_VERSION}")
        schema.write_bytes(member.read())
    return schema.resolve()


def introspection() -> Any:
    """What the file that the variable names tells of the schema; KeyError where it is not set."""
    return json.loads(gzip.decompress(Path(os.environ[VARIABLE]).read_bytes()))["data"]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
