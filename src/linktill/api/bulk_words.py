"""Words and examples for what is done with many links, for the OpenAPI document and the reference page."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

BULK_WORDS: Final[dict[str, str]] = {
    "action": "What was asked for.",
    "done": "With how many of them it was done.",
    "refused": "With how many it was not.",
    "results": "What came of it for each, in the order in which they were named.",
    "is_done": "Was it done?",
}
OF_BULK: Final[dict[tuple[str, str], str]] = {
    ("ControlledLink", "status"): "Where it stands now; null: there is no such link.",
    ("ControlledLink", "message"): "Why it was not done, for people; empty where it was.",
}
BULK_EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "LinkControl": {
            "object": "payment_link_control",
            "action": "pause",
            "done": 1,
            "refused": 1,
            "results": [
                {
                    "payment_link_id": "plink_01kan4s8q2f0vr1w9x3c5e7g9h",
                    "is_done": True,
                    "status": "paused",
                    "message": "",
                },
                {
                    "payment_link_id": "plink_01kan4s8q2f0vr1w9x3c5e7g9k",
                    "is_done": False,
                    "status": "canceled",
                    "message": "A link that is canceled cannot become paused.",
                },
            ],
        },
        "PaymentLinkImport": {
            "object": "payment_link_import",
            "id": "lim_01kan4t3b5d7f9h1k3n5q7s9v1",
            "status": "checked",
            "file_name": "january.csv",
            "rows_count": 120,
            "done_count": 120,
            "ready_count": 118,
            "link_count": 0,
            "existing_count": 0,
            "failed_count": 2,
            "created_by": "key_01kan4k9s1v3x5z7b9d1f3h5k7",
            "created_at": "2026-11-22T10:15:30.123456Z",
            "updated_at": "2026-11-22T10:21:05.654321Z",
        },
        "PaymentLinkImportRow": {
            "object": "payment_link_import_row",
            "row": 17,
            "key": "2030-01/17",
            "status": "failed",
            "payment_link_id": None,
            "url": None,
            "about": "",
            "remark": "",
            "errors": [
                {
                    "column": "amount",
                    "message": "Write the amount with digits and a point, such as 40 or 40.50.",
                }
            ],
        },
    }
)
