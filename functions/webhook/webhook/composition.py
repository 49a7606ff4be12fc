"""The webhook's parts, put together once per execution environment."""

from __future__ import annotations

from dataclasses import dataclass

from aws_lambda_powertools import Logger

from switchboard.adapters.dynamodb_chats import DynamoDbChats
from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard.adapters.sqs_jobs import SqsJobQueue
from switchboard.adapters.ssm_secrets import SsmSecrets
from switchboard.adapters.system import SystemClock
from switchboard.runtime import Aws, settings
from webhook.receive import ReceiveWebhook


@dataclass(frozen=True, slots=True)
class Settings:
    directory_table: str
    conversations_table: str
    queue_url: str
    secrets_prefix: str


@dataclass(frozen=True, slots=True)
class Reception:
    receive: ReceiveWebhook
    logger: Logger


def build() -> Reception:
    """Raises `Misconfigured` if the environment is incomplete."""
    names = settings(Settings)
    aws = Aws()
    clock = SystemClock()
    dynamodb, ssm = aws.client("dynamodb"), aws.client("ssm")
    receive = ReceiveWebhook(
        directory=DynamoDbDirectory(dynamodb, names.directory_table, clock),
        secrets=SsmSecrets(lambda: ssm, names.secrets_prefix, clock),
        chats=DynamoDbChats(dynamodb, names.conversations_table),
        queue=SqsJobQueue(aws.client("sqs"), names.queue_url),
        clock=clock,
    )
    return Reception(receive, Logger(use_rfc3339=True))
