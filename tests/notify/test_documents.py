"""docs/webhooks.md says what the code does."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from linktill.core.events import EventType
from linktill.flows.take_turn import RETRIES_S
from linktill.platform.clock import SystemClock

DOCUMENT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_every_event_is_listed_and_none_else() -> None:
    listed = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", DOCUMENT, re.MULTILINE)
    assert listed == [event_type.value for event_type in EventType]


def test_the_tries_are_those_of_the_table() -> None:
    units = {"s": 1, "min": 60, "h": 3600}
    said = re.search(r"tries again after (.*?), then every 12 h", DOCUMENT)
    assert said is not None
    steps = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)", said[1])]
    assert tuple(steps) == RETRIES_S


def test_the_example_verifies() -> None:
    example = re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    assert example is not None
    secret, kept = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY=", dict[str, Any]()
    names: dict[str, Any] = {"remember": kept.__setitem__}
    exec(example[1].replace("whsec_…", secret), names)
    body, now = b'{"id": "evt_1"}', SystemClock().now_us()
    webhook = Webhook(secret)
    at = datetime.fromtimestamp(now // 1_000_000, UTC)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(now // 1_000_000),
        "webhook-signature": webhook.sign("evt_1", at, body.decode()),
    }
    receive = names["receive"]
    assert receive(headers, body) == 200
    assert kept == {"evt_1": {"id": "evt_1"}}
    assert receive(headers, body + b" ") == 400
