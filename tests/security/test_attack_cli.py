"""What is typed on the command line is text, or it is refused."""

import json
import logging
from pathlib import Path

import pytest

from linktill.cli.app import run
from linktill.cli.running import settings_now


@pytest.mark.parametrize(
    "arguments",
    [
        ["links", "show", "plink_\udcff"],
        ["links", "list", "--cursor", "\udcff"],
        ["links", "create", "--amount-minor", "100", "--currency", "USD", "--description", "a\udcffb"],
    ],
)
def test_bytes_that_are_no_text_are_refused(capsys: pytest.CaptureFixture[str], arguments: list[str]):
    assert run([*arguments, "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == "usage"
    assert "Traceback" not in err


def test_da19_strangers_cannot_fill_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """DA19: the server would write a line for each request that is none."""
    monkeypatch.setattr(logging.root, "handlers", [])
    settings_now(DATA_DIR=str(tmp_path))
    server = logging.getLogger("uvicorn.error")
    assert not server.isEnabledFor(logging.WARNING)
    assert server.isEnabledFor(logging.ERROR)
