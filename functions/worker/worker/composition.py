"""The worker's parts, put together once per execution environment."""

from __future__ import annotations

from dataclasses import dataclass

from aws_lambda_powertools import Logger

from switchboard.adapters.dynamodb_chats import DynamoDbChats
from switchboard.adapters.dynamodb_counters import DynamoDbCounters
from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard.adapters.functions import LoadedFunctions
from switchboard.adapters.models import Models
from switchboard.adapters.plugin_kinds import LoadedKinds, Resources
from switchboard.adapters.s3_files import S3_OPTIONS, S3Files
from switchboard.adapters.ssm_secrets import SsmSecrets
from switchboard.adapters.system import RandomIds, SystemClock
from switchboard.adapters.zammad_http import HttpZammadConnector
from switchboard.runtime import Aws, settings
from switchboard.usecases.delivery import Delivery
from switchboard.usecases.metering import MeteredModels
from switchboard.usecases.refresh import Refresh
from switchboard.usecases.stored_files import StoredFiles
from switchboard.usecases.take_turn import Turns
from worker.answering import AnswerQuestion
from worker.bot import RegionBot
from worker.records import RecordEdge
from worker.run_job import RunJob
from worker.translating import Translating
from worker.translator import RegionTranslator


@dataclass(frozen=True, slots=True)
class Settings:
    directory_table: str
    conversations_table: str
    queue_url: str
    dead_letter_queue_url: str
    secrets_prefix: str
    attachments_bucket: str


def build() -> RecordEdge:
    """Raises `Misconfigured` if the environment is incomplete."""
    names = settings(Settings)
    aws = Aws()
    clock, ids = SystemClock(), RandomIds()
    dynamodb, sqs, ssm = aws.client("dynamodb"), aws.client("sqs"), aws.client("ssm")
    directory = DynamoDbDirectory(dynamodb, names.directory_table, clock)
    secrets = SsmSecrets(lambda: ssm, names.secrets_prefix, clock)
    zammad = HttpZammadConnector(secrets)
    chats = DynamoDbChats(dynamodb, names.conversations_table)
    s3 = S3Files(lambda: aws.client("s3", **S3_OPTIONS), names.attachments_bucket)
    files = StoredFiles(s3, chats, ids)
    logger = Logger(use_rfc3339=True)
    counters = DynamoDbCounters(dynamodb, names.conversations_table)
    models = MeteredModels(Models(secrets, clock, aws), counters, clock)
    resources = Resources(secrets, clock)
    turns = Turns(models, clock, LoadedKinds(resources), LoadedFunctions(resources))
    bot = RegionBot(directory, turns, clock, logger)
    translator = RegionTranslator(directory, models, clock)
    translating = Translating(chats, translator, clock, logger)
    run = RunJob(
        directory=directory,
        chats=chats,
        zammad=zammad,
        delivery=Delivery(chats, zammad, clock, ids, files),
        refresh=Refresh(chats, zammad, clock, ids),
        answers=AnswerQuestion(chats, zammad, bot, clock, ids, logger, translating),
        clock=clock,
        translating=translating,
    )
    return RecordEdge(run, sqs, names.queue_url, names.dead_letter_queue_url, logger)
