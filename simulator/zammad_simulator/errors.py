"""The errors a Zammad server answers with, as exceptions that carry status and text.

Texts follow the wire contract; nothing here decides when an error applies.
"""

from __future__ import annotations

import secrets


class ZammadError(Exception):
    """An answer other than 2xx: `status` and the JSON body `{"error": …, "error_human": …}`."""

    status = 500

    def __init__(self, message: str, *, human: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.human = human

    def body(self) -> dict[str, str]:
        """The JSON body; `error_human` only where Zammad has a text for people."""
        answer = {"error": self.message}
        if self.human is not None:
            answer["error_human"] = self.human
        return answer


class NotAuthenticated(ZammadError):
    """401: a token was sent and is not good."""

    status = 401


class Forbidden(ZammadError):
    """403: no token, or no right."""

    status = 403


class NotFound(ZammadError):
    """404: no such record or route."""

    status = 404

    def __init__(self, message: str) -> None:
        super().__init__(message, human=message)

    @classmethod
    def record(cls, model: str, record_id: object) -> NotFound:
        """The text for a missing record; without an id Zammad words it differently."""
        if record_id in (None, ""):
            return cls(f"Couldn't find {model} without an ID")
        return cls(f"Couldn't find {model} with 'id'={record_id}")


class Unprocessable(ZammadError):
    """422: the parameters cannot be stored."""

    status = 422

    def __init__(self, message: str) -> None:
        super().__init__(message, human=message)

    @classmethod
    def lookup(cls, key: str, value: object) -> Unprocessable:
        """A name (of a group, a customer, a state …) the server does not know."""
        return cls(f"No lookup value found for '{key}': \"{value}\"")


class BadRequest(ZammadError):
    """400: the body is not JSON though it says so."""

    status = 400


def internal_error_text() -> str:
    """The text of a 500: an id for the operator's log and nothing else."""
    return f"Error ID {secrets.token_hex(4)}: Please contact your administrator."
