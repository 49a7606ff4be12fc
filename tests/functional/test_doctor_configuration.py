"""`switchboard doctor` examines what the stack itself knows of a region before any Zammad."""

from __future__ import annotations

import pytest
from moto.server import ThreadedMotoServer

from tests.functional.apply_desk import ACCOUNT, region
from tests.functional.doctor_world import SECRET, TOKEN, Clinic, zammad


def test_an_unknown_region_is_explained(clinic: Clinic) -> None:
    """The regions there are, and a manifest to begin with; no server is asked."""
    clinic.set_up("https://desk.example.org")
    outcome = clinic.examine(name="r2")
    assert (outcome.status, outcome.missing) == (1, {"region"})
    assert "known are: r1" in outcome.texts["region"]
    assert "metadata: {name: r2}" in outcome.remedies["region"]


def test_what_to_apply_names_the_same_local_stack(clinic: Clinic) -> None:
    """A command that is pasted as it stands reaches the stack that was examined."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        port = server.get_host_and_port()[1]
        outcome = clinic.examine("--local", "--aws-port", str(port), name="r2")
    finally:
        server.stop()
    assert f"switchboard apply --local --aws-port {port} -f" in outcome.remedies["region"]


def test_a_region_without_a_help_desk_is_explained(clinic: Clinic) -> None:
    """Switched off and with no Zammad: both are told, and how a manifest says them."""
    bare = region(enabled=False)
    del bare["spec"]["zammad"]
    clinic.desk.apply(ACCOUNT, bare)
    outcome = clinic.examine()
    assert outcome.missing == {"chat-enabled", "address"}
    assert "chatEnabled: true" in outcome.remedies["chat-enabled"]
    assert "switchboard apply --stack switchboard" in outcome.remedies["chat-enabled"]
    assert "token: {env: ZAMMAD_TOKEN}" in outcome.remedies["address"]


def _forget(clinic: Clinic, part: str) -> None:
    for name in clinic.desk.secrets:
        if part in name:
            clinic.desk.store.ssm.delete_parameter(Name=name)


@pytest.mark.parametrize(
    ("lost", "finding"), [("webhook-secret", "webhook-secret"), ("zammad-token", "token-secret")]
)
def test_a_secret_that_is_gone_is_named(clinic: Clinic, lost: str, finding: str) -> None:
    """The name of a secret that SSM does not have, and how it comes back."""
    with zammad() as simulator:
        clinic.set_up(simulator.url)
        _forget(clinic, lost)
        outcome = clinic.examine()
    assert outcome.missing == {finding}
    assert "there is no secret" in outcome.texts[finding]
    assert "{env: ZAMMAD_" in outcome.remedies[finding]


def test_a_token_with_a_line_end_is_not_sent(clinic: Clinic) -> None:
    """A secret pasted with its line end cannot stand in a header; nothing is called with it."""
    with zammad() as simulator:
        clinic.set_up(simulator.url)
        (name,) = (name for name in clinic.desk.secrets if name.endswith("/zammad-token"))
        ssm = clinic.desk.store.ssm
        ssm.delete_parameter(Name=name)
        ssm.put_parameter(Name=name, Value=f"{TOKEN}\n", Type="SecureString")
        outcome = clinic.examine()
        assert simulator.requests() == []
    assert outcome.missing == {"token-secret"}
    assert "line ends" in outcome.texts["token-secret"]


def test_webhooks_without_token_or_signature_are_missing(clinic: Clinic) -> None:
    """Without a token webhooks are refused, without a secret anybody can send them."""
    with zammad() as simulator:
        clinic.set_up(simulator.url, webhookSecret=[])
        assert clinic.examine().missing == {"webhook-secret"}
        clinic.set_up(simulator.url, webhookToken=None)
        assert clinic.examine().missing == {"webhook-token"}


def test_plain_http_to_another_machine_is_never_called(clinic: Clinic) -> None:
    """An address that is neither https nor loopback would carry the token in the open."""
    clinic.set_up("https://desk.example.org")
    table, dynamodb = clinic.desk.store.table, clinic.desk.store.dynamodb
    key = {"pk": {"S": "Region"}, "sk": {"S": "r1"}}
    text = dynamodb.get_item(TableName=table, Key=key)["Item"]["doc"]["S"]
    record = {**key, "doc": {"S": text.replace("https://desk", "http://desk")}}
    dynamodb.put_item(TableName=table, Item=record)
    outcome = clinic.examine()
    assert outcome.missing == {"address"}
    assert "url: https://desk.example.org" in outcome.remedies["address"]


@pytest.mark.parametrize(
    "words", [("--timeout", "0"), ("--timeout", "nan"), ("--search-seconds", "soon")]
)
def test_wrong_options_are_a_mistake(
    clinic: Clinic, words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, as for every command that is called wrongly, and what is right is said."""
    with pytest.raises(SystemExit) as caught:
        clinic.examine(*words)
    assert caught.value.code == 2
    right = "should be more than 0 and at most 600 seconds"
    assert f"argument {words[0]}: {right}" in capsys.readouterr().err


def test_a_stack_that_is_not_there_is_a_mistake(clinic: Clinic) -> None:
    """Nothing was examined, so the status is 2 and not 1."""
    outcome = clinic.examine("--stack", "elsewhere")
    assert (outcome.status, outcome.out) == (2, "")
    assert SECRET not in outcome.err
    assert "no stack named elsewhere" in outcome.err
