"""The user chat's parts, put together once per execution environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from aws_lambda_powertools import Logger

from switchboard.adapters.dynamodb_chats import DynamoDbChats
from switchboard.adapters.dynamodb_counters import DynamoDbCounters
from switchboard.adapters.dynamodb_devices import DynamoDbDevices
from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard.adapters.s3_files import S3_OPTIONS, S3Files
from switchboard.adapters.sqs_jobs import SqsJobQueue
from switchboard.adapters.ssm_secrets import SsmSecrets
from switchboard.adapters.system import RandomIds, SystemClock
from switchboard.adapters.zammad_http import HttpZammadConnector
from switchboard.domain.directory import Region
from switchboard.domain.ids import DeviceHash
from switchboard.ports.clock import Clock
from switchboard.ports.directory import DirectoryRepository
from switchboard.runtime import Aws, settings
from switchboard.usecases.consent import ConsentDelivery
from switchboard.usecases.delivery import Delivery
from switchboard.usecases.refresh import Refresh
from switchboard.usecases.stored_files import StoredFiles
from userchat.limits import ReadLimit, SendLimits
from userchat.read_attachment import ReadAttachment
from userchat.read_chat import ReadChat
from userchat.rollout import Rollout
from userchat.send_message import SendMessage

ZAMMAD_SECONDS = 20.0
"""What a request may spend on Zammad altogether: what it does not bring there is the worker's.

A few seconds less than the function's own time-out.
"""


@dataclass(frozen=True, slots=True)
class Settings:
    directory_table: str
    conversations_table: str
    queue_url: str
    secrets_prefix: str
    attachments_bucket: str
    messages_per_device: int = 50
    messages_per_address: int = 100
    reads_per_address: int = 600
    limit_window_seconds: int = 600


@dataclass(frozen=True, slots=True)
class Desk:
    """`begin` is for each request: it bounds the time spent on Zammad."""

    begin: Callable[[], None]
    directory: DirectoryRepository
    clock: Clock
    logger: Logger
    reads: ReadLimit
    read_chat: ReadChat
    send_message: SendMessage
    read_attachment: ReadAttachment
    rollout: Rollout
    erase: Callable[[Region, DeviceHash], int]


def build() -> Desk:
    """Raises `Misconfigured` if the environment is incomplete."""
    names = settings(Settings)
    aws = Aws()
    clock, ids = SystemClock(), RandomIds()
    dynamodb = aws.client("dynamodb")
    queue = SqsJobQueue(aws.client("sqs"), names.queue_url)
    secrets = SsmSecrets(lambda: aws.client("ssm"), names.secrets_prefix, clock)
    zammad = HttpZammadConnector(secrets)
    chats = DynamoDbChats(dynamodb, names.conversations_table)
    s3 = S3Files(lambda: aws.client("s3", **S3_OPTIONS), names.attachments_bucket)
    delivery = Delivery(chats, zammad, clock, ids, StoredFiles(s3, chats, ids))
    window = names.limit_window_seconds
    devices = DynamoDbDevices(dynamodb, names.conversations_table)
    counters = DynamoDbCounters(dynamodb, names.conversations_table)
    limits = SendLimits(counters, names.messages_per_device, names.messages_per_address, window)
    consents = ConsentDelivery(chats, zammad, clock)

    def erase(region: Region, device: DeviceHash) -> int:
        """Few devices are ever erased: nobody else's cold start pays for it."""
        from switchboard.usecases.erasure import Erasure

        return Erasure(chats, devices, queue, s3)(region, device)

    return Desk(
        begin=partial(zammad.begin, ZAMMAD_SECONDS),
        directory=DynamoDbDirectory(dynamodb, names.directory_table, clock),
        clock=clock,
        logger=Logger(use_rfc3339=True),
        reads=ReadLimit(clock, names.reads_per_address, window),
        read_chat=ReadChat(chats, queue, Refresh(chats, zammad, clock, ids), clock),
        send_message=SendMessage(chats, queue, delivery, clock, ids, limits, consents),
        read_attachment=ReadAttachment(chats, zammad, s3, clock),
        rollout=Rollout(devices, clock, ids),
        erase=erase,
    )
