"""Runs inside the child process of one function: takes events, calls the handler, posts answers.

Started as a script, with the standard library only, so that the function's imports are the
first of their kind. It must never import from this package.
"""

from __future__ import annotations

import http.client
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

PREFIX = "/2018-06-01/runtime/"


class Context:
    """What a handler gets as its second argument."""

    def __init__(self, headers: Any) -> None:
        self.aws_request_id: str = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn: str = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._deadline - int(time.time() * 1000))


def load() -> Callable[[Any, Any], Any]:
    """The handler that `_HANDLER` names; other functions' folders are off the path.

    An editable install puts every function on the import path. On Lambda only the own one is
    there, so an import from another must fail here too.
    """
    hidden = set(filter(None, os.environ.pop("LOCAL_HIDDEN_PATHS", "").split(os.pathsep)))
    sys.path[:] = [entry for entry in sys.path if entry not in hidden]
    module, _, name = os.environ["_HANDLER"].replace("/", ".").rpartition(".")
    handler: Callable[[Any, Any], Any] = getattr(importlib.import_module(module), name)
    return handler


def document(error: BaseException) -> bytes:
    """An error as runtimes post it; it is also printed, as Lambda would log it."""
    lines = traceback.format_exception(error)
    print("".join(lines), file=sys.stderr, end="", flush=True)
    return json.dumps(
        {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": lines}
    ).encode()


def serve(connection: http.client.HTTPConnection, handler: Callable[[Any, Any], Any]) -> None:
    while True:
        connection.request("GET", PREFIX + "invocation/next")
        response = connection.getresponse()
        context = Context(response.headers)
        os.environ["_X_AMZN_TRACE_ID"] = response.headers["Lambda-Runtime-Trace-Id"]
        body = response.read()
        try:
            answer = json.dumps(handler(json.loads(body), context), ensure_ascii=False).encode()
            outcome = "response"
        except Exception as error:  # noqa: BLE001
            answer, outcome = document(error), "error"
        sys.stdout.flush()
        connection.request("POST", f"{PREFIX}invocation/{context.aws_request_id}/{outcome}", answer)
        connection.getresponse().read()


def main() -> int:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        try:
            handler = load()
        except Exception as error:  # noqa: BLE001
            connection.request("POST", PREFIX + "init/error", document(error))
            connection.getresponse().read()
            return 1
        serve(connection, handler)
    except (OSError, http.client.HTTPException, KeyboardInterrupt):
        pass  # the local stack has ended, and so does this
    return 0


if __name__ == "__main__":
    sys.exit(main())
