"""`switchboard doctor` examines a region's Zammad over HTTP, in health and in sickness."""

from __future__ import annotations

import json
import shlex

import pytest

from tests.functional.doctor_world import (
    TOKEN,
    WEBHOOK_URL,
    Clinic,
    zammad,
)
from zammad_simulator import DEFAULT_ATTRIBUTES, TicketAttribute, Webhook

CHECKS = {
    "region", "chat-enabled", "address", "token-secret", "webhook-token", "webhook-secret",
    "tls", "server", "token", "token-right", "bridge-user", "bridge-roles", "group-access",
    "group", "group-follow-up", "ticket-create", "ticket-read", "ticket-close", "search",
    "article-create", "article-read", "article-sender", "article-subject", "article-body",
    "article-internal", "message-id", "attachment-upload", "attachment-download",
    *(f"attribute-{attribute.name}" for attribute in DEFAULT_ATTRIBUTES),
}  # fmt: skip
BY_HAND = {"webhook", "trigger", "bridge-notifications", "schedulers"}


def test_a_healthy_desk_lacks_nothing(clinic: Clinic) -> None:
    """Every check is ok, status 0; only what REST does not show cannot be told."""
    with zammad() as simulator:
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
    assert outcome.status == 0
    assert outcome.err == ""
    told = {name for name, verdict in outcome.verdicts.items() if verdict == "ok"}
    assert told == CHECKS
    assert set(outcome.verdicts) - told == BY_HAND
    assert outcome.out.splitlines()[-1] == "0 missing, 4 that cannot be told over REST"


def test_the_test_ticket_says_what_it_is_and_is_closed(clinic: Clinic) -> None:
    """One ticket of the bridge's own user in the group, that may be deleted and is closed."""
    with zammad() as simulator:
        clinic.set_up(simulator.url)
        clinic.examine()
        (ticket,) = simulator.tickets()
    assert ticket["title"].startswith("Test by `switchboard doctor`")
    assert "may be deleted" in ticket["title"]
    assert (ticket["state"], ticket["group"]) == ("closed", "integreat-chat")
    assert ticket["customer"] == "chat-bridge@example.org"


def test_a_filtered_trigger_passes_on_no_text_of_the_doctor(clinic: Clinic) -> None:
    """With the operator's trigger as it should be, no article of the examination is posted."""
    with zammad() as simulator:
        simulator.add_webhook(Webhook(url="http://127.0.0.1:9/", on_attribute_change=False))
        clinic.set_up(simulator.url)
        clinic.examine()
        assert simulator.deliveries() == []


def test_a_plain_agent_token_is_examined_by_the_round_trip(clinic: Clinic) -> None:
    """Where attributes may not be listed, what was written and came back tells of them."""
    with zammad(bridge_is_admin=False) as simulator:
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
    assert outcome.status == 0
    assert outcome.verdicts["attribute-region_slug"] == "ok"


@pytest.mark.parametrize("is_admin", [True, False])
def test_missing_attributes_are_found_either_way(clinic: Clinic, is_admin: bool) -> None:
    """Zammad drops unknown keys silently: what does not come back is missing, with its remedy."""
    with zammad(bridge_is_admin=is_admin, custom_attributes=()) as simulator:
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
    assert outcome.status == 1
    assert outcome.missing == {f"attribute-{attribute.name}" for attribute in DEFAULT_ATTRIBUTES}
    call = outcome.remedies["attribute-automatic_answers"]
    assert "/api/v1/object_manager_attributes \\" in call
    assert '"data_type": "boolean"' in call
    assert "$ZAMMAD_ADMIN_TOKEN" in call
    assert outcome.out.count("object_manager_attributes_execute_migrations") == 1


@pytest.mark.parametrize("is_admin", [True, False])
def test_an_attribute_of_the_wrong_type_is_found(clinic: Clinic, is_admin: bool) -> None:
    """A boolean that was set up as a text, and the other way round, does not do."""
    swapped = (
        TicketAttribute("automatic_answers", "string"),
        TicketAttribute("region_slug", "boolean"),
        *DEFAULT_ATTRIBUTES[1:3],
        DEFAULT_ATTRIBUTES[4],
    )
    with zammad(bridge_is_admin=is_admin, custom_attributes=swapped) as simulator:
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
    assert outcome.missing == {"attribute-automatic_answers", "attribute-region_slug"}
    assert "not boolean" in outcome.texts["attribute-automatic_answers"]


