"""What is deployed, read from the expanded template: routes, storage, queue, logs, alarms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from switchboard_cli.local.deployment import TemplateError, read_deployment
from switchboard_cli.local.names import REGION
from switchboard_cli.local.routing import find_route
from tests.template.expanded import ROOT, deployment, properties, resources
from userchat.composition import ZAMMAD_SECONDS

NAMES = {"ChatbotFunction", "UserchatFunction", "WebhookFunction", "WorkerFunction"}


@pytest.mark.parametrize(
    ("method", "path", "function"),
    [
        ("GET", "/api/v3/r/de/chat/device/", "UserchatFunction"),
        ("POST", "/api/v3/r/de/chat/device", "UserchatFunction"),
        ("GET", "/api/v3/regions/", "UserchatFunction"),
        ("POST", "/api/v3/webhook/zammad", "WebhookFunction"),
        ("POST", "/api/v3/webhook/zammad/", "WebhookFunction"),
        ("GET", "/api/v3/webhook/zammad/", "WebhookFunction"),
        ("POST", "/", "ChatbotFunction"),
        ("POST", "/chatbot/", "ChatbotFunction"),
        ("GET", "/api/v1/chatbots/1/chat/", "ChatbotFunction"),
        ("OPTIONS", "/workbench/a/chat/", "ChatbotFunction"),
    ],
)
def test_requests_reach_the_function_that_serves_them(
    method: str, path: str, function: str
) -> None:
    """App users reach userchat, Zammad the webhook, everybody else the chatbot."""
    match = find_route(deployment().routes, method, path)
    assert match is not None
    assert match.route.function == function


def test_no_route_ends_in_a_slash() -> None:
    """API Gateway refuses such a route, and the translator drops it without a word."""
    paths = [route.path for route in deployment().routes]
    assert paths
    assert not [path for path in paths if path.endswith("/")]


def test_functions_run_on_the_runtime_that_is_built_for() -> None:
    """Python 3.13 on arm64, with the shared layer, for all; SQL only where a chatbot answers."""
    functions = resources("AWS::Lambda::Function")
    assert set(functions) == NAMES
    for name, function in functions.items():
        config = function["Properties"]
        assert (config["Runtime"], config["Architectures"]) == ("python3.13", ["arm64"])
        asks_databases = name in ("ChatbotFunction", "WorkerFunction")
        layers = ["switchboard", "sql"] if asks_databases else ["switchboard"]
        assert [path.name for path in deployment().functions[name].paths[1:]] == layers


def test_every_function_names_itself_in_its_log() -> None:
    """The service in a log line is the function's short name."""
    for name, function in resources("AWS::Lambda::Function").items():
        variables = function["Properties"]["Environment"]["Variables"]
        assert variables["POWERTOOLS_SERVICE_NAME"] == deployment().functions[name].name


def test_time_limits_fit_each_other() -> None:
    """HTTP functions answer within the gateway's 30 s; a job is hidden longer than it may run."""
    for name in ("ChatbotFunction", "UserchatFunction", "WebhookFunction"):
        assert properties(name)["Timeout"] < 30
    assert properties("UserchatFunction")["Timeout"] >= ZAMMAD_SECONDS + 4
    assert properties("Jobs")["VisibilityTimeout"] > properties("WorkerFunction")["Timeout"]


def test_jobs_are_kept_in_order_and_given_up_late() -> None:
    """FIFO by chat, one job at a time, tries for half a day, two weeks to look at failures."""
    jobs, dead = properties("Jobs"), properties("DeadJobs")
    assert jobs["FifoQueue"] is dead["FifoQueue"] is True
    assert jobs["DeduplicationScope"] == "messageGroup"
    assert jobs["FifoThroughputLimit"] == "perMessageGroupId"
    longest_wait = 120  # seconds, functions/worker
    assert jobs["RedrivePolicy"]["maxReceiveCount"] * longest_wait > 12 * 3600
    assert jobs["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadJobs", "Arn"]}
    assert jobs["MessageRetentionPeriod"] == dead["MessageRetentionPeriod"] == 14 * 86400
    (consumer,) = deployment().consumers
    assert (consumer.source, consumer.function) == ("Jobs", "WorkerFunction")
    assert (consumer.batch_size, consumer.partial_failures) == (1, True)


