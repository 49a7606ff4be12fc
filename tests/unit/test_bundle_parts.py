"""The parts of `make build`: what goes into the bundle, and that nothing else does."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import botocore
import pytest
from botocore.loaders import Loader
from botocore.session import Session
from moto import mock_aws

from tools.archive import write_zip
from tools.botocore_data import trim_botocore, trim_model, used_names
from tools.build import ROOT
from tools.bytecode import lambda_python
from tools.errors import BuildError
from tools.proof import check_native_code
from tools.runtime_packages import ARM64, Target, closure, locked, remove_unused
from tools.template import read_template

LOCK = ROOT / "requirements.lock"
MODEL: Mapping[str, Any] = {
    "metadata": {"serviceId": "Shop"},
    "documentation": "<p>All about shops.</p>",
    "operations": {
        "BuyThing": {
            "name": "BuyThing",
            "input": {"shape": "Thing"},
            "errors": [{"shape": "SoldOut"}],
            "documentation": "<p>Buys.</p>",
        },
        "CloseShop": {"name": "CloseShop", "input": {"shape": "Reason"}},
    },
    "shapes": {
        "Thing": {
            "type": "structure",
            "members": {"parts": {"shape": "Things"}, "documentation": {"shape": "Text"}},
        },
        "Things": {"type": "list", "member": {"shape": "Thing", "documentation": "<p>One.</p>"}},
        "Text": {"type": "string"},
        "SoldOut": {"type": "structure", "members": {}},
        "Reason": {"type": "string"},
    },
}


def write(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_only_called_operations_are_kept() -> None:
    """An operation that no source names goes, with the shapes that only it needs."""
    trimmed = trim_model(MODEL, {"buy_thing"})
    assert set(trimmed["operations"]) == {"BuyThing"}
    assert set(trimmed["shapes"]) == {"Thing", "Things", "Text", "SoldOut"}


def test_prose_goes_but_members_called_documentation_stay() -> None:
    """Texts for readers are dropped; a member that happens to have such a name is not."""
    trimmed = trim_model(MODEL, {"buy_thing"})
    assert "<p>" not in json.dumps(trimmed)
    assert trimmed["shapes"]["Thing"]["members"]["documentation"] == {"shape": "Text"}


def test_a_service_that_was_not_trimmed_for_would_be_noticed(tmp_path: Path) -> None:
    """Whatever name an AWS client's method is called by in our sources is kept."""
    write(
        tmp_path / "package" / "a.py",
        "def f(aws):\n"
        "    ssm = aws.client('ssm')\n"
        "    call = ssm.get_parameter\n"
        "    for page in aws.client('dynamodb').get_paginator('query'):\n"
        "        pass\n",
    )
    services, names = used_names([tmp_path])
    assert services == {"ssm", "dynamodb"}
    assert {"get_parameter", "query"} <= names


def test_trimmed_data_makes_the_same_calls(tmp_path: Path) -> None:
    """A client made from trimmed data stores and reads an item, in every region it did before."""
    data = Path(botocore.__file__).parent / "data"
    for name in ("dynamodb", "sqs"):
        shutil.copytree(data / name, tmp_path / "botocore" / "data" / name)
    for path in data.glob("*.json"):
        shutil.copy(path, tmp_path / "botocore" / "data")
    write(
        tmp_path / "own" / "a.py",
        "def f(aws, table):\n"
        "    db = aws.client('dynamodb')\n"
        "    db.create_table(), db.put_item(), db.get_item()\n",
    )
    kept = trim_botocore(tmp_path / "botocore", [tmp_path / "own"])
    assert kept == ["dynamodb (CreateTable, GetItem, PutItem)"]

    session = Session()
    trimmed = Loader([str(tmp_path / "botocore" / "data")], include_default_search_paths=False)
    session.register_component("data_loader", trimmed)
    assert session.get_available_services() == ["dynamodb"]
    with mock_aws():
        client: Any = session.create_client(
            "dynamodb", "eu-central-1", aws_access_key_id="-", aws_secret_access_key="-"
        )
        client.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client.put_item(TableName="t", Item={"pk": {"S": "a"}, "n": {"N": "1"}})
        item = client.get_item(TableName="t", Key={"pk": {"S": "a"}})["Item"]
        assert item == {"pk": {"S": "a"}, "n": {"N": "1"}}
        assert client.meta.endpoint_url == "https://dynamodb.eu-central-1.amazonaws.com"


