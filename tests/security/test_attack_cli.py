"""What is typed on the command line is text, or it is refused."""

import json

import pytest

from linktill.cli.app import run


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
