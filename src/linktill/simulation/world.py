"""A whole world: processes that die and come back, merchants with links, a company, and the order in which it all comes up."""

from dataclasses import dataclass, field
from typing import Final, final

from linktill.core import ids as prefixes
from linktill.core.coupon import Coupon
from linktill.core.ids import LinkId, MerchantId
from linktill.core.merchant import Merchant, Mode
from linktill.core.payment_link import PaymentLink
from linktill.flows.accounts import add_account, new_account_id, webhook_url
from linktill.flows.manage_endpoints import EndpointTerms, create_endpoint
from linktill.flows.services import Services
from linktill.gateways.contract import Account
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer
from linktill.platform.randomness import SeededRandomness
from linktill.sandbox import SandboxOptions, create_sandbox
from linktill.simulation.loop import SimulatedLoop
from linktill.simulation.node import CountedIds, Node, Place, SimulatedClock
from linktill.simulation.parts import Parts
from linktill.simulation.trouble import Fault, Trouble, drawn
from linktill.simulation.watch import Watch
from linktill.simulation.wire import Bank, BankWire, NodeWire
from linktill.simulation.wishes import Wish
from linktill.storage.database import Tx
from linktill.storage.merchants import insert_merchant
from linktill.storage.sqlite_memory import Memory

BASE_URL: Final = "https://till.test"
BANK_URL: Final = "https://bank.test"
CURRENCIES: Final = ("USD", "EUR", "JPY", "KWD")
CALMS_S: Final = (90.0, 180.0, 180.0, 600.0, 1_800.0)
LONG_S: Final = 26 * 3600.0
BANK_CLOCKS_US: Final = (0, 0, -90_000_000, 90_000_000)
"""How far the company's clock is off: behind ours, its pages stay open when we call them over."""


@dataclass(slots=True)
class Shop:
    """A merchant with what it has made so far."""

    merchant: Merchant
    account: Account
    endpoint_url: str | None = None
    links: list[PaymentLink] = field(default_factory=list)
    coupons: list[Coupon] = field(default_factory=list)
    room: dict[LinkId, int] = field(default_factory=dict)
    """For about how many payments each link has room."""
    visits: dict[LinkId, int] = field(default_factory=dict)
    heard: set[tuple[str, str]] = field(default_factory=set)
    """(endpoint's path, event id) that its program has acknowledged or at least received."""

    @property
    def id(self) -> MerchantId:
        """The merchant's."""
        return self.merchant.id


HOLDS_S: Final = (30.0, 300.0, 1_200.0, 604_800.0, 604_800.0)
"""So long the company may hold money that nobody captures."""


