"""Sample pages of links from a file, and of several links at once."""

from linktill.core.money import Money
from linktill.web.dashboard.import_file.routes import _columns
from linktill.web.dashboard.import_file.view import ImportFilePage, ImportRow
from linktill.web.dashboard.import_links.view import ImportLinksPage, OutcomeRow
from linktill.web.dashboard.selected_links.view import SelectedLinksPage, SelectedRow
from linktill.web.dashboard.shell import Pager
from linktill.web.look.look import View
from tests.web.look.checkout_samples import DAY, NOW
from tests.web.look.dashboard_samples import ID, SHELL

IMPORT = f"lim_{ID}"
FILE = ImportFilePage(
    shell=SHELL,
    columns=_columns(),
    imports=(
        ImportRow(IMPORT, "lessons-january-2030.csv", "checked", 120, 0, NOW),
        ImportRow(IMPORT, "", "running", 50_000, 12_460, NOW - DAY),
        ImportRow(IMPORT, "a-very-long-name-of-a-file-" * 6 + ".csv", "stopped", 3, 1, NOW - 2 * DAY),
    ),
    pager=Pager(None, "/dashboard/links/import?cursor=x"),
)
REFUSED = ImportFilePage(
    shell=SHELL,
    columns=FILE.columns,
    imports=(),
    pager=Pager(),
    problems=(
        "There is no column due. Did you mean due_at?",
        "The column amount is missing. The price as people write it: 40 or 40.00. A point, never a comma.",
    ),
)
ROWS = (
    OutcomeRow(2, "2030-01/17", "ready", "40.00 USD, Guitar lessons in January", None, ()),
    OutcomeRow(
        3,
        "2030-01/18",
        "failed",
        "",
        None,
        (
            "amount: Write the amount with digits and a point, such as 40 or 40.50.",
            "expires_at: The expiry is in the past. Send a time to come, or null for none.",
        ),
    ),
    OutcomeRow(4, "", "existing", "", f"plink_{ID}", ()),
    OutcomeRow(50_001, "k" * 200, "ready", "1000000.00 USD, " + "Verylongword" * 6, None, ()),
)
CHECKED = ImportLinksPage(
    shell=SHELL,
    id=IMPORT,
    file_name="lessons-january-2030.csv",
    status="checked",
    rows_count=120,
    done=120,
    ready=117,
    created=0,
    existing=1,
    failed=2,
    rows=ROWS,
    is_failed_only=False,
    pager=Pager(None, f"/dashboard/links/imports/{IMPORT}?cursor=4"),
)
RUNNING = ImportLinksPage(
    shell=SHELL,
    id=IMPORT,
    file_name="",
    status="running",
    rows_count=50_000,
    done=12_480,
    ready=50_000,
    created=12_460,
    existing=20,
    failed=0,
    rows=(),
    is_failed_only=False,
    pager=Pager(),
)
DONE = ImportLinksPage(
    shell=SHELL,
    id=IMPORT,
    file_name="lessons.csv",
    status="done",
    rows_count=2,
    done=2,
    ready=1,
    created=1,
    existing=0,
    failed=1,
    rows=(
        OutcomeRow(2, "17", "created", "40.00 USD, Guitar lessons in January", f"plink_{ID}", ()),
        OutcomeRow(
            3, "18", "failed", "", None, ("slug: The address cake is taken. Choose another, such as cake-2.",)
        ),
    ),
    is_failed_only=False,
    pager=Pager(),
)
STOPPED = ImportLinksPage(
    shell=SHELL,
    id=IMPORT,
    file_name="lessons.csv",
    status="stopped",
    rows_count=50_000,
    done=40,
    ready=0,
    created=40,
    existing=0,
    failed=0,
    rows=(),
    is_failed_only=True,
    pager=Pager(),
)
CHECKING = ImportLinksPage(
    shell=SHELL,
    id=IMPORT,
    file_name="lessons.csv",
    status="checking",
    rows_count=1,
    done=0,
    ready=0,
    created=0,
    existing=0,
    failed=0,
    rows=(),
    is_failed_only=False,
    pager=Pager(),
)
SOME = (
    SelectedRow(f"plink_{ID}", "Logo design, final invoice", "paused", Money(4_000, "USD"), ""),
    SelectedRow(
        f"plink_{ID}",
        "Guitar lesson " * 12,
        "canceled",
        Money(123_456_700, "USD"),
        "The link is canceled and cannot become paused.",
    ),
    SelectedRow(f"plink_{ID}", "", "", None, "There is no payment link plink_1."),
)
PAUSED = SelectedLinksPage(shell=SHELL, kind="pause", is_asking=False, rows=SOME, shown="")
ASKING = SelectedLinksPage(
    shell=SHELL, kind="cancel", is_asking=True, rows=SOME[:2], shown=f"plink_{ID}", has_parts=True
)
IMPORTS: dict[str, View] = {
    "import-file": FILE,
    "import-file-refused": REFUSED,
    "import-checking": CHECKING,
    "import-checked": CHECKED,
    "import-running": RUNNING,
    "import-done": DONE,
    "import-stopped": STOPPED,
    "selected-paused": PAUSED,
    "selected-cancel": ASKING,
}
