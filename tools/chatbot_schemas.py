"""The shapes of what a chatbot takes and answers (contracts/chatbot.md), as JSON Schema."""

from __future__ import annotations

from chatbot.envelope import API
from chatbot.parsing import KNOWN_ROLES, MESSAGE_BYTES
from tools.openapi import Json
from tools.userchat_schemas import FLAG, TEXT, object_of, ref

ANY_TEXT = {"type": ["string", "null"]}
COUNT = {"type": "integer", "minimum": 0}
MOMENT = {"type": "integer", "description": "In seconds since the epoch."}
SESSION_KEY = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
GIVEN_KEY = {
    "description": "64 hexadecimal digits; without one, or with an empty one, a session begins.",
    "anyOf": [{"type": "string", "pattern": "^([0-9A-Fa-f]{64})?$"}, {"type": "null"}],
}
JSON_TEXT = {"type": "string", "contentMediaType": "application/json"}


def list_of(items: Json) -> Json:
    return {"type": "array", "items": items}


PLUGIN = object_of({"name": TEXT, "pluginClass": TEXT})
TOOL_CALL = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "type": {"const": "function"},
        "function": object_of({"name": TEXT, "arguments": JSON_TEXT}),
    },
    "required": ["id", "function"],
}
TOOL = object_of(
    {
        "type": {"const": "function"},
        "function": object_of(
            {
                "name": TEXT,
                "description": TEXT,
                "parameters": {"type": "object", "description": "A JSON Schema."},
            }
        ),
    }
)
ASKED = {
    "type": "object",
    "properties": {
        "role": {"enum": [*KNOWN_ROLES]},
        "content": {**ANY_TEXT, "description": "Null only beside tool calls or if not forwarded."},
        "tool_calls": list_of(TOOL_CALL),
        "tool_call_id": TEXT,
    },
    "required": ["role", "content"],
}
MESSAGES = {
    "description": "Up to the user's own, which is the question: not empty, at most "
    f"{MESSAGE_BYTES} bytes of UTF-8.",
    "type": "array",
    "minItems": 1,
}
SAID = {
    "type": "object",
    "properties": {
        "role": {"enum": ["assistant", "tool", "user", "system"]},
        "content": TEXT,
        "tool_calls": list_of(TOOL_CALL),
        "tool_call_id": TEXT,
        "smarter_is_new": {"const": True},
    },
    "required": ["role", "content"],
    "additionalProperties": False,
}
APP = {
    "app_name": TEXT,
    "app_assistant": TEXT,
    "app_welcome_message": TEXT,
    "app_example_prompts": list_of(TEXT),
    "app_placeholder": TEXT,
    "app_info_url": TEXT,
    "app_background_image_url": TEXT,
    "app_logo_url": TEXT,
    "app_file_attachment": FLAG,
}
USAGE = object_of({"prompt_tokens": COUNT, "completion_tokens": COUNT, "total_tokens": COUNT})

