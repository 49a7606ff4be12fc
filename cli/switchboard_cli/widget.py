"""`switchboard widget`: puts the built widget where the stack hosts it, and prints how to embed it.

It is stored twice: under the name that always has the newest, and under one of its own that never
changes, for pages that check its digest. What was stored under such a name before stays.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
from pathlib import Path

from switchboard_cli import stack
from switchboard_cli.main import CommandError

BUILT = Path(__file__).parents[2] / "web" / "dist" / "switchboard-chat.js"
NEWEST = "public, max-age=300, stale-while-revalidate=86400"
"""Five minutes in a browser, and as long at CloudFront: soon enough, and there is no need to
invalidate anything."""
FOREVER = "public, max-age=31536000, immutable"


def configure(parser: argparse.ArgumentParser) -> None:
    stack.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.local:
        raise CommandError("the local stack serves the widget itself, at /switchboard-chat.js")
    content = BUILT.read_bytes()
    pinned = f"switchboard-chat.{hashlib.sha256(content).hexdigest()[:16]}.js"
    with stack.opened(arguments) as opened:
        bucket, url = (opened.outputs.get(name, "") for name in ("WidgetBucket", "WidgetUrl"))
        if not bucket or not url:
            raise CommandError(
                f"the stack {opened.name} does not host the widget; deploy it with HostWidget=true"
            )
        folder, _, newest = url.rpartition("/")
        s3 = opened.client("s3")
        for name, kept in ((pinned, FOREVER), (newest, NEWEST)):
            s3.put_object(
                Bucket=bucket,
                Key=name,
                Body=content,
                ContentType="text/javascript; charset=utf-8",
                CacheControl=kept,
            )
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
    print("always the newest:")
    print(f'  <script src="{url}" defer></script>')
    print("this one and no other:")
    print(f'  <script src="{folder}/{pinned}" defer')
    print(f'    integrity="sha384-{digest}" crossorigin="anonymous"></script>')
    return 0
