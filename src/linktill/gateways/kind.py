"""What is known of a gateway before its adapter is loaded, and the gateways of an installation.

An adapter costs tens of milliseconds and megabytes, and most merchants have one account: so each is loaded when it is first
asked for something.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, final

from typing_extensions import override

from linktill.core.merchant import Mode
from linktill.gateways.contract import Gateway
from linktill.platform.log import get_logger

log = get_logger("gateways")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a field, and how people call it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class CredentialField:
    """What a merchant must enter because nobody can find it out. `name` is the key in `Account.credentials`."""

    name: str
    label: str
    hint: str = ""
    is_secret: bool = False
    choices: tuple[Choice, ...] = ()
    is_optional: bool = False
    begins_with: tuple[str, ...] = ()
    """What is not secret begins so. Anything else may be a secret in the wrong field: it is not tried, kept or shown again."""

    def is_other_key(self, text: str) -> bool:
        """Whether this cannot be what the field asks for."""
        return bool(text and self.begins_with) and not text.startswith(self.begins_with)


@dataclass(frozen=True, slots=True)
class Connecting:
    """How a merchant connects an account: what to enter, and the steps to get it, in their words.

    `webhook_steps`: by hand, where the gateway's API may not be used for it. `paste_label`: what is pasted then.
    """

    fields: tuple[CredentialField, ...]
    steps: tuple[str, ...]
    webhook_steps: tuple[str, ...] = ()
    paste_label: str = ""
    paste_begins: str = ""
    """What is pasted begins so; empty: the gateway does not say."""
    has_registration: bool = True
    """The gateway makes the webhook when asked; else the merchant does, by `webhook_steps`."""
    renews: str = ""
    """How the webhook's secret is renewed, in words."""
    has_renewal: bool = False
    """The gateway renews it when asked; else the merchant does, and pastes the new one."""
    test_event: str = ""
    """What a test event is there, in words, or why there is none."""
    has_test_event: bool = False


BY_ITSELF: Final = Connecting((), ())
"""Of a gateway that nobody connects by hand."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A gateway by its names, with the way to its adapter.

    `page_origins`: where its page may be, as `Gateway.form_action_origin`.
    """

    name: str
    label: str
    page_origins: str
    load: Callable[[], Gateway]
    connecting: Connecting = BY_ITSELF
    is_far: bool = True
    """Its webhooks come over the internet, so they need an address there."""
    is_test_only: bool = False
    """As `Gateway.is_test_only`."""
    package: str = ""
    """The package that brings it, with its version; empty: it comes with Linktill."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A gateway that is installed and cannot be offered, and why."""

    name: str
    package: str
    reason: str


@final
class Gateways(Mapping[str, Gateway]):
    """An installation's gateways by name. Looking at `kinds` loads nothing."""

    def __init__(self, *kinds: Kind, broken: Iterable[Broken] = ()) -> None:
        self._broken: Final = tuple(broken)
        self.kinds: Final[Mapping[str, Kind]] = {kind.name: kind for kind in kinds}
        self._loaded: Final[dict[str, Gateway]] = {}
        self._unloadable: Final[dict[str, Broken]] = {}

    @override
    def __getitem__(self, name: str) -> Gateway:
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = self._load(self.kinds[name])
        return found

    def _load(self, kind: Kind) -> Gateway:
        """Raises KeyError for another package's that cannot be: as if it were not installed, for the accounts that have it."""
        if not kind.package:
            return kind.load()
        if kind.name in self._unloadable:
            raise KeyError(kind.name)
        try:
            gateway = kind.load()
            assert gateway.name == kind.name, f"the adapter calls itself {gateway.name!r}"
            return gateway
        except Exception as error:
            # Somebody else's code: no payer at another gateway may hear of it.
            reason = f"{type(error).__name__}: {error}"[:300]
            self._unloadable[kind.name] = Broken(kind.name, kind.package, reason)
            log.exception("gateway.broken", gateway=kind.name, package=kind.package, reason=reason)
            raise KeyError(kind.name) from error

    def find_broken(self) -> tuple[Broken, ...]:
        """Those of other packages that cannot be offered or loaded: loads them all."""
        for kind in self.kinds.values():
            if kind.package:
                self.get(kind.name)
        return (*self._broken, *self._unloadable.values())

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self.kinds)

    @override
    def __len__(self) -> int:
        return len(self.kinds)

    def kinds_for(self, mode: Mode) -> tuple[Kind, ...]:
        """What may be offered in books of this mode: where money is real, nothing that pretends."""
        return tuple(kind for kind in self.kinds.values() if mode is Mode.TEST or not kind.is_test_only)

    def label(self, name: str) -> str:
        """How people call it; a gateway that this installation does not have (any more) keeps its name."""
        kind = self.kinds.get(name)
        return name if kind is None else kind.label


def loaded(gateway: Gateway, connecting: Connecting = BY_ITSELF, *, is_far: bool = False) -> Kind:
    """The kind of an adapter that is there already."""
    return Kind(
        gateway.name,
        gateway.label,
        gateway.form_action_origin,
        lambda: gateway,
        connecting,
        is_far,
        gateway.is_test_only,
    )
