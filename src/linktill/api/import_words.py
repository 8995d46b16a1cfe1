"""Examples of imports, for the OpenAPI document and the reference page."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

IMPORT_EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
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
