"""What is known of a gateway before its adapter is loaded, and the gateways of an installation.

An adapter costs tens of milliseconds and megabytes, and most merchants have one account: so each is loaded when it is first
asked for something.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, final

from typing_extensions import override

from linktill.gateways.contract import Gateway


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


@dataclass(frozen=True, slots=True)
class Connecting:
    """How a merchant connects an account: what to enter, and the steps to get it, in their words.

    `webhook_steps`: by hand, where the gateway's API may not be used for it. `paste_label`: what is pasted then.
    """

    fields: tuple[CredentialField, ...]
    steps: tuple[str, ...]
    webhook_steps: tuple[str, ...] = ()
    paste_label: str = ""
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


@final
class Gateways(Mapping[str, Gateway]):
    """An installation's gateways by name. Looking at `kinds` loads nothing."""

    def __init__(self, *kinds: Kind) -> None:
        self.kinds: Final[Mapping[str, Kind]] = {kind.name: kind for kind in kinds}
        self._loaded: Final[dict[str, Gateway]] = {}

    @override
    def __getitem__(self, name: str) -> Gateway:
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = self.kinds[name].load()
        return found

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self.kinds)

    @override
    def __len__(self) -> int:
        return len(self.kinds)

    def label(self, name: str) -> str:
        """How people call it; a gateway that this installation does not have (any more) keeps its name."""
        kind = self.kinds.get(name)
        return name if kind is None else kind.label


def loaded(gateway: Gateway, connecting: Connecting = BY_ITSELF, *, is_far: bool = False) -> Kind:
    """The kind of an adapter that is there already."""
    return Kind(gateway.name, gateway.label, gateway.form_action_origin, lambda: gateway, connecting, is_far)