@pytest.mark.parametrize("name", ["DirectoryTable", "ConversationsTable"])
def test_tables_survive_mistakes(name: str) -> None:
    """On demand, encrypted, with point-in-time recovery, and kept when the stack goes."""
    table = resources("AWS::DynamoDB::Table")[name]
    config = table["Properties"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert config["BillingMode"] == "PAY_PER_REQUEST"
    assert config["SSESpecification"] == {"SSEEnabled": True}
    assert config["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    keys = [(key["AttributeName"], key["KeyType"]) for key in config["KeySchema"]]
    assert keys == [("pk", "HASH"), ("sk", "RANGE")]


def test_conversations_expire_and_the_directory_does_not() -> None:
    """Only what moves has a time to live."""
    ttl = properties("ConversationsTable")["TimeToLiveSpecification"]
    assert ttl == {"AttributeName": "ttl", "Enabled": True}
    assert "TimeToLiveSpecification" not in properties("DirectoryTable")


def test_every_log_group_forgets() -> None:
    """Logs are kept as long as the operator says."""
    groups = resources("AWS::Logs::LogGroup")
    assert len(groups) == 5
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_access_log_names_no_person() -> None:
    """Neither path nor query nor address: they hold device ids and webhook tokens."""
    (stage,) = resources("AWS::ApiGatewayV2::Stage").values()
    fields = json.loads(stage["Properties"]["AccessLogSettings"]["Format"])
    assert fields["routeKey"] == "$context.routeKey"
    forbidden = ("path", "query", "sourceip", "useragent", "header", "authorizer")
    assert not [v for v in fields.values() if any(word in v.lower() for word in forbidden)]


def test_the_front_door_is_throttled() -> None:
    """A flood is turned away before it costs an invocation."""
    (stage,) = resources("AWS::ApiGatewayV2::Stage").values()
    limits = stage["Properties"]["DefaultRouteSettings"]
    assert limits["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert limits["ThrottlingBurstLimit"] > 0


def test_the_webhook_can_be_posted_to_by_a_zammad() -> None:
    """Its function URL asks for no AWS signature, and only the webhook has one."""
    (url,) = resources("AWS::Lambda::Url").values()
    assert url["Properties"]["AuthType"] == "NONE"
    assert set(deployment().function_urls.values()) == {"WebhookFunction"}


@pytest.mark.parametrize(
    ("alarm", "metric", "dimension"),
    [
        (
            "DeadJobsAlarm",
            "ApproximateNumberOfMessagesVisible",
            {"Fn::GetAtt": ["DeadJobs", "QueueName"]},
        ),
        ("JobAgeAlarm", "ApproximateAgeOfOldestMessage", {"Fn::GetAtt": ["Jobs", "QueueName"]}),
        ("WorkerErrorsAlarm", "Errors", {"Ref": "WorkerFunction"}),
        ("GatewayErrorsAlarm", "5xx", {"Ref": "HttpApi"}),
        ("WebhookErrorsAlarm", "Url5xxCount", {"Ref": "WebhookFunction"}),
    ],
)
def test_what_fails_raises_an_alarm(alarm: str, metric: str, dimension: dict[str, Any]) -> None:
    """A job given up, one that waits too long, a crash and errors that callers get each tell the
    operator's topic: the functions answer what goes wrong, so Lambda itself counts no error."""
    config = properties(alarm)
    assert config["MetricName"] == metric
    assert [d["Value"] for d in config["Dimensions"]] == [dimension]
    actions = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert config["AlarmActions"] == actions


def test_a_plain_deployment_needs_no_parameter_and_makes_no_host_name() -> None:
    """Every parameter has a default; domains and records come with certificates only."""
    parameters = deployment().template["Parameters"]
    assert not [name for name, parameter in parameters.items() if "Default" not in parameter]
    kinds = ("AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::ApiMapping")
    for kind, count in (*((kind, 2) for kind in kinds), ("AWS::Route53::RecordSet", 3)):
        assert len(resources(kind)) == count
        assert all("Condition" in resource for resource in resources(kind).values())


def test_the_outputs_are_those_that_the_command_line_reads() -> None:
    """`switchboard apply` and people find everything by the stack's outputs."""
    assert set(deployment().template["Outputs"]) == {
        *("DirectoryTable", "ConversationsTable", "QueueUrl", "SecretsPrefix"),
        *("AttachmentsBucket", "ApiDomain", "PlatformDomain", "ApiUrl", "WebhookUrl"),
        *("WidgetBucket", "WidgetUrl"),
    }


def test_a_wrong_parameter_is_named(tmp_path: Path) -> None:
    """An unknown parameter, or one without value, is an error that says which."""
    with pytest.raises(TemplateError, match="no parameter 'Colour'"):
        read_deployment(ROOT / "template.yaml", REGION, {"Colour": "red"})
    bare = tmp_path / "template.yaml"
    bare.write_text("Parameters: {Must: {Type: String}}\nResources: {}\n")
    with pytest.raises(TemplateError, match="'Must' has no default"):
        read_deployment(bare, REGION, {})
