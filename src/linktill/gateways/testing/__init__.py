"""For authors of adapters: the tests that every gateway passes. Nothing of the product imports this; it needs pytest.

An author writes a rig (the vendor as a stand-in, and hands to steer it) and a class that inherits `Suite`; docs/add-a-gateway.md
shows how.
"""

import pytest

# Before they are imported: else a failed assertion of theirs would not show what was compared.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{each}"
        for each in ("answers", "connecting", "holds", "payments", "refunds", "steps", "trouble", "webhooks")
    )
)

from linktill.gateways.testing.rig import Ability, Break, DisputeRig, HoldRig, How, Rig, Wire  # noqa: E402 - after the line above
from linktill.gateways.testing.suite import Suite  # noqa: E402 - after the line above

__all__ = ["Ability", "Break", "DisputeRig", "HoldRig", "How", "Rig", "Suite", "Wire"]
