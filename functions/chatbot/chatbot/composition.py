"""The chatbot API's parts, put together once per execution environment."""

from __future__ import annotations

from dataclasses import dataclass

from aws_lambda_powertools import Logger

from chatbot.addressing import ChatbotFinder
from chatbot.edge import ChatbotEdge
from chatbot.invoke import Invoke
from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard.adapters.dynamodb_sessions import DynamoDbSessions
from switchboard.adapters.models import Models
from switchboard.adapters.plugin_kinds import LoadedKinds, Resources
from switchboard.adapters.ssm_secrets import SsmSecrets
from switchboard.adapters.system import RandomIds, SystemClock
from switchboard.runtime import Aws, settings
from switchboard.usecases.take_turn import Turns


@dataclass(frozen=True, slots=True)
class Settings:
    """`api_domain` is the one below which chatbots have host names of their own."""

    directory_table: str
    conversations_table: str
    secrets_prefix: str
    api_domain: str
    platform_domain: str


def build() -> ChatbotEdge:
    """Raises `Misconfigured` if the environment is incomplete."""
    names = settings(Settings)
    aws = Aws()
    clock, ids, logger = SystemClock(), RandomIds(), Logger()
    dynamodb = aws.client("dynamodb")
    secrets = SsmSecrets(lambda: aws.client("ssm"), names.secrets_prefix, clock)
    invoke = Invoke(
        turns=Turns(Models(secrets, clock), clock, LoadedKinds(Resources(secrets, clock))),
        sessions=DynamoDbSessions(dynamodb, names.conversations_table),
        clock=clock,
        ids=ids,
        logger=logger,
    )
    directory = DynamoDbDirectory(dynamodb, names.directory_table, clock)
    return ChatbotEdge(
        finder=ChatbotFinder(directory, clock, names.platform_domain),
        operations={tail: {"POST": invoke} for tail in ("", "/chat", "/chatbot")},
        clock=clock,
        ids=ids,
        logger=logger,
        api_domain=names.api_domain,
        platform_domain=names.platform_domain,
    )
