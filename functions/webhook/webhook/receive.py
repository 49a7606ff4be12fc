"""One webhook: who sent it, whose chat it is about, a job for the worker, an answer.

A webhook seen before gets the first answer again. Its job is queued again, too: the queue drops
it within five minutes, the worker later; so a crash between remembering and queueing loses nothing.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from switchboard.api.http import Request
from switchboard.domain.directory import WebhookToken
from switchboard.domain.errors import PayloadTooLarge, RegionNotFound, Unauthorized
from switchboard.domain.ids import RegionSlug, webhook_token_digest
from switchboard.domain.jobs import ArticleJob
from switchboard.ports.chats import ChatRepository
from switchboard.ports.clock import Clock
from switchboard.ports.directory import DirectoryRepository
from switchboard.ports.queue import JobQueue
from switchboard.ports.secrets import SecretStore
from webhook.payload import Ignored, Kind, Notice, read_notice
from webhook.signature import is_signed, token_of

MOST_BYTES = 4_000_000
_ANSWERS: dict[tuple[Kind, bool], dict[str, Any]] = {
    (Kind.USER, True): {"actions": ["question translation and answering already tasked"]},
    (Kind.USER, False): {"actions": ["question translation already tasked"]},
    (Kind.ADVISER, True): {"actions": ["human answer translation queued"]},
    (Kind.ADVISER, False): {"actions": ["human answer translation queued"]},
    (Kind.INTERNAL, True): {"results": "skipped internal message"},
    (Kind.INTERNAL, False): {"results": "skipped internal message"},
    (Kind.TICKET, True): {},
    (Kind.TICKET, False): {},
}


class Received(NamedTuple):
    """The body of the 200 that Zammad gets, and why there was nothing to do, if so.

    `region` is the token's.
    """

    answer: dict[str, Any]
    region: RegionSlug
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReceiveWebhook:
    directory: DirectoryRepository
    secrets: SecretStore
    chats: ChatRepository
    queue: JobQueue
    clock: Clock

    def __call__(self, request: Request) -> Received:
        """Queues a job if there is anything to do.

        Raises `PayloadTooLarge`, `RegionNotFound` for a token that opens nothing, `Unauthorized`
        for a wrong signature; anything else only if the job could not be queued, so that Zammad
        tries again.
        """
        if len(request.body) > MOST_BYTES:
            raise PayloadTooLarge
        access = self._authorise(request)
        try:
            notice = read_notice(_document(request.body))
            answer = self._act(access, notice, request.header("x-zammad-delivery"))
        except Ignored as reason:
            return _ignored(access, str(reason))
        if notice.kind is Kind.TICKET:
            # The contract's answer; there was a job in it all the same.
            answer = {"status": "ignored", "reason": "no article"}
        return Received(answer, access.region)

    def _authorise(self, request: Request) -> WebhookToken:
        digest = webhook_token_digest(token_of(request))
        access = self.directory.webhook_token(digest) if digest else None
        if digest is None or access is None or not hmac.compare_digest(access.digest, digest):
            raise RegionNotFound
        secrets = [self.secrets.get(name) for name in access.webhook_secrets]
        if secrets and not is_signed(request, secrets):
            raise Unauthorized("The webhook's signature is missing or wrong.")
        return access

    def _act(self, access: WebhookToken, notice: Notice, delivery: str) -> dict[str, Any]:
        is_on = notice.automatic_answers is not False
        answer = json.dumps(_ANSWERS[notice.kind, is_on])
        mark = f"{notice.article}:{notice.kind}"
        claimed = self.chats.claim_article(
            access.server_url, notice.ticket, mark, answer, self.clock.now()
        )
        if claimed is None or claimed.key.region not in access.regions:
            raise Ignored("unknown ticket")
        region = claimed.key.region
        if not access.regions[region]:
            return {"status": "Integreat Chat disabled"}
        if notice.kind is not Kind.INTERNAL or not is_on:
            job = ArticleJob(
                claimed.key,
                notice.ticket,
                notice.article,
                notice.automatic_answers,
                notice.is_closed,
            )
            self.queue.send(job, attempt=_attempt(notice, delivery))
        return {"region": region, **json.loads(claimed.first_answer)}


def _attempt(notice: Notice, delivery: str) -> str:
    """What tells a job from an equal one within the minutes that the queue remembers.

    The same attributes may be set again, and an internal note be made public.
    """
    match notice.kind:
        case Kind.TICKET:
            return delivery
        case Kind.INTERNAL:
            return "internal"
    return ""


def _document(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Ignored("not JSON") from None


def _ignored(access: WebhookToken, reason: str) -> Received:
    return Received({"status": "ignored", "reason": reason}, access.region, reason)
