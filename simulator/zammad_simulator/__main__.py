"""Runs the simulator as a process of its own: `python -m zammad_simulator --port 8001 --webhook
URL`.

Prints one line when it is ready and ends cleanly on Ctrl-C and SIGTERM.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from zammad_simulator.settings import DEFAULT_ATTRIBUTES, SimulatorSettings, Webhook
from zammad_simulator.simulator import ZammadSimulator


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal comes. Exit status 0, or 1 when the port is taken."""
    options = _parser().parse_args(arguments)
    simulator = ZammadSimulator(_settings(options))
    for url in options.webhook:
        simulator.add_webhook(Webhook(url=url, signature_token=options.signature_token))
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        simulator.start()
    except OSError as error:
        print(f"Zammad simulator cannot listen: {error}", file=sys.stderr)
        return 1
    print(f"Zammad simulator ready at {simulator.url}", flush=True)
    ended.wait()
    simulator.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    defaults = SimulatorSettings()
    parser = argparse.ArgumentParser(
        prog="python -m zammad_simulator", description="A simulator of the help desk Zammad."
    )
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument(
        "--webhook",
        action="append",
        default=[],
        metavar="URL",
        help="post webhooks there (repeatable)",
    )
    parser.add_argument("--signature-token", help="sign webhooks with this token")
    parser.add_argument("--bridge-token", default=defaults.bridge_token)
    parser.add_argument("--agent-token", default=defaults.agent_token)
    parser.add_argument("--group", action="append", help="name of a group (repeatable)")
    parser.add_argument("--webhook-delay", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument("--search-lag", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument(
        "--time-scale", type=float, default=1.0, help="factor on the waits between webhook retries"
    )
    parser.add_argument(
        "--drop-message-ids", action="store_true", help="forget message ids, as some servers do"
    )
    parser.add_argument(
        "--no-attributes", action="store_true", help="lack the custom ticket attributes"
    )
    parser.add_argument("--welcome", metavar="TEXT", help="text of a welcome trigger")
    parser.add_argument(
        "--frame-ancestor",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="whose pages may show this one's in a frame (repeatable)",
    )
    return parser


def _settings(options: argparse.Namespace) -> SimulatorSettings:
    return SimulatorSettings(
        host=options.host,
        port=options.port,
        bridge_token=options.bridge_token,
        agent_token=options.agent_token,
        groups=tuple(options.group or SimulatorSettings.groups),
        custom_attributes=() if options.no_attributes else DEFAULT_ATTRIBUTES,
        drop_message_ids=options.drop_message_ids,
        search_lag=options.search_lag,
        webhook_delay=options.webhook_delay,
        time_scale=options.time_scale,
        welcome_messages={"*": options.welcome} if options.welcome else {},
        frame_ancestors=tuple(options.frame_ancestor),
    )


if __name__ == "__main__":
    sys.exit(main())
