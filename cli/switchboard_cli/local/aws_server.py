"""Runs as a process of its own: moto's server, which holds its state per process.

Says `ready PORT`, or `taken`; ends when its standard input does, so that it never outlives the
local stack that started it.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import socket
import sys
import threading
import time
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def remember_deleted_messages() -> None:
    """Lets FIFO queues drop for five minutes what they were sent before, as SQS does.

    moto's forget a message when it is deleted.
    """
    from moto.sqs.models import DEDUPLICATION_TIME_IN_SECONDS, Message, Queue

    add, sent = Queue.add_message, WeakKeyDictionary[Queue, dict[str, float]]()

    def add_unless_sent(queue: Queue, message: Message) -> None:
        now, known = time.monotonic(), sent.setdefault(queue, {})
        for key in [key for key, until in known.items() if until <= now]:
            del known[key]
        if message.deduplication_id in known:
            return
        if message.deduplication_id:
            known[message.deduplication_id] = now + DEDUPLICATION_TIME_IN_SECONDS
        add(queue, message)

    Queue.add_message = add_unless_sent  # type: ignore[method-assign, assignment]


def kept_from_pages(application: WSGIApplication) -> WSGIApplication:
    """Without what a page in somebody's browser asks, other than a download it was sent to.

    The keys of the developer's models and of a real help desk are in here, and nothing checks a
    signature. A name that is not this machine's own was made to point here.
    """

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "").rpartition(":")[0]
        is_own = host in ("127.0.0.1", "localhost") or host.endswith(".localhost")
        reads = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        is_download = reads and "X-Amz-Signature=" in environ.get("QUERY_STRING", "")
        if is_own and (is_download or "HTTP_ORIGIN" not in environ):
            return application(environ, start_response)
        start_response("403 Forbidden", [("Content-Length", "0")])
        return ()

    return guarded


def main(port: int) -> int:
    with socket.socket() as probe:  # a port that is taken would end moto's thread without a word
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            print("taken", flush=True)
            return 1
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # it would let every page read every answer
    gc.disable()  # moto's imports are two seconds of nothing but allocations
    warnings.simplefilter("ignore")  # what moto's imports warn of is not ours to mend
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    remember_deleted_messages()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(
        "127.0.0.1",
        port,
        kept_from_pages(DomainDispatcherApplication(create_backend_app)),
        threaded=True,
        request_handler=MotoRequestHandler,
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"ready {server.port}", flush=True)
    # CloudFormation imports every service on its first request; begun now, it waits less long.
    importlib.import_module("moto.cloudformation.parsing")
    gc.freeze()
    gc.enable()
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
