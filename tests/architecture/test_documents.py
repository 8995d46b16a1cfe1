"""Documents name files and commands that exist: a reader who looks for one and finds nothing trusts none."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT
from tests.architecture.test_imports import PACKAGES

# Written by a command, or by the person who follows the document.
PRODUCED = {"bench/results.json", "uv.lock"}

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
PATH = re.compile(r"\.?[\w-][\w.-]*(?:/[\w.-]+)*/?")
ENDINGS = (".py", ".md", ".toml", ".lock", ".html", ".txt", ".css", ".js", ".svg", ".ini", ".sh")
TREE_LINE = re.compile(r"^([│ ]*)[├└]──+ *([\w./ -]+?)(?:  .*)?$")


def documents() -> list[Path]:
    own = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "bench").rglob("*.md"),
        *PACKAGE.rglob("*.md"),
    ]
    return sorted(own)


def names_a_file(text: str) -> bool:
    """`core/money.py`, `storage/`, `pyproject.toml`, but not `/v1/events`, `text/html` or `plink_…`."""
    if not PATH.fullmatch(text):
        return False
    top = text.partition("/")[0]
    has_known_top = "/" in text and (top in PACKAGES or (ROOT / top).is_dir())
    return has_known_top or (text.endswith(ENDINGS) and not text.startswith("."))


def exists(text: str, document: Path) -> bool:
    homes = (ROOT, PACKAGE, ROOT / "src", document.parent)
    stem = text.rstrip("/")
    return text in PRODUCED or any((home / stem).exists() or (home / f"{stem}.py").exists() for home in homes)


def named_in_prose(text: str) -> Iterator[str]:
    prose = FENCE.sub("", text)
    yield from (span for span in SPAN.findall(prose) if names_a_file(span))


def anchors(text: str) -> set[str]:
    """The fragments that a rendered page offers, after GitHub's rule."""
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in HEADING.findall(FENCE.sub("", text))
    }


def dead_links(text: str, document: Path) -> Iterator[str]:
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, fragment = target.partition("#")
        there = document.parent / file
        if file and not there.exists():
            yield target
        elif fragment and (not file or there.suffix == ".md"):
            within = there.read_text(encoding="utf-8") if file else text
            if fragment not in anchors(within):
                yield target


def named_in_trees(text: str) -> Iterator[str]:
    """The paths of a drawn tree: each line's names below the folder that its indentation hangs under."""
    for fence in FENCE.findall(text):
        above: list[str] = []
        for line in fence.splitlines()[1:-1]:
            drawn = TREE_LINE.match(line)
            if drawn is None:
                if re.fullmatch(r"[\w./-]+/(?:  .*)?", line.rstrip()):
                    above = [line.split()[0]]
                continue
            depth = len(drawn[1]) // 4
            names = drawn[2].split()
            base = above[: depth + 1]
            yield from ("".join((*base, name)) for name in names)
            above = [*base, names[0] if names[0].endswith("/") else f"{names[0]}/"]


def missing(text: str, document: Path) -> list[str]:
    files = (*named_in_prose(text), *named_in_trees(text))
    return [*(name for name in files if not exists(name, document)), *dead_links(text, document)]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def unknown_targets(text: str) -> list[str]:
    code = [
        *SPAN.findall(FENCE.sub("", text)),
        *(line for fence in FENCE.findall(text) for line in fence.splitlines()),
    ]
    named = [match[1] for line in code if (match := re.match(r"(?:\$ )?make ([a-z-]+)", line.strip()))]
    return sorted(set(named) - make_targets())


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_names_what_exists(document):
    text = document.read_text(encoding="utf-8")
    assert missing(text, document) == []
    assert unknown_targets(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "see `core/gone.py`",
        "see `gone.md`",
        "see `storage/gone/`",
        "see [it](docs/gone.md)",
        "see [it](#gone)",
        "```\nsrc/linktill/\n├── core/   what\n│   └── gone.py   x\n```",
    ],
)
def test_a_planted_name_is_seen(text):
    assert len(missing(text, ROOT / "README.md")) == 1


def test_a_planted_target_is_seen():
    assert unknown_targets("`make gone` and\n```\nmake lost ARGS=x\n$ make test\n```") == ["gone", "lost"]


def test_what_exists_is_not_seen():
    text = """# A head: with `code`
    see `core/errors.py`, `core`, `pyproject.toml`, `/v1/events`, `text/html`, `POST /v1/links`, [up](#a-head-with-code)
```
src/linktill/
├── core/       what things are
│   ├── errors.py
│   └── money.py   ids.py   amounts
└── py.typed
```
"""
    assert missing(text, ROOT / "README.md") == []


def test_tests_that_documents_name_are_there() -> None:
    there = {
        name
        for path in (*(ROOT / "tests").rglob("*.py"), *PACKAGE.rglob("*.py"))
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    named = {
        (document.name, span)
        for document in documents()
        for span in SPAN.findall(FENCE.sub("", document.read_text()))
        if re.fullmatch(r"test_\w+", span)
    }
    assert named, "no document names a test: this looks for nothing"
    assert {(document, name) for document, name in named if name not in there} == set()
