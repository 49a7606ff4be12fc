"""Runs as a process of its own: moto's server, which holds its state per process.

Says `ready PORT`, or `taken`; ends when its standard input does, so that it never outlives the
local stack that started it.
"""

from __future__ import annotations

import gc
import importlib
import logging
import socket
import sys
import time
import warnings
from weakref import WeakKeyDictionary


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


def main(port: int) -> int:
    with socket.socket() as probe:  # a port that is taken would end moto's thread without a word
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            print("taken", flush=True)
            return 1
    gc.disable()  # moto's imports are two seconds of nothing but allocations
    warnings.simplefilter("ignore")  # what moto's imports warn of is not ours to mend
    from moto.server import ThreadedMotoServer

    remember_deleted_messages()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    print(f"ready {server.get_host_and_port()[1]}", flush=True)
    # CloudFormation imports every service on its first request; begun now, it waits less long.
    importlib.import_module("moto.cloudformation.parsing")
    gc.freeze()
    gc.enable()
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
