"""What `make build` proves of its own result, on small bundles made here."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from tools.bytecode import check_bytecode, compile_tree
from tools.errors import BuildError
from tools.proof import import_handlers
from tools.template import Function, Template

PYTHON = Path(sys.executable)
TEMPLATE = Template(
    (Function("greet", "functions/greet", "greet.handle", {"WHOM": "you"}),), "layer"
)
HANDLER = """
import os
import words
WHOM = os.environ["WHOM"]
def handle(event, context): ...
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A function and a layer, both with their bytecode."""
    for name, source in {
        "functions/greet/greet.py": HANDLER,
        "layer/python/words.py": "HELLO = 'hello'\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(source)
    compile_tree(PYTHON, tmp_path, "/var/task")
    return tmp_path


def test_a_complete_bundle_passes(bundle: Path) -> None:
    """Handlers are imported with their environment and layer, and nothing is written."""
    before = sorted(bundle.rglob("*"))
    check_bytecode(PYTHON, bundle)
    import_handlers(PYTHON, bundle, TEMPLATE)
    assert sorted(bundle.rglob("*")) == before


def test_bytecode_is_believed_without_a_look_at_the_source(bundle: Path) -> None:
    """What runs is the bytecode, whatever time the source has: Lambda cannot write a new one."""
    (bundle / "functions/greet/greet.py").write_text("raise SystemError\n")
    import_handlers(PYTHON, bundle, TEMPLATE)


def test_a_source_without_bytecode_is_found(bundle: Path) -> None:
    """A missing file of bytecode fails both proofs, and the text names the source."""
    source = bundle / "layer/python/words.py"
    Path(importlib.util.cache_from_source(str(source))).unlink()
    with pytest.raises(BuildError, match=r"1 sources have no bytecode.*words\.py"):
        check_bytecode(PYTHON, bundle)
    with pytest.raises(BuildError, match=r"greet compiled .*words\.py"):
        import_handlers(PYTHON, bundle, TEMPLATE)


def test_stale_bytecode_is_found(bundle: Path) -> None:
    """Bytecode of another source than the one beside it would run unnoticed on Lambda."""
    (bundle / "layer/python/words.py").write_text("HELLO = 'good evening'\n")
    with pytest.raises(BuildError, match=r"words\.py"):
        check_bytecode(PYTHON, bundle)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (
            "import pytest\ndef handle(event, context): ...\n",
            "No module named 'pytest'",
        ),
        ("import not_there\n", "greet.handle cannot be imported"),
        ("handle = 7\n", "greet.handle is not a function"),
    ],
)
def test_a_handler_that_lambda_could_not_run_is_found(
    bundle: Path, source: str, complaint: str
) -> None:
    """Packages of this machine do not count; errors are shown."""
    (bundle / "functions/greet/greet.py").write_text(source)
    compile_tree(PYTHON, bundle, "/var/task")
    with pytest.raises(BuildError, match=complaint):
        import_handlers(PYTHON, bundle, TEMPLATE)


def test_tracebacks_name_the_deployed_path(bundle: Path) -> None:
    """No path of the machine that built the bundle is in it."""
    compiled = list(bundle.rglob("*.pyc"))
    assert compiled
    assert not [path for path in compiled if str(bundle).encode() in path.read_bytes()]
