"""What Square sent to the merchant's bank, as the fake lists it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class SquarePayouts:
    """All that were ever made, oldest first. At most two on a page, so that tests see several."""

    made: list[dict[str, Any]] = field(default_factory=list)

    def make(self, amount: int, at: str, *, location_id: str = "LOCATION1") -> dict[str, Any]:
        """On its way since then."""
        payout = {
            "id": f"po_{len(self.made) + 1:05}",
            "status": "SENT",
            "location_id": location_id,
            "created_at": at,
            "updated_at": at,
            "amount_money": {"amount": amount, "currency": "USD"},
            "destination": {"type": "BANK_ACCOUNT", "id": "bact:1"},
            "version": 1,
            "type": "BATCH",
            "payout_fee": [],
            "arrival_date": "2026-11-24",
            "end_to_end_id": "L2100000005",
        }
        self.made.append(payout)
        return payout

    def listed(self, query: dict[str, Any]) -> dict[str, Any]:
        """GET /v2/payouts."""
        assert query["sort_order"] == "ASC"
        found = [
            each
            for each in self.made
            if each["location_id"] == query["location_id"] and each["created_at"] >= query["begin_time"]
        ]
        start, limit = int(query.get("cursor", "0")), min(2, int(query["limit"]))
        more = {"cursor": str(start + limit)} if start + limit < len(found) else {}
        return {"payouts": found[start : start + limit], **more}
