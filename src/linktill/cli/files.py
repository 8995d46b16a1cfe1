"""Files and folders that a command is given: looked at before it begins, and refused with the option and the way to mend it."""

import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from cyclopts import Parameter, Token

from linktill.cli.output import USAGE, CommandFailed

Wrong: TypeAlias = Callable[[Path], str | None]
"""What a path is refused for, and how that is mended; None: it will do. May raise OSError."""

STDIN: Final = "-"
_HAS_EFFECTIVE_IDS: Final = os.access in os.supports_effective_ids


def path_parameter(
    wrong: Wrong,
    help: str,  # noqa: A002 as Parameter calls it
    *,
    name: str,
    may_be_stdin: bool = False,
) -> Parameter:
    """For a `Path` of a command. `name`: the option, such as `--state`, or the argument as it is called in errors.

    `may_be_stdin`: a hyphen stands for standard input.
    """

    def read(_: object, tokens: Sequence[Token]) -> Path:
        given = tokens[0].value
        # Path("") would be the folder that we are in.
        if not given:
            raise CommandFailed("usage", f"{name} names nothing: give a path.", name=name, status=USAGE)
        path = Path(given)
        if may_be_stdin and given == STDIN:
            return path
        try:
            words = wrong(path)
        except OSError as error:
            words = f"{path} cannot be used: {error.strerror}."
        if words is not None:
            raise CommandFailed("path_unusable", words, name=name)
        return path

    return Parameter(
        name=name if name.startswith("-") else None,
        converter=read,
        help=help,
        allow_leading_hyphen=may_be_stdin,
    )


def to_read(path: Path) -> str | None:
    """A file that is there."""
    if not path.exists():
        return f"There is no file {path}."
    if path.is_dir():
        return f"{path} is a folder. Name a file in it."
    return (
        None
        if _may(path, os.R_OK)
        else f"{path} may not be read by this user. Change whose it is, or its mode."
    )


def to_replace(path: Path) -> str | None:
    """A file that is read if it is there, and then written anew beside it."""
    if path.exists() and (words := to_read(path)) is not None:
        return words
    return _to_fill(path.absolute().parent)


def to_make(path: Path) -> str | None:
    """A file that is not there yet, or the folder for it."""
    if path.is_dir():
        return _to_fill(path)
    return None if path.exists() else _to_fill(path.absolute().parent)


def to_keep_in(path: Path) -> str | None:
    """A folder for files; it is made where it is not there."""
    path = path.absolute()
    return _to_fill(next(place for place in (path, *path.parents) if place.exists()))


def _to_fill(folder: Path) -> str | None:
    if not folder.exists():
        return f"There is no folder {folder}. Make it first: mkdir -p {shlex.quote(str(folder))}"
    if not folder.is_dir():
        return f"{folder} is a file, not a folder. Name another place."
    if not _may(folder, os.W_OK | os.X_OK):
        return (
            f"This user may not write into {folder}. Change whose it is or its mode, or name another place."
        )
    return None


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=_HAS_EFFECTIVE_IDS)
