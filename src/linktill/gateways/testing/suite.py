"""Everything that an adapter is put to, as one class to inherit."""

from linktill.gateways.testing.answers import Answers
from linktill.gateways.testing.connecting import Connecting
from linktill.gateways.testing.holds import Holds
from linktill.gateways.testing.payments import Payments
from linktill.gateways.testing.refunds import Refunds
from linktill.gateways.testing.trouble import Trouble
from linktill.gateways.testing.webhooks import Strangers, Webhooks


class Suite(Payments, Holds, Refunds, Answers, Trouble, Strangers, Webhooks, Connecting):
    """`class TestAcme(Suite, rig=acme_rig): …` in a file of tests runs all of it against Acme's adapter."""
