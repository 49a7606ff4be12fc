"""The local stack while somebody works on its code."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import requests

from switchboard_cli.local.stack import LocalStack
from tests.functional.echo_stack import FOLDER, echo_stack, eventually


def test_changed_code_is_served_and_the_data_stays(tmp_path: Path) -> None:
    """A function, or all that use a layer, run the new code; tables keep what they hold."""
    folder = tmp_path / "stack"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    with echo_stack(folder, reload=True) as (stack, log):
        table = stack.stack.outputs["DirectoryTable"]
        stack.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "kept"}})
        assert word(stack) == "shared"
        layer = folder / "layers" / "shared" / "shared" / "__init__.py"
        layer.write_text('WORD = "newer"\n')
        eventually(lambda: word(stack) == "newer")
        assert "echo was restarted" in log.getvalue()
        eventually(lambda: "jobs was restarted" in log.getvalue())
        handler = folder / "functions" / "echo" / "echo" / "handler.py"
        handler.write_text('def handle(event, context):\n    return {"word": "newest"}\n')
        eventually(lambda: word(stack) == "newest")
        assert log.getvalue().count("jobs was restarted") == 1
        assert "Item" in stack.client("dynamodb").get_item(
            TableName=table, Key={"id": {"S": "kept"}}
        )
        (folder / "template.yaml").touch()
        eventually(lambda: "template.yaml changed" in log.getvalue())


def test_broken_code_is_told_and_mended_code_works_again(tmp_path: Path) -> None:
    """While a module cannot be imported requests fail; afterwards they do not."""
    folder = tmp_path / "stack"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    handler = folder / "functions" / "echo" / "echo" / "handler.py"
    with echo_stack(folder, reload=True) as (stack, log):
        handler.write_text("this is no Python\n")
        eventually(lambda: "SyntaxError" in log.getvalue())
        assert status(stack) == 500
        handler.write_text('def handle(event, context):\n    return {"word": "mended"}\n')
        eventually(lambda: status(stack) == 200)


def word(stack: LocalStack) -> Any:
    answer = requests.get(f"{stack.url}/things/1", timeout=10)
    return answer.json().get("word")


def status(stack: LocalStack) -> int:
    return requests.get(f"{stack.url}/things/1", timeout=10).status_code
