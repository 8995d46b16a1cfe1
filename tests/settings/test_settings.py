"""Settings: what is wrong is named at start, all of it, with how to mend it, and nothing is made before."""

import stat
from pathlib import Path

import pytest

from linktill.platform.secrets import parse_key
from linktill.settings import MEANINGS, Settings, read_settings
from linktill.storage.errors import SettingInvalid

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def home(tmp_path):
    return {"HOME": str(tmp_path), "PATH": "/bin"}


def read(home, **given) -> Settings:
    return read_settings({**home, **{f"LINKTILL_{name}": value for name, value in given.items()}})


def test_with_nothing_set_it_runs_here(home, tmp_path):
    settings = read(home)
    folder = tmp_path / ".local/share/linktill"
    assert settings.data_folder == folder
    assert settings.database_url == f"sqlite:///{folder}/linktill.db"
    assert (settings.host, settings.port, settings.base_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.smtp is None
    assert (settings.has_sandbox, settings.runs_worker, settings.allows_private_webhooks) == (
        True,
        True,
        False,
    )
    assert (settings.log_format, settings.connections_max, settings.trusted_proxies) == ("console", 10, ())
    assert settings.secret_key == parse_key((folder / "secret.key").read_text())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert read(home) == settings


def test_xdg_decides_where_data_is(home, tmp_path):
    assert read({**home, "XDG_DATA_HOME": f"{tmp_path}/x"}).data_folder == tmp_path / "x/linktill"


def test_everything_can_be_chosen(home, tmp_path):
    settings = read(
        home,
        DATA_DIR=f"{tmp_path}/data",
        DATABASE_URL="postgresql://u:p@db/linktill",
        BASE_URL="HTTPS://Pay.Example.com:443/",
        HOST="0.0.0.0",
        PORT="80",
        TRUSTED_PROXIES="10.0.0.0/8, ::1",
        SMTP_URL="smtps://name:p%40ss@mail.example.com",
        MAIL_FROM="billing@example.com",
        SECRET_KEY="00" * 32,
        SANDBOX="off",
        WORKER="off",
        ALLOW_PRIVATE_WEBHOOKS="on",
        CONNECTIONS="40",
        DISK_FLOOR_MIB="0",
        LOG_FORMAT="json",
    )
    assert settings.database_url == "postgresql://u:p@db/linktill"
    assert (settings.base_url, settings.host, settings.port) == ("https://pay.example.com", "0.0.0.0", 80)
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    assert settings.smtp is not None
    assert (settings.smtp.host, settings.smtp.port, settings.smtp.password) == (
        "mail.example.com",
        465,
        "p@ss",
    )
    assert settings.smtp.sender == settings.mail_from == "billing@example.com"
    assert settings.secret_key == bytes(32)
    assert settings.disk_floor_mib == 0
    assert (settings.has_sandbox, settings.runs_worker, settings.allows_private_webhooks) == (
        False,
        False,
        True,
    )
    assert (settings.connections_max, settings.log_format) == (40, "json")
    assert not (tmp_path / "data/secret.key").exists()


def test_no_secret_is_in_its_text(home):
    text = repr(
        read(
            home,
            DATABASE_URL="postgresql://u:hunter2@db/x",
            SMTP_URL="smtps://n:hunter3@m",
            SECRET_KEY="ab" * 32,
        )
    )
    assert "hunter" not in text
    assert "abab" not in text
    assert "\\xab" not in text


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("0.0.0.0", "8001", "http://127.0.0.1:8001"),
        ("::", "8001", "http://[::1]:8001"),
        ("192.0.2.1", "80", "http://192.0.2.1"),
        ("pay.local", "443", "http://pay.local:443"),
    ],
)
def test_the_base_url_follows_the_port(home, host, port, url):
    assert read(home, HOST=host, PORT=port).base_url == url


@pytest.mark.parametrize("value", ["on", "ON", "true", "yes", "1", " on "])
def test_switches_on(home, value):
    assert read(home, ALLOW_PRIVATE_WEBHOOKS=value).allows_private_webhooks


def test_empty_is_not_set(home):
    assert read(home, PORT="", SMTP_URL=" ", DATABASE_URL="").port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATA_DIR", "/dev/null/x"),
        ("DATABASE_URL", "mysql://u:hunter2@db/x"),
        ("DATABASE_URL", "linktill.db"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "postgresql:///x"),
        ("BASE_URL", "pay.example.com"),
        ("BASE_URL", "https://pay.example.com/shop"),
        ("BASE_URL", "https://user@pay.example.com"),
        ("BASE_URL", "https://päy.example.com"),
        ("BASE_URL", "https://pay.example.com:99999"),
        ("BASE_URL", "https://[::1"),
        ("HOST", "not a host"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "８０"),
        ("PORT", "80a"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "proxy"),
        ("SMTP_URL", "mail.example.com"),
        ("SMTP_URL", "http://mail.example.com"),
        ("MAIL_FROM", "Acme <a@example.com>"),
        ("SECRET_KEY", "hunter2"),
        ("SANDBOX", "maybe"),
        ("WORKER", "2"),
        ("ALLOW_PRIVATE_WEBHOOKS", "sure"),
        ("CONNECTIONS", "1"),
        ("DISK_FLOOR_MIB", "1 GB"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_ub15_a_wrong_value_is_named(home, tmp_path, name, value):
    """UB15."""
    with pytest.raises(SettingInvalid) as refused:
        read(home, **{name: value})
    lines = str(refused.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"LINKTILL_{name} ")
    assert lines[0].count(f"LINKTILL_{name}") == 1
    assert "hunter2" not in lines[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [("DATABSE_URL", "did you mean LINKTILL_DATABASE_URL?"), ("X", "docs/configuration.md")],
)
def test_ub15_an_unknown_setting_is_named(home, tmp_path, name, hint):
    """UB15: a typing error must not leave the default in force unseen."""
    with pytest.raises(SettingInvalid, match=rf"^LINKTILL_{name} is no setting") as refused:
        read(home, **{name: "x"})
    assert hint in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_ub15_everything_wrong_is_named_at_once(home):
    """UB15."""
    with pytest.raises(SettingInvalid) as refused:
        read(home, PORT="x", WORKR="off", LOG_FORMAT="x")
    assert [line.split()[0] for line in str(refused.value).splitlines()] == [
        "LINKTILL_WORKR", "LINKTILL_PORT", "LINKTILL_LOG_FORMAT",
    ]  # fmt: skip


def test_ub15_no_place_for_data():
    """UB15."""
    with pytest.raises(SettingInvalid, match=r"^LINKTILL_DATA_DIR must be set"):
        read_settings({})


def test_a_damaged_key_file_stops_the_start(home, tmp_path):
    read(home)
    (tmp_path / ".local/share/linktill/secret.key").write_text("x")
    with pytest.raises(SettingInvalid, match=r"^LINKTILL_SECRET_KEY is not set, and .* backup"):
        read(home)


def test_the_command_line_counts_more(home):
    given = {**home, "LINKTILL_PORT": "1"}
    assert read_settings(given, overrides={"LINKTILL_PORT": "2"}).port == 2


def test_other_programs_variables_are_left_alone(home):
    assert read({**home, "PORT": "x", "LINKTILL_TORTURE_KILLS": "200"}).port == 8000


def test_the_document_lists_every_setting():
    text = (ROOT / "docs/configuration.md").read_text()
    rows = {line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("| `LINKTILL_")}
    assert rows == set(MEANINGS)