def test_without_any_client_nothing_is_trimmed(tmp_path: Path) -> None:
    """Sources in which no client is made are a mistake of the build, not a reason to drop all."""
    write(tmp_path / "a.py", "print('hello')\n")
    with pytest.raises(BuildError, match="no source makes an AWS client"):
        trim_botocore(tmp_path / "botocore", [tmp_path])


def test_zips_depend_on_content_alone(tmp_path: Path) -> None:
    """The same files, written at other times in another order, give the same bytes."""
    names = [f"{letter}/{letter}.py" for letter in "abcdefghij"]
    for folder, order in (("one", names), ("two", names[::-1])):
        for name in order:
            write(tmp_path / folder / name, name).chmod(0o600 if folder == "one" else 0o755)
    sizes = [write_zip(tmp_path / name, tmp_path / f"{name}.zip") for name in ("one", "two")]
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert ZipFile(tmp_path / "two.zip").namelist() == names
    assert sizes[0].files == len(names)
    assert sizes[0].unzipped == sum(map(len, names))
    assert sizes[0].zipped == (tmp_path / "one.zip").stat().st_size


def test_every_pin_has_a_hash_and_no_registry_is_named() -> None:
    """The lock file holds versions and hashes; where to get them is the installer's setting."""
    pins = dict(locked(LOCK))
    assert len(pins) > 50
    assert all("--hash=sha256:" in pin for pin in pins.values())
    assert "://" not in LOCK.read_text()
    assert not re.search(r"^--", LOCK.read_text(), re.MULTILINE)


def test_the_layer_holds_what_the_declared_packages_need() -> None:
    """Needs of needs are found, needs of other systems and of extras are not."""
    found = closure(["boto3", "pydantic; sys_platform == 'win32'"], ARM64)
    assert {"boto3", "botocore", "urllib3", "six"} <= found
    assert not found & {"pydantic", "awscrt", "colorama", "moto"}
    assert found <= set(dict(locked(LOCK)))


def test_an_unknown_package_is_a_clear_error() -> None:
    """A dependency that was declared but never locked stops the build and names the remedy."""
    with pytest.raises(BuildError, match=r"no-such-package is not installed.*make lock"):
        closure(["no-such-package"], ARM64)


def test_tests_types_and_scripts_of_packages_are_left_out(tmp_path: Path) -> None:
    """Code, licences and names of packages stay; what only developers use goes."""
    kept = ["p/__init__.py", "p/data/a.json", "p-1.dist-info/METADATA", "p-1.dist-info/LICENSE.txt"]
    kept += ["p-1.dist-info/licenses/NOTICE"]
    dropped = ["bin/p", "p/tests/test_p.py", "p/a/examples/b.py", "p/__init__.pyi", "p/py.typed"]
    dropped += ["p-1.dist-info/RECORD", "p-1.dist-info/top_level.txt"]
    for name in kept + dropped:
        write(tmp_path / name)
    remove_unused(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(kept)


def test_native_code_for_another_machine_is_refused(tmp_path: Path) -> None:
    """A module compiled for x86 cannot get into the arm64 bundle."""
    header = b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little")
    (tmp_path / "fast.abi3.so").write_bytes(header)
    check_native_code(tmp_path, Target("x86_64"))
    with pytest.raises(BuildError, match=r"fast\.abi3\.so is not built for aarch64"):
        check_native_code(tmp_path, ARM64)


def test_the_template_says_what_is_built() -> None:
    """Every function of the design is in the bundle, in the folder and with the handler it has."""
    template = read_template(ROOT / "template.yaml")
    assert {
        function.name: (function.folder, function.handler) for function in template.functions
    } == {
        name: (f"functions/{name}", f"{name}.handler.handle")
        for name in ("chatbot", "userchat", "webhook", "worker")
    }
    assert template.layer == "layers/switchboard"
    assert template.others == ("layers/sql",)
    assert all("DIRECTORY_TABLE" in function.environment for function in template.functions)


def test_without_the_interpreter_of_lambda_there_is_no_build(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bytecode of another version would be worthless: the build says which one it needs."""
    monkeypatch.setenv("PYTHON313", "/nowhere/python3.13")
    with pytest.raises(BuildError, match=r"needs CPython 3\.13.*PYTHON313="):
        lambda_python()
