"""What a person reads when the demo is up: where to go and what to try."""

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.text import Text

_LABELS: Final = (
    ("dashboard_url", "Dashboard"),
    ("email", "  e-mail"),
    ("password", "  password"),
    ("payment_link_url", "A link to pay"),
    ("api_key", "API key"),
)
_STEPS: Final = (
    "1. Open the link to pay and press Pay.",
    "2. Pay with 4242 4242 4242 4242, any date in the future, any three digits.",
    "3. Sign in to the dashboard: the payment, its receipt and the books are there.",
)


def welcome(story: Mapping[str, str], *, is_thrown_away: bool) -> None:
    """Prints it. No frame, and one line each whatever the width: people select and copy them, and an API key is long."""
    console = Console()
    width = max(len(label) for _, label in _LABELS) + 2
    lines = [Text("\nThe Linktill demo is running.\n", style="bold")]
    lines += [Text.assemble((label.ljust(width), "bold"), story[name]) for name, label in _LABELS]
    lines += [Text("\nTry this:", style="bold"), *(Text(f"  {step}") for step in _STEPS)]
    goes = (
        "The demo's data goes when you stop it with Ctrl-C."
        if is_thrown_away
        else f"Data: {story['data_folder']}"
    )
    lines.append(Text(f"\n{goes}\n", style="dim"))
    for line in lines:
        console.print(line, soft_wrap=True)
