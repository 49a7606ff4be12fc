"""What each function may do, read from the expanded template."""

from __future__ import annotations

import pytest

from tests.template.expanded import actions, allowed, deployment, properties, resources, statements

READ_DIRECTORY = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
WRITE_CONVERSATIONS = READ_DIRECTORY | {
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
}
FUNCTIONS = ["Chatbot", "Userchat", "Webhook", "Worker"]


def test_each_function_has_a_role_of_its_own() -> None:
    """No two functions share a role, and no role is there for nothing."""
    functions = resources("AWS::Lambda::Function")
    roles = [function["Properties"]["Role"] for function in functions.values()]
    assert roles == [{"Fn::GetAtt": [f"{name[:-8]}Role", "Arn"]} for name in functions]
    assert set(resources("AWS::IAM::Role")) == {role["Fn::GetAtt"][0] for role in roles}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_permission_is_for_everything(name: str) -> None:
    """No wildcard action, no managed policy, no resource that is just `*`."""
    role = properties(f"{name}Role")
    assert "ManagedPolicyArns" not in role
    for statement in statements(f"{name}Role"):
        assert statement["Effect"] == "Allow"
        assert not [action for action in actions(statement) if "*" in action]
        assert statement["Resource"] != "*"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nobody_writes_the_directory(name: str) -> None:
    """Functions read the configuration; only `switchboard apply` writes it."""
    assert allowed(f"{name}Role", "DirectoryTable") <= READ_DIRECTORY


@pytest.mark.parametrize("name", FUNCTIONS)
def test_secrets_are_those_of_the_stack(name: str) -> None:
    """A function reads parameters below the stack's own prefix, and decrypts only through SSM."""
    by_action = {action: s for s in statements(f"{name}Role") for action in actions(s)}
    resource = by_action["ssm:GetParameter"]["Resource"]["Fn::Sub"]
    assert resource.endswith(":parameter/switchboard/${AWS::StackName}/*")
    conditions = by_action["kms:Decrypt"]["Condition"]
    assert conditions["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/aws/ssm"}
    via = conditions["StringEquals"]["kms:ViaService"]
    assert via == {"Fn::Sub": "ssm.${AWS::Region}.amazonaws.com"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_logs_go_to_the_functions_own_group(name: str) -> None:
    """A function writes its own log group and no other."""
    written = {
        str(s["Resource"])
        for s in statements(f"{name}Role")
        if any(action.startswith("logs:") for action in actions(s))
    }
    assert written == {str({"Fn::GetAtt": [f"{name}Log", "Arn"]})}
    group = properties(f"{name}Function")["LoggingConfig"]["LogGroup"]
    assert group == {"Ref": f"{name}Log"}


@pytest.mark.parametrize(
    ("name", "conversations", "jobs"),
    [
        ("Userchat", WRITE_CONVERSATIONS, {"sqs:SendMessage"}),
        ("Chatbot", WRITE_CONVERSATIONS, set()),
        ("Webhook", {"dynamodb:GetItem", "dynamodb:UpdateItem"}, {"sqs:SendMessage"}),
        (
            "Worker",
            WRITE_CONVERSATIONS,
            {
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
            },
        ),
    ],
)
def test_tables_and_queue_are_open_as_far_as_the_work_needs(
    name: str, conversations: set[str], jobs: set[str]
) -> None:
    """The chatbot cannot queue, the webhook cannot erase, only the worker takes jobs."""
    assert allowed(f"{name}Role", "ConversationsTable") == conversations
    assert allowed(f"{name}Role", "Jobs") == jobs


def test_models_of_bedrock_are_open_only_where_the_stack_names_them() -> None:
    """Without the parameter no role may call Bedrock; with it, two may invoke just these models."""
    policies = resources("AWS::IAM::Policy")
    assert list(policies) == ["BedrockPolicy"]
    assert policies["BedrockPolicy"]["Condition"] == "UsesBedrock"
    policy = properties("BedrockPolicy")
    assert policy["Roles"] == [{"Ref": "ChatbotRole"}, {"Ref": "WorkerRole"}]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert actions(statement) == ["bedrock:InvokeModel"]
    assert statement["Resource"] == {"Ref": "BedrockModels"}
    parameter = deployment().template["Parameters"]["BedrockModels"]
    assert parameter["Default"] == ""
    names = [
        action for role in FUNCTIONS for s in statements(f"{role}Role") for action in actions(s)
    ]
    assert not [name for name in names if name.startswith("bedrock")]


def test_only_the_worker_gives_jobs_up() -> None:
    """The worker parks a hopeless job itself; nobody reads or empties the dead-letter queue."""
    assert allowed("WorkerRole", "DeadJobs") == {"sqs:SendMessage"}
    assert not [name for name in FUNCTIONS[:3] if allowed(f"{name}Role", "DeadJobs")]
