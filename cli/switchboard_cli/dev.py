"""`switchboard dev`: the whole product on this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from switchboard_cli.local.aws import forget_machine_profile
from switchboard_cli.local.child import ChildError
from switchboard_cli.local.deployment import TemplateError
from switchboard_cli.local.names import AWS_PORT, SIMULATOR_PORT
from switchboard_cli.local.stack import LocalSettings, LocalStack, PortTaken
from switchboard_cli.main import CommandError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="of the start page and the HTTP API")
    parser.add_argument(
        "--zammad-port", type=int, default=SIMULATOR_PORT, help="of the Zammad simulator"
    )
    parser.add_argument("--aws-port", type=int, default=AWS_PORT, help="of the local AWS")
    parser.add_argument("--no-simulator", action="store_true", help="use the Zammad at ZAMMAD_URL")
    parser.add_argument(
        "--manifests", type=Path, default=Path("examples"), metavar="DIR", help="applied at start"
    )
    parser.add_argument(
        "--model",
        choices=["small"],
        help="a language model on this machine for chatbots without one; downloads 130 MB, once",
    )
    parser.add_argument(
        "--template", type=Path, default=Path("template.yaml"), help=argparse.SUPPRESS
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PARAMETER=VALUE",
        help="a parameter of template.yaml (repeatable)",
    )


def parameters(given: list[str]) -> dict[str, str]:
    """`["LogLevel=DEBUG"]` as a mapping. Raises `CommandError`."""
    for pair in given:
        if "=" not in pair:
            raise CommandError(f"--set wants PARAMETER=VALUE, not '{pair}'")
    return {name: value for name, _, value in (pair.partition("=") for pair in given)}


def run(arguments: argparse.Namespace) -> int:
    """0 after Ctrl-C or SIGTERM."""
    forget_machine_profile()
    if arguments.model:
        _install_small_model()
    stack = LocalStack(_settings(arguments))
    _on_signals(_interrupt)
    try:
        stack.start()
        stack.log.write(ready_line(stack))
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except (PortTaken, TemplateError, ChildError) as error:
        raise CommandError(str(error)) from error
    except Exception as error:
        from switchboard_cli.manifests import DirectoryBusy, ManifestErrors

        if isinstance(error, DirectoryBusy | ManifestErrors):
            raise CommandError(f"the manifests were not applied:\n{error}") from error
        raise
    finally:
        _on_signals(signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
        stack.stop()
    return 0


def _install_small_model() -> None:
    from switchboard_cli.local.small_model import SmallModelError, install

    try:
        install(lambda text: print(text, flush=True))
    except SmallModelError as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt:
        raise CommandError("the small model was not installed: interrupted") from None


def _on_signals(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def ready_line(stack: LocalStack) -> str:
    """The one line that says where everything is."""
    port = stack.url.rpartition(":")[2]
    domain = stack.stack.outputs.get("ApiDomain", "")
    places = [
        f"chat {stack.url}/",
        f"advisers {stack.zammad_url}/" if stack.zammad_url else "",
        f"API {stack.url}/api/v3/",
        f"bots http://<bot>.<account>.{domain}:{port}/" if domain else "",
        f"AWS {stack.aws_url}",
        f"model {stack.model_url}/v1" if stack.model_url else "",
    ]
    return "Ready: " + " · ".join(filter(None, places))


def _settings(arguments: argparse.Namespace) -> LocalSettings:
    if not arguments.manifests.exists():
        raise CommandError(f"there is no folder '{arguments.manifests}' with manifests")
    small_model = None
    if arguments.model:
        from switchboard_cli.local.small_model import FOLDER

        small_model = FOLDER
    return LocalSettings(
        template=arguments.template,
        manifests=arguments.manifests,
        host=arguments.host,
        port=arguments.port,
        aws_port=arguments.aws_port,
        zammad_port=None if arguments.no_simulator else arguments.zammad_port,
        parameters=parameters(arguments.set),
        reload=True,
        small_model=small_model,
    )
