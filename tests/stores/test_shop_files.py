"""Shop files, before anything is known about what they hold."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from aftersales.stores.shop_files import DOCUMENT_LIMIT, ShopFileError, read_records


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    cases: dict[str, tuple[bytes, str]] = {
        "shop.csv": (b"", "must end in"),
        "broken.json": (b"{", "no JSON"),
        "list.json": (b"[]", "must be an object of lists"),
        "other.json": (b'{"people": []}', "unknown section 'people'"),
        "large.json": (b" " * (DOCUMENT_LIMIT + 1), "20 MB"),
        "long.jsonl": (b"x" * 1_100_000, "line 1: longer than"),
        "plain.jsonl.gz": (b"{}", "plain.jsonl.gz"),
        "cut.jsonl.gz": (gzip.compress(b"{}" * 1000)[:20], "cut.jsonl.gz"),
    }
    for name, (content, reason) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ShopFileError, match=reason):
            list(read_records(tmp_path / name))
    with pytest.raises(ShopFileError, match=r"missing\.json"):
        list(read_records(tmp_path / "missing.json"))


def test_places_in_a_document_are_paths(tmp_path: Path) -> None:
    path = tmp_path / "shop.json"
    path.write_text(json.dumps({"orders": [{"id": "o1"}], "customers": [{"id": "c1"}, 7]}))
    read: list[int] = []
    records = list(read_records(path, on_bytes=read.append))
    assert [record.place for record in records] == ["customers[0]", "customers[1]", "orders[0]"]
    assert json.loads(records[2].json) == {"type": "order", "id": "o1"}
    assert read == [path.stat().st_size]
