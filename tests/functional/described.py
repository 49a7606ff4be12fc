"""The descriptions in docs/openapi, and what answers are held against."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

FOLDER = Path(__file__).parents[2] / "docs" / "openapi"
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""Requests generated for each operation, new ones each time; 0: a few, always the same."""
ANSWER_CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
FUZZ_CHECKS = [
    not_a_server_error,
    *ANSWER_CHECKS,
    unsupported_method,
    allow_header_conformance,
]


def description(name: str) -> dict[str, Any]:
    """The OpenAPI document of this API, as it is published."""
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return document


def operations(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Method and path of each operation by its id."""
    return {
        operation["operationId"]: (method.upper(), path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict)
    }
