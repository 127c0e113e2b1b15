"""The program for a host: its modules as they are, in one file that CPython 3.6 can run."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from arc_compliance.judge.causes import CAUSES
from arc_compliance.probe import bundle
from arc_compliance.probe.python import contract, limits
from arc_compliance.wire.frame import BEGIN, END
from arc_compliance.wire.observation import Stage
from selftests.probe import peers

OURS = "arc_compliance.probe.python."
PROGRAM = bundle.bundled().decode()


def source(module: str) -> str:
    return (bundle.PACKAGE / f"{module}.py").read_text(encoding="utf-8")


def imported(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def defined(tree: ast.Module) -> Iterator[str]:
    """The names that the statements of a module give a meaning, its imports aside."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id


def statements(tree: ast.Module) -> list[str]:
    """The statements of a module without its docstring and imports, in a form to compare."""
    return [
        ast.dump(node)
        for node in tree.body
        if not isinstance(node, ast.Import | ast.ImportFrom)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]


def test_every_module_is_in_the_program() -> None:
    paths = bundle.PACKAGE.rglob("*.py")
    found = {path.relative_to(bundle.PACKAGE).with_suffix("").as_posix() for path in paths}

    named = [one for one in found if not one.endswith("__init__")]
    assert sorted(bundle.MODULES) == sorted(named)
    for package in set(found).difference(named):
        assert statements(ast.parse(source(package))) == []


@pytest.mark.parametrize("module", bundle.MODULES)
def test_a_module_needs_only_what_comes_before_it(module: str) -> None:
    """And of others than ours the standard library only, as ``import name``."""
    before = bundle.MODULES[: bundle.MODULES.index(module)]
    for node in imported(ast.parse(source(module))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            assert not any(alias.asname for alias in node.names), "an alias is lost in the program"
            assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
        elif node.module != "typing":
            assert node.module
            assert node.module.removeprefix(OURS).replace(".", "/") in before
            assert not any(alias.asname for alias in node.names), "an alias is lost in the program"


@pytest.mark.parametrize("module", bundle.MODULES)
def test_a_module_is_small(module: str) -> None:
    assert len(source(module).splitlines()) <= 300


def test_no_name_is_defined_twice() -> None:
    trees = [ast.parse(source(module)) for module in bundle.MODULES]
    counted = Counter(name for tree in trees for name in set(defined(tree)))
    libraries = {
        alias.name.partition(".")[0]
        for tree in trees
        for node in imported(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }

    assert [name for name, times in counted.items() if times > 1] == []
    assert libraries.isdisjoint(counted)
    assert "PROGRAM" not in counted, "that is the loader's"


def test_typing_is_for_texts_only() -> None:
    """The program does not import it."""
    for module in bundle.MODULES:
        tree = ast.parse(source(module))
        typing = {
            alias.name
            for node in imported(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "typing"
            for alias in node.names
        }
        assert typing.isdisjoint(evaluated_at_run_time(tree)), module


def evaluated_at_run_time(tree: ast.Module) -> set[str]:
    """The names that are looked up; not those of annotations inside functions (PEP 526)."""
    local = [
        part
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.AnnAssign)
        for part in ast.walk(node.annotation)
    ]
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not any(node is one for one in local)
    }


def test_the_program_does_what_its_modules_do() -> None:
    """Statement by statement it is the modules one after the other, and nothing else."""
    parts = [one for module in bundle.MODULES for one in statements(ast.parse(source(module)))]

    assert statements(ast.parse(PROGRAM)) == parts


def test_the_program_is_python_3_6_and_stands_alone() -> None:
    tree = ast.parse(PROGRAM, feature_version=(3, 6))
    names = {alias.name for node in imported(tree) for alias in node.names}

    assert all(isinstance(node, ast.Import) for node in imported(tree))
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
    assert "arc_compliance" not in PROGRAM


def test_the_program_can_be_read() -> None:
    """It says what it is and what follows in which order; no line is wider than a screen."""
    docstring = ast.get_docstring(ast.parse(PROGRAM)) or ""
    lines = PROGRAM.splitlines()

    assert docstring.startswith("Measures, on the host it runs on,")
    assert f"Version {contract.PROBE_VERSION}." in docstring
    at = [docstring.index(f"\n  {module} ") for module in bundle.MODULES]
    assert at == sorted(at)
    headings = [line.split()[2] for line in lines if line.startswith("# ---- ")]
    assert headings == list(bundle.MODULES)
    assert [line for line in lines if len(line) > 100 and "# noqa" not in line] == []


def test_the_program_is_always_the_same() -> None:
    bundle.bundled.cache_clear()

    assert bundle.bundled().decode() == PROGRAM
    assert bundle.program_sha256() == hashlib.sha256(PROGRAM.encode()).hexdigest()


@pytest.mark.parametrize("text", ["import re\n", "# a comment\n", ""])
def test_a_module_without_a_docstring_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.py"
    path.write_text(text)

    with pytest.raises(ValueError, match="it does not begin with a docstring"):
        bundle.read_module(path, "odd")


# -- what both sides use -------------------------------------------------------------------------


def test_every_cause_of_the_probe_is_one_of_the_judges() -> None:
    constants = {value for value in vars(contract).values() if isinstance(value, contract.Cause)}

    assert set(contract.CAUSES) == constants
    assert [cause for cause in contract.CAUSES if cause not in CAUSES] == []


def test_marks_and_stages_are_the_evidences() -> None:
    assert (BEGIN.decode(), END.decode()) == (contract.BEGIN, contract.END)
    assert tuple(stage.value for stage in Stage) == contract.STAGES


def test_every_limit_is_used() -> None:
    rest = "\n".join(source(one) for one in bundle.MODULES if one != "limits")

    for name in vars(limits):
        if not name.startswith("_") and name not in ("KIB", "MAX_RULES"):
            assert name in rest, name


# -- the program's own digest --------------------------------------------------------------------


def test_a_carried_program_knows_itself() -> None:
    seen = peers.measure(peers.order(peers.target("missing.invalid")))

    assert seen.probe.sha256 == bundle.program_sha256()


def test_a_changed_program_says_so(tmp_path: Path) -> None:
    changed = tmp_path / "probe.py"
    changed.write_text(PROGRAM + "# changed\n")
    order = peers.order(peers.target("missing.invalid"))

    seen = peers.measure(order, program=changed)

    assert seen.probe.sha256 == hashlib.sha256(changed.read_bytes()).hexdigest()
    assert seen.probe.sha256 != bundle.program_sha256()
