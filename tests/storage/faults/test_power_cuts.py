"""ST04: the power goes at random moments of real payments. `make power-cuts` does it ten thousand times."""

import random
from dataclasses import asdict
from pathlib import Path

import pytest

from linktill.storage import sqlite_writer
from linktill.storage.migrate import migrate
from linktill.storage.schema_version import newest_version, schema_version
from linktill.storage.sqlite import open_sqlite
from tests.storage.faults.disk import Disk
from tests.storage.faults.platter import File, Platter
from tests.storage.faults.power import NAME, cut_power
from tests.storage.faults.world import CountingClock


def test_st04_no_power_cut_loses_what_was_acknowledged():
    tally = cut_power(1, 400)
    assert tally.failures == []
    assert (tally.cuts >= 400, tally.payments >= 5, tally.recovered >= 1) == (True, True, True)


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_st04_without_a_flush_at_each_commit_cuts_lose_what_was_acknowledged(synchronous):
    tally = cut_power(1, 1, synchronous=synchronous, seeds=1)
    assert tally.lost > tally.cuts / 10
    assert any("were told, found is" in failure for failure in tally.failures)


def test_st04_who_answers_before_the_commit_is_found_out(monkeypatch):
    commit = sqlite_writer.Writer._commit

    def too_early(self, jobs):
        sqlite_writer._answer(jobs)
        commit(self, jobs)

    monkeypatch.setattr(sqlite_writer.Writer, "_commit", too_early)
    tally = cut_power(1, 1, seeds=1)
    assert tally.lost > 0


def test_a_seed_makes_the_same_cuts_again():
    assert asdict(cut_power(3, 1, synchronous="NORMAL", seeds=1)) == asdict(
        cut_power(3, 1, synchronous="NORMAL", seeds=1)
    )


async def test_st04_power_cuts_during_the_very_first_start(tmp_path: Path):
    """The file itself, its name in the folder and the schema are as new as can be."""
    chance = random.Random("first start")
    platter = Platter()
    cuts: list[dict[str, bytes]] = []

    def cut(_kind: str, _path: str) -> None:
        if chance.random() < 0.1:
            cuts.append(platter.after_a_cut(chance))

    disk = Disk("first", platter=platter, syncs_for_real=False, is_default=True)
    disk.before = cut
    try:
        await migrate(f"sqlite:///{tmp_path / NAME}")
    finally:
        disk.unregister()
    cuts.append(platter.after_a_cut(chance))
    assert disk.calls["write"] > 50
    assert len(cuts) > 10
    for number, files in enumerate(cuts):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        url = f"sqlite:///{folder / NAME}"
        had_work = await migrate(url)
        assert had_work or number > 0
        database = await open_sqlite(url, CountingClock(), queue_max=10)
        assert await database.read(schema_version) == newest_version()
        await database.close()


def contents(file: File) -> set[bytes]:
    return {file.after_a_cut(random.Random(number)) for number in range(500)}


def test_the_model_loses_tears_and_reorders_what_was_not_synced():
    file = File(bytearray(b"." * 1_024))
    assert contents(file) == {b"." * 1_024}
    file.pending = [(0, b"a" * 1_024), (0, b"b" * 1_024), (2_048, b"c")]
    found = contents(file)
    for expected in (
        b"." * 1_024,
        b"a" * 1_024,
        b"b" * 1_024,
        b"b" * 512 + b"." * 512,
        b"b" * 512 + b"a" * 512,
        b"." * 1_024 + bytes(1_024) + b"c",
        b"." * 1_024 + bytes(1_025),
    ):
        assert expected in found
    file.sync()
    assert contents(file) == {b"b" * 1_024 + bytes(1_024) + b"c"}
    file.pending = [(512, None), (0, b"d")]
    assert contents(file) >= {
        b"b" * 512,
        b"d" + b"b" * 511,
        b"d" + b"b" * 1_023 + bytes(1_024) + b"c",
    }


def test_the_model_forgets_names_whose_folder_was_not_synced():
    platter = Platter()
    platter.found("a", b"1")
    platter.file("b").durable = bytearray(b"2")
    platter.remove("a")
    found = {tuple(sorted(platter.after_a_cut(random.Random(number)))) for number in range(100)}
    assert found == {(), ("a",), ("b",), ("a", "b")}
    platter.sync_folder()
    assert platter.after_a_cut(random.Random(1)) == {"b": b"2"}