@final
class World:
    """Everything that one seed needs. Built by `build`, inside the loop."""

    def __init__(self, seed: int, parts: Parts, planned: Trouble | None = None) -> None:
        self._parts: Final = parts
        self.loop: Final = SimulatedLoop()
        self.chance: Final = SeededRandomness(seed)
        self.clock: Final = SimulatedClock(self.loop)
        self.memory: Final = Memory(self.clock)
        self.watch: Final = Watch(self.loop, self.memory)
        calm_from_s = LONG_S if self.chance.happens(0.05) else self.chance.pick(CALMS_S)
        trouble = drawn(self.chance.apart("trouble"), calm_from_s=calm_from_s)
        if planned is not None:
            trouble = planned
        self.calm_from_s: Final = trouble.calm_from_s
        ids = CountedIds(self.clock)
        self.place: Final = Place(
            self.loop,
            self.chance,
            trouble,
            self.memory,
            self.watch,
            self.clock,
            ids,
            BASE_URL,
            BANK_URL,
        )
        self.bank_wire: Final = BankWire(self.place, self.any_node)
        bank_clock = SimulatedClock(self.loop)
        bank_clock.off_us = self.chance.pick(BANK_CLOCKS_US)
        self.company: Final = create_sandbox(
            None,
            bank_clock,
            CountedIds(bank_clock),
            self.chance.apart("bank"),
            self.bank_wire,
            SandboxOptions(
                BANK_URL,
                settles_after_s=self.chance.pick((10.0, 10.0, 10.0, 600.0, 3600.0)),
                private_webhooks=True,
                holds_for_s=self.chance.pick(HOLDS_S),
            ),
        )
        self.bank: Final = Bank(self.loop, self._answer)
        self.nodes: list[Node] = []
        self.shops: Final[list[Shop]] = []
        self.shown: Final[dict[str, set[tuple[int, str]]]] = {}
        """Submit token → amounts and currencies that the payer saw when Pay was pressed."""
        self.wishes: Final[dict[str, list[Wish]]] = {}
        """Submit token → what the payer put into the form."""
        self.watch.shelf.wishes = lambda token: self.wishes.get(token, ())
        self.watch.on_work = self._tell_nodes

    async def build(self) -> None:
        """Processes up, merchants in business."""
        self.loop.start(self.bank.process, self.company.start())
        for number, works in enumerate(
            self.chance.pick(((True,), (True, False), (True, True), (True, True, False)))
        ):
            self.nodes.append(self._node(f"node{number}", works=works))
        trouble, self.place.trouble.rates = self.place.trouble.rates, dict.fromkeys(Fault, 0.0)
        for number in range(1 + self.chance.below(3)):
            self.shops.append(await self._shop(self.nodes[0].services, number))
        self.place.trouble.rates = trouble

    def any_node(self) -> Node | None:
        """One that takes requests, or None."""
        up = [node for node in self.nodes if node.is_up]
        return self.chance.pick(up) if up else None

    def restart(self, dead: Node) -> None:
        """A new process in place of a dead one, with an empty memory."""
        self.nodes[self.nodes.index(dead)] = self._node(dead.name, works=dead.works)

    def _node(self, name: str, *, works: bool) -> Node:
        return Node(
            self.place,
            self._parts,
            name,
            lambda node: NodeWire(self.place, self.bank, self._receive, node, self._goes_on),
            works=works,
        )

    async def _shop(self, services: Services, number: int) -> Shop:
        merchant = Merchant(
            MerchantId(services.ids.new(prefixes.MERCHANT)),
            Mode.TEST,
            f"Shop {number}",
            f"shop{number}@example.com",
            self.chance.pick(CURRENCIES),
            f"alerts{number}@example.com" if self.chance.happens(0.35) else "",
            services.clock.now_us(),
        )

        async def insert(tx: Tx) -> None:
            await insert_merchant(tx, merchant)

        await services.database.run(insert)
        account_id = new_account_id(services)
        opened = await self.company.open_account(webhook_url(services, "sandbox", account_id))
        credentials = {"account_id": opened.account_id, "secret_key": opened.secret_key}
        account = Account(merchant.id, account_id, "sandbox", credentials, (opened.webhook_secret,))
        await add_account(services, account)
        shop = Shop(merchant, account)
        if self.chance.happens(0.25):
            shop.endpoint_url = f"https://shop{number}.test/hooks"
            await create_endpoint(
                services, merchant.id, EndpointTerms(shop.endpoint_url), may_be_private=True
            )
        return shop

    async def _answer(self, scope: object, receive: object, send: object) -> None:
        """The company's door, whose look-ups may lag."""
        self.company.faults.lookup_lag_s = self.place.trouble.lookup_lag_s(self.loop.now_s)
        await self.company.asgi(scope, receive, send)  # type: ignore[arg-type]  # ASGI's own are wider

    async def _receive(self, request: HttpRequest) -> HttpResponse:
        """A merchant's program hears of an event."""
        shop = next(shop for shop in self.shops if shop.endpoint_url == request.url)
        trouble, now_s = self.place.trouble, self.loop.now_s
        fault = trouble.strikes(self.chance, (Fault.RECEIVER_DOWN,), now_s)
        if trouble.is_deaf(now_s):
            fault = Fault.RECEIVER_DOWN
        if fault is not None:
            self.watch.struck(fault, "receiver")
            if self.chance.happens(0.5):
                return HttpResponse(500, {}, b"")
        shop.heard.add((request.url, request.headers["webhook-id"]))
        if fault is not None:
            raise NoAnswer("A simulated connection that was reset.")
        return HttpResponse(200, {}, b"")

    def _goes_on(self, without: Node) -> bool:
        return any(node.works and node.is_up for node in self.nodes if node is not without)

    def _tell_nodes(self, queue: str) -> None:
        due_at = self.memory.next_due(queue)
        if due_at is not None:
            for node in self.nodes:
                node.look_by(queue, due_at)
