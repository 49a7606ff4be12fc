"""What the chatbot function loads when it starts: every library is paid for by every cold start."""

from __future__ import annotations

import json
import os
import subprocess
import sys

TURN = """
import json, sys
sys.path.insert(0, "")
import chatbot.handler
from switchboard.adapters.models import Models
from switchboard.adapters.plugin_kinds import LoadedKinds, Resources
from switchboard.adapters.system import SystemClock
from switchboard.domain.directory import Chatbot, Directive, Plugin
from switchboard.domain.plugins import tools_of
from switchboard.usecases.take_turn import Turns
clock = SystemClock()
kinds = LoadedKinds(Resources(None, clock))
plugins = tuple(Plugin(c, c, Directive.ALWAYS, data={}) for c in ("sql", "api"))
bot = Chatbot("b", "b", "a", "3141-5926-5359", plugins=plugins)
assert set(tools_of(plugins, kinds)) == {"sql", "api"}
turns = Turns(Models(None, clock), clock, kinds)
answer = turns.answer(bot, ["Hello"], deadline=clock.now() + 9000)
assert answer.text
print(json.dumps(sorted(sys.modules)))
"""
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "DIRECTORY_TABLE": "Directory",
    "CONVERSATIONS_TABLE": "Conversations",
    "SECRETS_PREFIX": "/switchboard/test/",
    "API_DOMAIN": "api.localhost",
    "PLATFORM_DOMAIN": "platform.localhost",
}
HEAVY = {
    "aws_lambda_powertools.event_handler",
    "boto3",
    "flask",
    "jinja2",
    "moto",
    "openai",
    "pg8000",
    "pydantic",
    "pymysql",
    "requests",
    "sqlalchemy",
    "sqlite3",
    "switchboard.adapters.bedrock_model",
    "switchboard.adapters.fallback",
    "switchboard.adapters.openai_model",
    "yaml",
}


def test_a_local_turn_loads_nothing_heavy() -> None:
    """From start to answer, a bot on the provider `local` needs neither `requests` nor more.

    Plugins that could ask a database or a service are offered without what they ask with.
    """
    output = subprocess.run(
        [sys.executable, "-c", TURN],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    loaded = set(json.loads(output.splitlines()[-1]))
    assert "botocore.client" in loaded
    assert loaded & HEAVY == set()
