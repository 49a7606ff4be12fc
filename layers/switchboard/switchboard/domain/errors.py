"""Every error the product answers with, as data.

The HTTP edge renders `code`, `status` and `detail`; the queue edge asks only `retryable`.
An error never carries message text, a secret or a stack trace in `detail`.
"""

from __future__ import annotations

from typing import Any


class AppError(Exception):
    """A failure with a stable `code` that a client or an operator can act on."""

    code = "internal_error"
    status = 500
    retryable = False
    detail = "An internal error occurred."

    def __init__(self, detail: str | None = None, **data: Any) -> None:
        self.detail = detail if detail is not None else type(self).detail
        self.data = data
        super().__init__(f"{self.code}: {self.detail}")


class BadRequest(AppError):
    code = "bad_request"
    status = 400
    detail = "The request is not valid."


class Unauthorized(AppError):
    code = "unauthorized"
    status = 401
    detail = "A valid API key is required."


class Forbidden(AppError):
    code = "forbidden"
    status = 403
    detail = "This API key may not use this chatbot."


class NotFound(AppError):
    code = "not_found"
    status = 404
    detail = "Not found."


class RegionNotFound(NotFound):
    code = "region_not_found"
    detail = "No Region matches the given query."


class UnknownLanguage(NotFound):
    code = "unknown_language"
    detail = "Unknown language."


class ChatNotFound(NotFound):
    code = "chat_not_found"
    detail = "Chat not found."


class ChatbotNotFound(NotFound):
    code = "chatbot_not_found"
    detail = "No chatbot is served here."


class AttachmentNotFound(NotFound):
    code = "attachment_not_found"
    detail = "The requested attachment does not exist."


class MethodNotAllowed(AppError):
    """`data["allow"]` is the value of the Allow header."""

    code = "method_not_allowed"
    status = 405
    detail = "This method is not allowed here."


class PayloadTooLarge(AppError):
    code = "payload_too_large"
    status = 413
    detail = "The request body is too large."


class ChatFull(AppError):
    code = "chat_full"
    status = 413
    detail = "This chat is too long to go on. Please start a new one."


class ChatDisabled(AppError):
    code = "chat_not_configured"
    status = 503
    detail = "No chat server is configured for your region."


class HelpDeskRefused(AppError):
    """Zammad answered 401, 403 or 422: a fault in the region's configuration, not to be retried."""

    code = "chat_server_refused"
    status = 502
    detail = "An error occurred while attempting to connect to the chat server."


class HelpDeskUnavailable(AppError):
    """Zammad could not be reached or failed; the same call may succeed later.

    `maybe_done` tells whether the call may have taken effect all the same.
    """

    code = "chat_server_unavailable"
    status = 502
    retryable = True
    detail = "The chat server is not available."

    def __init__(self, detail: str | None = None, *, maybe_done: bool = True, **data: Any) -> None:
        super().__init__(detail, **data)
        self.maybe_done = maybe_done


class TicketGone(AppError):
    """Zammad no longer has the ticket: the chat is over."""

    code = "ticket_gone"
    status = 404
    detail = "Chat not found."


class RateLimited(AppError):
    """`data["retry_after"]` is in seconds."""

    code = "rate_limited"
    status = 429
    retryable = True
    detail = "Too many requests. Please try again later."


class BudgetSpent(AppError):
    """`data["retry_after"]` is in seconds."""

    code = "budget_spent"
    status = 402
    detail = "This chatbot has used up its budget for today."


class ModelFailed(AppError):
    """The model failed or refused our credentials.

    `data["maybe_paid"]` is true if another model, asked before, may have worked all the same.
    `data["provider_status"]` and `data["provider_words"]` are what its server answered, if it
    did: the status may be logged, the words go into the journal only.
    """

    code = "model_failed"
    status = 502
    retryable = True
    detail = "The language model could not answer."


class ModelTimeout(ModelFailed):
    code = "model_timeout"
    status = 504
    detail = "The language model took too long to answer."


class ModelRefused(ModelFailed):
    """The model server refused our key or our request; repeating it changes nothing."""

    code = "model_refused"
    retryable = False
    detail = "The language model refused the request."


class Conflict(AppError):
    """A conditional write lost against another writer; reload and decide again."""

    code = "conflict"
    status = 409
    retryable = True
    detail = "The record was changed by someone else."


class Misconfigured(AppError):
    """A manifest or the deployment's settings cannot work; an operator has to act.

    `reason` is for the log: it names what is missing, which is nobody else's business.
    """

    code = "misconfigured"
    status = 503
    detail = "This service is not configured completely."

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.args = (f"{self.code}: {reason}",)


class QueueUnavailable(AppError):
    """The job could not be queued; what it was for is stored, and the request may be repeated."""

    code = "queue_unavailable"
    status = 503
    retryable = True
    detail = "The service is not available. Please try again."


class FilesUnavailable(AppError):
    """The file store failed; nothing was accepted, and the request may be repeated."""

    code = "files_unavailable"
    status = 503
    retryable = True
    detail = "The service is not available. Please try again."


class Busy(AppError):
    """Another worker holds the lease on this piece of work; come back later."""

    code = "busy"
    status = 503
    retryable = True
    detail = "Another worker is on it."
