"""The shapes of the other protocols that a chatbot speaks: OpenAI's and that of answer services."""

from __future__ import annotations

from tools.chatbot_schemas import ANY_TEXT, ASKED, MESSAGES, MOMENT, TOOL_CALL, list_of
from tools.openapi import Json
from tools.userchat_schemas import FLAG, TEXT, object_of, ref

OPENAI_FRAME: Json = {"id": TEXT, "created": MOMENT, "model": TEXT}
PARTS = list_of(
    {
        "type": "object",
        "properties": {"type": {"const": "text"}, "text": TEXT},
        "required": ["type"],
    }
)

SCHEMAS: dict[str, Json] = {}
SCHEMAS["OpenAiError"] = object_of(
    {
        "error": object_of(
            {"message": {**TEXT, "minLength": 1}, "type": TEXT, "param": ANY_TEXT, "code": TEXT}
        )
    }
)
SCHEMAS["CompletionRequest"] = {
    "description": "What a client would tune is ignored: the manifest decides.",
    "type": "object",
    "properties": {
        "model": {**TEXT, "description": "Ignored: the chatbot is the model."},
        "messages": {
            **MESSAGES,
            "items": {
                "type": "object",
                "properties": {
                    "role": {"enum": ["developer", "system", "user", "assistant", "tool"]},
                    "content": {"anyOf": [ANY_TEXT, PARTS]},
                    "tool_calls": list_of(TOOL_CALL),
                    "tool_call_id": TEXT,
                },
                "required": ["role"],
            },
        },
        "stream": {"type": ["boolean", "null"]},
        "stream_options": {
            "type": ["object", "null"],
            "properties": {"include_usage": {"type": ["boolean", "null"]}},
        },
    },
    "required": ["messages"],
}
SCHEMAS["Completion"] = object_of(
    {
        **OPENAI_FRAME,
        "object": {"const": "chat.completion"},
        "choices": list_of(
            object_of(
                {
                    "index": {"const": 0},
                    "message": object_of(
                        {
                            "role": {"const": "assistant"},
                            "content": TEXT,
                            "refusal": {"type": "null"},
                        }
                    ),
                    "logprobs": {"type": "null"},
                    "finish_reason": {"enum": ["stop", "length", "content_filter"]},
                }
            )
        ),
        "usage": ref("Usage"),
    }
)
SCHEMAS["Model"] = object_of(
    {"id": TEXT, "object": {"const": "model"}, "created": MOMENT, "owned_by": TEXT}
)
SCHEMAS["Models"] = object_of({"object": {"const": "list"}, "data": list_of(ref("Model"))})
SCHEMAS["ServiceError"] = object_of(
    {
        "status": {"const": "error"},
        "message": {**TEXT, "minLength": 1},
        "code": TEXT,
        "key": {**TEXT, "description": "What an operator finds the request by."},
    }
)
SCHEMAS["ServiceQuestion"] = {
    "type": "object",
    "properties": {
        "messages": {**MESSAGES, "items": ASKED},
        "language": {**ANY_TEXT, "description": "The code of the one to answer in."},
        "region": {"description": "Ignored: the caller's own business."},
    },
    "required": ["messages"],
}
SCHEMAS["ServiceAnswer"] = object_of(
    {
        "status": {"const": "success"},
        "answer": TEXT,
        "automatic_answers": {**FLAG, "description": "False: a human is to go on."},
        "details": list_of(
            object_of({"source": TEXT, "title": TEXT, "included_in_answer": {"const": True}})
        ),
        "sources": list_of(TEXT),
    }
)
SCHEMAS["Text"] = {
    "type": "object",
    "properties": {
        "message": {**TEXT, "description": "Plain text or HTML.", "minLength": 1},
        "source_language": {**TEXT, "description": "A language code."},
        "target_language": {**TEXT, "description": "A language code."},
    },
    "required": ["message", "source_language", "target_language"],
}
SCHEMAS["Translated"] = object_of({"translation": TEXT, "status": {"const": "success"}})
