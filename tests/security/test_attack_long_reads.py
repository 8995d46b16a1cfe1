"""DA09: what takes long to look up is looked up beside the payers' pages, not before them."""

import pytest

from tests.api.rig import LINK, plain_rig

LONG = ("/v1/payment_links?search=bicycle", "/v1/events?type=dispute.opened", "/v1/ledger/balances")
SHORT = ("/v1/payment_links?status=active", "/v1/events", "/v1/payments?status=failed", "/v1/refunds")


async def test_da09_searches_are_reports(database, monkeypatch: pytest.MonkeyPatch):
    reports = 0
    report = type(database).report

    async def counted(self, *args, **kwargs):
        nonlocal reports
        reports += 1
        return await report(self, *args, **kwargs)

    monkeypatch.setattr(type(database), "report", counted)
    async with plain_rig(database) as rig:
        await rig.bea.post("/v1/payment_links", LINK)
        for paths, expected in ((LONG, 1), (SHORT, 0)):
            for path in paths:
                reports = 0
                answer = await rig.bea.get(path)
                assert (answer.status_code, reports) == (200, expected), path
        found = await rig.bea.get("/v1/payment_links?search=bicycle")
        assert len(found.json()["data"]) == 1
