"""How a bug is planted: the text of a product file is changed while it is imported, in a process that does nothing else.

Nothing here imports the product, so that whoever plants comes before it.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

from typing_extensions import override

SOURCE: Final = Path(__file__).parents[2] / "src" / "linktill"


@dataclass(frozen=True, slots=True)
class Patch:
    """Text that occurs exactly once in a file below `src/linktill`, and what takes its place."""

    file: str
    old: str
    new: str

    @property
    def module(self) -> str:
        """The file as Python imports it."""
        return "linktill." + self.file.removesuffix(".py").replace("/", ".")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug as a person could write it: what it is, and which danger to the money it stands for.

    More than one patch: where two guards watch one danger, each hides that the other is gone.
    """

    name: str
    bug: str
    danger: str
    patches: tuple[Patch, ...]


def patched(file: str, text: str, patches: Sequence[Patch]) -> str:
    """The file's text with the bug in it."""
    for patch in patches:
        assert text.count(patch.old) == 1, f"not exactly once in {file}: {patch.old!r}"
        text = text.replace(patch.old, patch.new)
    return text


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, patches: Sequence[Patch]) -> None:
        super().__init__(name, path)
        self._patches = patches

    @override
    def get_code(self, fullname: str) -> CodeType:
        """Compiled from the text each time: nothing of it may get into a cache."""
        text = patched(fullname, Path(self.path).read_text(encoding="utf-8"), self._patches)
        return compile(text, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, patches: Sequence[Patch]) -> None:
        self._of_module: dict[str, list[Patch]] = {}
        for patch in patches:
            self._of_module.setdefault(patch.module, []).append(patch)

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        patches = self._of_module.get(fullname)
        if patches is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None, f"{fullname} is a module of the product"
        assert spec.origin is not None, "it lies in a file"
        spec.loader = _Loader(fullname, spec.origin, patches)
        return spec


def plant(mutant: Mutant) -> None:
    """From now on the product is imported with this bug."""
    wanted = {patch.module for patch in mutant.patches}
    assert not wanted & sys.modules.keys(), "too late: it is imported already"
    sys.meta_path.insert(0, _Finder(mutant.patches))