SCHEMAS: dict[str, Json] = {
    "Error": object_of(
        {
            "error": object_of(
                {
                    "errorClass": TEXT,
                    "code": {
                        **TEXT,
                        "description": "Stable, for programs.",
                        "pattern": "^[a-z_]+$",
                    },
                    "description": {**TEXT, "description": "For people.", "minLength": 1},
                    "status": {"type": "integer"},
                }
            ),
            "api": {"const": API},
            "thing": {"const": "Chatbot"},
            "metadata": object_of(
                {
                    "command": {"const": "chat"},
                    "key": {**TEXT, "description": "What an operator finds the request by."},
                }
            ),
        }
    ),
    "SessionKey": {"type": "object", "properties": {"session_key": GIVEN_KEY}},
    "Question": {
        "type": "object",
        "properties": {
            "session_key": GIVEN_KEY,
            "messages": {**MESSAGES, "items": ASKED},
        },
        "required": ["messages"],
    },
    "Answer": object_of(
        {
            "data": object_of(
                {
                    "isBase64Encoded": {"const": False},
                    "statusCode": {"const": 200},
                    "headers": object_of({"Content-Type": {"const": "application/json"}}),
                    "body": {**JSON_TEXT, "contentSchema": ref("Turn")},
                }
            ),
            "api": {"const": API},
            "thing": {"const": "Chatbot"},
            "metadata": object_of(
                {
                    "command": {"const": "chat"},
                    "thing": {"const": "Chatbot"},
                    "key": {**TEXT, "description": "The turn's, in the journal."},
                    "session_key": SESSION_KEY,
                }
            ),
        }
    ),
    "Usage": {"description": "Summed over the rounds.", **USAGE},
    "Turn": object_of(
        {
            "id": TEXT,
            "object": {"const": "chat.completion"},
            "created": MOMENT,
            "model": TEXT,
            "choices": {
                **list_of(
                    object_of(
                        {
                            "index": {"const": 0},
                            "message": object_of({"role": {"const": "assistant"}, "content": TEXT}),
                            "finish_reason": TEXT,
                        }
                    )
                ),
                "minItems": 1,
                "maxItems": 1,
            },
            "usage": ref("Usage"),
            "metadata": object_of(
                {
                    "tool_calls": {
                        "anyOf": [
                            list_of(
                                object_of(
                                    {
                                        "function_name": TEXT,
                                        "function_args": TEXT,
                                        "smarter_plugin": {"anyOf": [PLUGIN, {"type": "null"}]},
                                    }
                                )
                            ),
                            {"type": "null"},
                        ]
                    },
                    "model": TEXT,
                    "temperature": {"type": "number"},
                    "max_completion_tokens": {"type": "integer"},
                    "input_text": TEXT,
                    "session_key": SESSION_KEY,
                    "hands_off": {"const": True, "description": "A human is to go on."},
                },
                optional=("hands_off",),
            ),
            "smarter": object_of(
                {
                    "messages": list_of(SAID),
                    "plugins": list_of(PLUGIN),
                    "tools": list_of(TOOL),
                    "requests": {
                        **list_of(list_of(SAID)),
                        "description": "Whole prompts, if the manifest wants diagnostics.",
                    },
                },
                optional=("requests",),
            ),
        }
    ),
    "Chatbot": object_of(
        {
            "id": TEXT,
            "name": TEXT,
            "description": TEXT,
            "version": TEXT,
            "url_chatbot": {**TEXT, "description": "Absolute.", "pattern": "^https?://.+/$"},
            "deployed": FLAG,
            "provider": TEXT,
            "default_model": TEXT,
            "default_temperature": {"type": "number"},
            "default_max_tokens": {"type": "integer"},
            **APP,
        }
    ),
    "Config": object_of(
        {
            "data": object_of(
                {
                    "session_key": SESSION_KEY,
                    "sandbox_mode": FLAG,
                    "debug_mode": {"const": False},
                    "chatbot": ref("Chatbot"),
                    "history": object_of(
                        {
                            "chat": object_of(
                                {
                                    "session_key": SESSION_KEY,
                                    "chatbot": TEXT,
                                    "updated_at": {**ANY_TEXT, "description": "In RFC 3339."},
                                }
                            ),
                            "chat_history": list_of(
                                object_of(
                                    {"role": {"enum": ["user", "assistant"]}, "content": TEXT}
                                )
                            ),
                        }
                    ),
                    "meta_data": object_of({"is_valid": {"const": True}, "is_deployed": FLAG}),
                    "plugins": object_of(
                        {
                            "meta_data": object_of(
                                {"total_plugins": COUNT, "plugins_returned": COUNT}
                            ),
                            "plugins": list_of(PLUGIN),
                        }
                    ),
                }
            ),
            "api": {"const": API},
            "thing": {"const": "ChatConfig"},
            "metadata": object_of({"command": {"const": "chat_config"}, "key": TEXT}),
        }
    ),
}
