"""Orders for one test alone, brought in by the shop import as a merchant would."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from runtime.places import ROOT
from tests import shop_data
from tests.services_at_work import OUTER, Service


def give_order(service: Service, folder: Path, *, customer: str, tail: int, language: str = "en") -> str:
    """A delivered order of one pair of shoes (399.00) for a new customer; returns its number."""
    sent = datetime.now(UTC) - timedelta(days=2)
    number = f"RD{sent:%Y%m%d}{tail:05d}"
    name = f"kit-{customer}"
    order: dict[str, Any] = {
        "number": number,
        "customer_id": customer,
        "placed_at": (sent - timedelta(days=1)).isoformat(),
        "total": "409.00",
        "lines": [shop_data.line(f"{name}-a")],
        "fulfilments": [
            {
                "id": f"{name}-f",
                "carrier": "SF Express",
                "tracking_number": f"SF{tail}",
                "shipped_at": sent.isoformat(),
                "delivered_at": (sent + timedelta(days=1)).isoformat(),
                "lines": [{"line_id": f"{name}-a", "quantity": 1}],
            }
        ],
        "payments": [{"id": f"{name}-p", "provider": "wechat_pay", "captured": "409.00"}],
    }
    records = [
        shop_data.customer(customer, language=language),
        shop_data.product(tags=[], image=_picture(service)),
        shop_data.order(name, **order),
    ]
    import_records(service, folder / f"{name}.jsonl", records)
    return number


def give_unsent_order(service: Service, folder: Path, *, customer: str, tail: int, language: str = "en") -> str:
    """An order of one pair of shoes (399.00) and postage that was not sent yet; returns its number."""
    placed = datetime.now(UTC) - timedelta(hours=2)
    name, number = f"kit-{customer}", f"RD{placed:%Y%m%d}{tail:05d}"
    order: dict[str, Any] = {
        "number": number,
        "customer_id": customer,
        "placed_at": placed.isoformat(),
        "total": "409.00",
        "lines": [shop_data.line(f"{name}-a", fulfilled=0)],
        "fulfilments": [],
        "payments": [{"id": f"{name}-p", "provider": "wechat_pay", "captured": "409.00"}],
    }
    records = [
        shop_data.customer(customer, language=language),
        shop_data.product(tags=[], image=_picture(service)),
        shop_data.order(name, **order),
    ]
    import_records(service, folder / f"{name}.jsonl", records)
    return number


def _picture(service: Service) -> str:
    """One that is there: the shop's page, which other tests look at, shows these goods too."""
    goods = httpx.get(f"{service.url}/demo/api/products").raise_for_status().json()
    return str(goods[0]["image"])


def import_records(service: Service, file: Path, records: list[dict[str, Any]]) -> None:
    file.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf8")
    done = run_cli(service, "shop", "import", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


def run_cli(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line of the service, on its data folder."""
    settings = {
        "RETURNDESK_DATA": str(service.data),
        "RETURNDESK_DATABASE_URL": service.database_url,
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
    }
    return subprocess.run(
        [sys.executable, "-m", "runtime.cli", *arguments],
        env=OUTER | settings,
        cwd=file_home(service),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def file_home(service: Service) -> Path:
    return service.data.parent
