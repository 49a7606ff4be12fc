"""The chatbot API's parts, put together once per execution environment."""

from __future__ import annotations

from dataclasses import dataclass

from aws_lambda_powertools import Logger

from chatbot.addressing import MODEL_TAIL, ChatbotFinder
from chatbot.answer_service import ExtractAnswer, TranslateMessage, service_error
from chatbot.complete import Complete, list_models, show_model
from chatbot.config import Config
from chatbot.edge import ChatbotEdge, Operation
from chatbot.invoke import Invoke
from chatbot.journaled import Journaled
from chatbot.openai_answer import openai_error
from switchboard.adapters.dynamodb_counters import DynamoDbCounters
from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard.adapters.dynamodb_journal import DynamoDbJournal
from switchboard.adapters.dynamodb_sessions import DynamoDbSessions
from switchboard.adapters.functions import LoadedFunctions
from switchboard.adapters.models import Models
from switchboard.adapters.plugin_kinds import LoadedKinds, Resources
from switchboard.adapters.ssm_secrets import SsmSecrets
from switchboard.adapters.system import RandomIds, SystemClock
from switchboard.runtime import Aws, settings
from switchboard.usecases.metering import MeteredModels
from switchboard.usecases.take_turn import Turns
from switchboard.usecases.translate import Translation


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
    clock, ids, logger = SystemClock(), RandomIds(), Logger(use_rfc3339=True)
    dynamodb = aws.client("dynamodb")
    secrets = SsmSecrets(lambda: aws.client("ssm"), names.secrets_prefix, clock)
    counters = DynamoDbCounters(dynamodb, names.conversations_table)
    models = MeteredModels(Models(secrets, clock, aws), counters, clock)
    resources = Resources(secrets, clock)
    turns = Turns(models, clock, LoadedKinds(resources), LoadedFunctions(resources))
    sessions = DynamoDbSessions(dynamodb, names.conversations_table)
    invoke = Invoke(turns=turns, sessions=sessions, clock=clock, ids=ids)
    config = Config(sessions, clock, ids, names.platform_domain)
    journal = DynamoDbJournal(dynamodb, names.conversations_table)

    def journaled(operation: Operation) -> dict[str, Operation]:
        return {"POST": Journaled(operation, journal, clock, logger)}

    operations: dict[str, dict[str, Operation]] = {
        "/v1/chat/completions": journaled(Complete(turns, clock)),
        "/v1/models": {"GET": list_models},
        MODEL_TAIL: {"GET": show_model},
        "/chatanswers/extract_answer": journaled(ExtractAnswer(turns, clock)),
        "/translate/message": journaled(TranslateMessage(Translation(models), clock)),
    }
    for tail in ("", "/chat", "/chatbot"):
        operations[tail] = journaled(invoke)
        operations[f"{tail}/config"] = {"GET": config, "POST": config}
    directory = DynamoDbDirectory(dynamodb, names.directory_table, clock)
    return ChatbotEdge(
        finder=ChatbotFinder(directory, clock, names.platform_domain),
        operations=operations,
        clock=clock,
        ids=ids,
        logger=logger,
        api_domain=names.api_domain,
        platform_domain=names.platform_domain,
        error_shapes={
            "v1": openai_error,
            "chatanswers": service_error,
            "translate": service_error,
        },
    )