def test_a_missing_group_is_named_with_the_ones_there_are(clinic: Clinic) -> None:
    """Without its group there is no ticket, and the remedy makes the group."""
    with zammad(groups=("Users", "Sales")) as simulator:
        clinic.set_up(simulator.url, group="it's ours")
        outcome = clinic.examine()
        assert simulator.tickets() == []
    assert outcome.missing == {"group", "ticket-create"}
    assert "Users, Sales" in outcome.texts["group"]
    assert "No lookup value found for 'group'" in outcome.texts["ticket-create"]
    assert "/api/v1/groups \\" in outcome.remedies["group"]
    assert "it'\"'\"'s ours" in outcome.remedies["group"]


def test_a_server_without_markers_is_a_warning(clinic: Clinic) -> None:
    """Nothing can be set up about a dropped message_id; the operator learns what it means."""
    with zammad(drop_message_ids=True) as simulator:
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
    assert outcome.status == 0
    assert outcome.texts["message-id"].startswith("warning: this server drops message_id")


def test_a_search_that_finds_nothing_ends_in_time(clinic: Clinic) -> None:
    """An index that does not catch up is missing; the ticket is closed all the same."""
    with zammad(search_lag=1000.0) as simulator:
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
        assert simulator.tickets()[0]["state"] == "closed"
    assert outcome.missing == {"search"}
    assert "searchindex:rebuild" in outcome.remedies["search"]


@pytest.mark.parametrize(
    ("settings", "finding", "text", "remedy"),
    [
        ({"bridge_token": "another"}, "token", "Can't find User for Token", "Token Access"),
        ({"expired_tokens": (TOKEN,)}, "token", "token expired", "no expiry date"),
        ({"api_token_access": False}, "token", "access disabled", "Admin > System > API"),
        (
            {"bridge_token": "another", "powerless_tokens": (TOKEN,)},
            "token-right",
            "ticket.agent",
            "role Agent",
        ),
    ],
)
def test_a_token_that_is_not_good_is_told_by_its_reason(
    clinic: Clinic, settings: dict[str, object], finding: str, text: str, remedy: str
) -> None:
    """Unknown, expired, switched off or without ticket.agent: each has its own way out."""
    with zammad(**settings) as simulator:
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
        assert simulator.tickets() == []
    assert (outcome.status, outcome.missing) == (1, {finding})
    assert text in outcome.texts[finding]
    assert remedy in outcome.remedies[finding]
    assert outcome.verdicts["help-desk"] == "cannot tell"


def test_the_bridge_needs_both_roles(clinic: Clinic) -> None:
    """An adviser's own token works, but its user is no customer, so tickets are nobody's."""
    with zammad(bridge_token="another", agent_token=TOKEN) as simulator:
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
    assert outcome.missing == {"bridge-roles"}
    assert "not Customer" in outcome.texts["bridge-roles"]
    assert '{"role_ids": [2, 3]}' in outcome.remedies["bridge-roles"]


def test_what_rest_does_not_show_is_explained_without_secrets(clinic: Clinic) -> None:
    """The webhook's address with a place for the token, the signature, the trigger's conditions."""
    with zammad() as simulator:
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
    webhook, trigger = outcome.remedies["webhook"], outcome.remedies["trigger"]
    assert f"Endpoint: {WEBHOOK_URL}?token=<webhookToken of the region>" in webhook
    assert "Signature Token: <webhookSecret of the region>" in webhook
    assert "Action is updated" in trigger
    assert "contains not automatically generated message" in trigger


def test_pasted_calls_are_valid_shell_and_json(clinic: Clinic) -> None:
    """What stands after -d is JSON, and the address is the region's own help desk."""
    with zammad(custom_attributes=(), groups=("Users",)) as simulator:
        clinic.set_up(simulator.url)
        outcome = clinic.examine()
    lines = outcome.out.replace("\\\n", "").splitlines()
    calls = [shlex.split(line) for line in lines if line.strip().startswith("curl -sS -X")]
    assert all(call[4].startswith(f"{simulator.url}/api/v1/") for call in calls)
    bodies = [call[call.index("-d") + 1] for call in calls if "-d" in call]
    assert len(bodies) == 8
    assert all(isinstance(json.loads(body), dict) for body in bodies)
