"""What the last verification found, remembered in Redis so that the officer's page can say it. Not itself a proof."""

import json
from dataclasses import dataclass
from datetime import datetime

from compliance.findings import Report
from server.house import House

KEY = "titrate:last-verification"


@dataclass(frozen=True, slots=True)
class Known:
    """Up to which entry the log was compared, when, and how many things were found."""

    entry: int | None
    at: datetime
    findings: int


async def keep(house: House, report: Report, at: datetime) -> None:
    """Remember a verification."""
    body = {"entry": report.anchored_entry_id, "at": at.isoformat(), "findings": len(report.findings) + report.more}
    await house.redis.set(KEY, json.dumps(body))


async def last(house: House) -> Known | None:
    """The last one; None: never, or Redis forgot."""
    text = await house.redis.get(KEY)
    if text is None:
        return None
    body = json.loads(text)
    return Known(body["entry"], datetime.fromisoformat(body["at"]), body["findings"])
