"""What is known of a gateway before its adapter is loaded, and the gateways of an installation.

An adapter costs tens of milliseconds and megabytes, and most merchants have one account: so each is loaded when it is first
asked for something.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, final

from typing_extensions import override

from linktill.core.merchant import Mode
from linktill.gateways.contract import Gateway


@dataclass(frozen=True, slots=True)
class Kind:
    """A gateway by its names, with the way to its adapter.

    `page_origins`: where its page may be, as `Gateway.form_action_origin`.
    """

    name: str
    label: str
    page_origins: str
    load: Callable[[], Gateway]
    is_test_only: bool = False
    """As `Gateway.is_test_only`."""


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

    def kinds_for(self, mode: Mode) -> tuple[Kind, ...]:
        """What may be offered in books of this mode: where money is real, nothing that pretends."""
        return tuple(kind for kind in self.kinds.values() if mode is Mode.TEST or not kind.is_test_only)

    def label(self, name: str) -> str:
        """How people call it; a gateway that this installation does not have (any more) keeps its name."""
        kind = self.kinds.get(name)
        return name if kind is None else kind.label


def loaded(gateway: Gateway) -> Kind:
    """The kind of an adapter that is there already."""
    return Kind(
        gateway.name,
        gateway.label,
        gateway.form_action_origin,
        lambda: gateway,
        is_test_only=gateway.is_test_only,
    )
