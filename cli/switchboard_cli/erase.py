"""`switchboard erase REGION DEVICE_ID`: erases a device, as the app's own DELETE does."""

from __future__ import annotations

import argparse
import sys

from switchboard.adapters.dynamodb_chats import DynamoDbChats
from switchboard.adapters.dynamodb_devices import DynamoDbDevices
from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard.adapters.s3_files import S3Files
from switchboard.adapters.sqs_jobs import SqsJobQueue
from switchboard.adapters.system import SystemClock
from switchboard.domain.errors import AppError
from switchboard.domain.ids import DeviceId, RegionSlug, device_hash, is_path_value
from switchboard.usecases.erasure import Erasure
from switchboard_cli import stack
from switchboard_cli.main import CommandError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("region", help="the region's name")
    parser.add_argument(
        "device_id", help="as the app sends it; - reads it from standard input, unseen by the shell"
    )
    stack.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    written = arguments.device_id
    device_id = sys.stdin.readline().strip() if written == "-" else written
    if not is_path_value(device_id):
        raise CommandError("this cannot be a device id")
    with stack.opened(arguments) as opened:
        conversations = opened.conversations()
        dynamodb = conversations.dynamodb
        directory = DynamoDbDirectory(dynamodb, opened.directory.table, SystemClock())
        region = directory.region(RegionSlug(arguments.region))
        if region is None:
            raise CommandError(f"there is no region {arguments.region}")
        erase = Erasure(
            DynamoDbChats(dynamodb, conversations.table),
            DynamoDbDevices(dynamodb, conversations.table),
            SqsJobQueue(conversations.sqs, conversations.queue_url),
            S3Files(lambda: conversations.s3, conversations.bucket),
        )
        try:
            erased = erase(region, device_hash(region.slug, DeviceId(device_id)))
        except AppError as error:
            print(f"switchboard: not erased, try again: {error.detail}", file=sys.stderr)
            return 1
    print(f"erased {erased} chat{'s' if erased != 1 else ''}; the worker sees to the tickets")
    return 0
