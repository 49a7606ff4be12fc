"""The stack that the functions under test meet: moto and the Zammad simulator with the examples.

Made from template.yaml as the local stack makes it, but without its gateway, its pollers and its
own processes of the functions, which would compete for the processor.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from switchboard.adapters.dynamodb_chats import DynamoDbChats
from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard.adapters.ssm_secrets import SsmSecrets
from switchboard.adapters.system import SystemClock
from switchboard.adapters.zammad_http import HttpZammadConnector
from switchboard.domain.chat import Chat, ChatKey, Message, Sender
from switchboard.domain.ids import (
    ArticleId,
    DeviceId,
    MessageId,
    RegionSlug,
    TicketId,
    device_hash,
)
from switchboard.domain.ticket import USER_SUBJECT, ArticleDraft, TicketDraft
from switchboard_cli.local import configuration
from switchboard_cli.local.aws import REGION, Stack, client, create_stack, start_aws
from switchboard_cli.local.deployment import Deployment, read_deployment
from switchboard_cli.local.help_desk import start_help_desk
from switchboard_cli.local.names import variables
from tools.build import ROOT

REGION_SLUG = RegionSlug("augenfeld")
LANGUAGE = "de"
HOUR_MS = 3_600_000


class Stage:
    """Use it as a context manager."""

    def __init__(self) -> None:
        self.deployment: Deployment
        self.stack: Stack
        self.aws_url = ""
        self.zammad_url = ""
        self._ending = contextlib.ExitStack()

    def __enter__(self) -> Stage:
        try:
            self._start()
        except BaseException:
            self._ending.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.close()

    def client(self, service: str) -> Any:
        return client(self.aws_url, service)

    def environment(self, name: str) -> dict[str, str]:
        """The variables of the function with this short name, and the way to this stage's AWS."""
        logical_id = self.deployment.function_named(name).logical_id
        variables = self.stack.function(logical_id).environment
        return {**variables, "AWS_ENDPOINT_URL": self.aws_url}

    def create_ticket(self) -> TicketId:
        """A ticket with one article, as the bridge makes them; returns its id."""
        names, clock = self.environment("worker"), SystemClock()
        region = DynamoDbDirectory(self.client("dynamodb"), names["DIRECTORY_TABLE"], clock).region(
            REGION_SLUG
        )
        if region is None or region.zammad is None:
            raise LookupError(f"the examples have no region {REGION_SLUG} with a help desk")
        secrets = SsmSecrets(lambda: self.client("ssm"), names["SECRETS_PREFIX"], clock)
        gateway = HttpZammadConnector(secrets).for_region(region)
        ticket = TicketDraft("bench", region.zammad.group, REGION_SLUG, LANGUAGE, True, False)
        article = ArticleDraft(Sender.CUSTOMER, USER_SUBJECT, "?", "<bench@switchboard>")
        return gateway.create_ticket(ticket, article)

    def store_chat(self, device: str, ticket: TicketId) -> Chat:
        """A chat with a question and its answer, in a ticket; its copy stays fresh for an hour."""
        now = time.time_ns() // 1_000_000
        key = ChatKey(REGION_SLUG, device_hash(REGION_SLUG, DeviceId(device)), 1)
        texts = {Sender.CUSTOMER: "Wo finde ich einen Deutschkurs?", Sender.AGENT: "<p>Hier.</p>"}
        messages = tuple(
            Message(
                id=MessageId(f"{ticket:031d}{number}"),
                number=number,
                sender=sender,
                content=text,
                created_at=now,
                article_id=ArticleId(10 * ticket + number),
            )
            for number, (sender, text) in enumerate(texts.items())
        )
        chat = Chat(
            key=key,
            language=LANGUAGE,
            created_at=now,
            server_url=self.zammad_url,
            ticket_id=ticket,
            messages=messages,
            synced_at=now + HOUR_MS,
        )
        table = self.environment("userchat")["CONVERSATIONS_TABLE"]
        return DynamoDbChats(self.client("dynamodb"), table).save_with_ticket(chat)

    def _start(self) -> None:
        values = variables("")
        aws = start_aws(0, lambda line: None)
        self._ending.callback(aws.stop)
        help_desk = start_help_desk(
            host="127.0.0.1",
            port=0,
            webhook_url="",
            bridge_token=values["ZAMMAD_TOKEN"],
            signature_token=values["ZAMMAD_WEBHOOK_SECRET"],
            extra=(),
            log=lambda line: None,
        )
        self._ending.callback(help_desk.stop)
        self.deployment = read_deployment(ROOT / "template.yaml", REGION, {})
        self.aws_url = f"http://127.0.0.1:{aws.wait_until_ready()}"
        self.stack = create_stack(self.aws_url, self.deployment, self._addresses())
        self.zammad_url = help_desk.wait_until_ready()
        self.values: Mapping[str, str] = variables(self.zammad_url)
        configuration.apply(
            [ROOT / "examples"], self.values, self.aws_url, self.stack, lambda line: None
        )

    def _addresses(self) -> dict[str, str]:
        """Attributes of what moto does not run; nobody calls these addresses here."""
        kinds = {"AWS::ApiGatewayV2::Api": "ApiEndpoint", "AWS::Lambda::Url": "FunctionUrl"}
        return {
            f"{name}.{kinds[resource['Type']]}": "http://localhost/"
            for name, resource in self.deployment.template["Resources"].items()
            if resource["Type"] in kinds
        }
