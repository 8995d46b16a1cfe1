"""What a person reads when the demo is up: where to go and what to try."""

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_LABELS: Final = (
    ("dashboard_url", "Dashboard"),
    ("email", "  e-mail"),
    ("password", "  password"),
    ("payment_link_url", "A link to pay"),
    ("api_key", "API key"),
)


def welcome(story: Mapping[str, str], *, is_thrown_away: bool) -> None:
    """Prints it."""
    console = Console()
    grid = Table.grid(padding=(0, 2))
    for name, label in _LABELS:
        # One line each, whatever the width: people select and copy them.
        grid.add_row(Text(label, style="bold"), Text(story[name], no_wrap=True, overflow="ignore"))
    console.print(
        Panel(grid, title="Linktill demo", expand=False, padding=(1, 2)), crop=False, soft_wrap=True
    )
    steps = (
        "1. Open the link to pay and press Pay.",
        "2. On the sandbox's page pay with 4242 4242 4242 4242, any expiry to come, any CVC.",
        "3. Sign in to the dashboard: the payment, its receipt and the books are there.",
    )
    console.print("Try this:", *steps, sep="\n  ")
    goes = (
        "The demo's data goes when you stop it with Ctrl-C."
        if is_thrown_away
        else f"Data: {story['data_folder']}"
    )
    console.print(f"\n{goes}", style="dim", highlight=False)
