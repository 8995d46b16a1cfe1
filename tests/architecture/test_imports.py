"""What imports whom, beyond the layers that import-linter guards (its contracts stand in pyproject.toml)."""

import ast
import subprocess
import sys
import tomllib

import pytest

from tests.architecture.source import PACKAGE, ROOT, Module, modules, parse

SQL_LIBRARIES = {"alembic", "apsw", "asyncpg", "sqlalchemy", "sqlite3"}
# The sandbox is a foreign company with a database of its own (DESIGN: dependency rule).
SQL_HOMES = ("src/linktill/storage/", "src/linktill/sandbox/")

# DESIGN's layout. A package that is not here needs a place in DESIGN first.
PACKAGES = {
    "core",
    "flows",
    "platform",
    "gateways",
    "sandbox",
    "storage",
    "notify",
    "documents",
    "surface",
    "web",
    "api",
    "inbound",
    "worker",
    "simulation",
    "cli",
}
TOP_MODULES = {"__init__.py", "__main__.py", "settings.py", "main.py"}


def imported(node: ast.AST) -> list[str]:
    """The top names that an import statement brings in: `sqlalchemy` of `from sqlalchemy.sql import visitors`."""
    match node:
        case ast.Import(names=names):
            return [alias.name.partition(".")[0] for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module.partition(".")[0]]
        case _:
            return []


def sql_outside_its_home(found: tuple[Module, ...]) -> list[str]:
    return [
        f"{module.at(node)} {name}"
        for module in found
        if not module.name.startswith(SQL_HOMES)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in imported(node)
        if name in SQL_LIBRARIES
    ]


def relative_imports(found: tuple[Module, ...]) -> list[str]:
    return [
        module.at(node)
        for module in found
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def imports_inside_functions(found: tuple[Module, ...]) -> list[str]:
    return [
        module.at(node)
        for module in found
        for function in module.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def imports_of_the_suite(found: tuple[Module, ...]) -> list[str]:
    """It needs pytest, which no installation has."""
    return [
        module.at(node)
        for module in found
        if not module.name.startswith("src/linktill/gateways/testing/")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
        if f"{name}.".startswith(("linktill.gateways.testing.", "pytest.", "pytest_asyncio."))
    ]


def test_nothing_of_the_product_imports_the_suite():
    assert imports_of_the_suite(modules("src")) == []


def test_sql_lives_in_storage():
    assert sql_outside_its_home(modules("src")) == []


def test_imports_are_absolute():
    assert relative_imports(modules("src", "tests", "bench")) == []


def test_no_import_hides_in_a_function():
    assert imports_inside_functions(modules("src", "bench")) == []


def test_every_package_stands_in_the_design():
    there = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert there <= PACKAGES
    assert {path.name for path in PACKAGE.glob("*.py")} <= TOP_MODULES


def test_every_package_is_one():
    """A folder without `__init__.py` is invisible to import-linter, and so breaks every rule unseen."""
    # Alembic loads migrations by path; they import no one and no one imports them.
    folders = {module.path.parent for module in modules("src") if "migrations" not in module.path.parts}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_the_layers_are_those_of_the_design():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract for contract in contracts if contract["id"] == "layers")
    assert layers["exhaustive"] is True
    assert [[name.strip(" ()") for name in layer.split("|")] for layer in layers["layers"]] == [
        ["cli"],
        ["main"],
        ["settings"],
        ["web", "api", "inbound", "worker", "simulation"],
        ["surface"],
        ["flows"],
        ["gateways", "storage", "notify", "documents", "sandbox"],
        ["platform"],
        ["core"],
    ]


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (sql_outside_its_home, "import apsw.ext"),
        (sql_outside_its_home, "def f():\n    from sqlalchemy.sql import visitors"),
        (relative_imports, "from . import money"),
        (imports_of_the_suite, "from linktill.gateways.testing import Wire"),
        (imports_of_the_suite, "from linktill.gateways.testing.rig import Wire"),
        (imports_of_the_suite, "def f():\n    import pytest"),
        (imports_inside_functions, "def f():\n    if True:\n        import json"),
    ],
)
def test_a_planted_import_is_seen(check, text):
    assert len(check((parse(text),))) == 1


def test_the_homes_of_sql_may_import_it():
    planted = tuple(parse("import apsw", PACKAGE / home / "x.py") for home in ("storage", "sandbox", "core"))
    assert sql_outside_its_home(planted) == ["src/linktill/core/x.py:1 apsw"]


def test_an_installation_on_sqlite_does_not_load_postgresqls_dialect():
    """Two megabytes of every process. An index's option for it would, when the tables are imported: `partial_index` does not."""
    program = (
        "import pkgutil, sys, linktill.storage as s, linktill.main\n"
        "for each in pkgutil.walk_packages(s.__path__, 'linktill.storage.'):\n"
        "    any(word in each.name for word in ('migrat', 'postgresql')) or __import__(each.name)\n"
        "from linktill.storage.links import _SELECT as statement\n"
        "assert statement.sqlite.sql\n"
        "print([name for name in sys.modules if name.startswith('sqlalchemy.dialects.postgresql')])\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
