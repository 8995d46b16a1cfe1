"""What a log line may hold: DA19 (injection, flooding) and PA05 (card numbers, secrets)."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from linktill.platform.log import LogFormat, configure_logging, get_logger


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_an_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json")
    get_logger("test").info("payment.captured", payment_id="pay_1", amount_minor=4_000)
    out, err = capsys.readouterr()
    assert out == ""
    line = json.loads(err)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "payment.captured", "level": "info", "payment_id": "pay_1", "amount_minor": 4000}


@pytest.mark.parametrize("form", ["json", "console"])
def test_da19_no_value_starts_a_line_or_colors_a_terminal(
    capsys: pytest.CaptureFixture[str], form: LogFormat
) -> None:
    configure_logging(form)
    get_logger("test").warning("link.opened", agent="a\r\nb\x1b[31mred\u2028c\u202ed", long="x" * 100_000)
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert not set(err) & {"\r", "\x1b", "\u2028", "\u202e"}
    assert len(err) < 3_000


@pytest.mark.parametrize("form", ["json", "console"])
def test_pa05_secrets_and_card_numbers_are_not_written(
    capsys: pytest.CaptureFixture[str], form: LogFormat
) -> None:
    configure_logging(form)
    get_logger("test").info(
        "form.refused",
        number="4000000000000002",
        cvc="canary",
        Authorization="canary",
        webhook_secret="canary",
        headers={"authorization": "canary", "x-a": "kept"},
        said="my card is 4242 4242 4242 4242, thanks",
    )
    logging.getLogger("uvicorn.error").error("card %s", "4242424242424242")
    err = capsys.readouterr().err
    assert "canary" not in err
    assert "4000000000000002" not in err
    assert "4242 4242" not in err
    assert "42424242" not in err
    assert "kept" in err
    assert "[card …4242]" in err


def test_a_traceback_keeps_its_lines_but_none_passes_for_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("console")
    try:
        raise ValueError("bad\n2026-01-01 [info] payment.captured forged")
    except ValueError:
        get_logger("test").exception("worker.failed")
    lines = capsys.readouterr().err.splitlines()
    assert "worker.failed" in lines[0]
    assert len(lines) > 3
    assert all(line.startswith("  ") for line in lines[1:])
