"""The dashboard shows what is counted: by names that the log really has."""

from __future__ import annotations

import json
from typing import Any

from switchboard.api.turn_log import NAMESPACE, UNITS
from tests.template.expanded import properties, resources


def widgets() -> list[dict[str, Any]]:
    (dashboard,) = resources("AWS::CloudWatch::Dashboard").values()
    body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    return [widget["properties"] for widget in json.loads(body)["widgets"]]


def test_each_figure_of_a_turn_is_a_metric_that_exists() -> None:
    """Of the functions that take turns, under the names they log with."""
    shown = [m for widget in widgets() for m in widget["metrics"] if m[0] == NAMESPACE]
    assert shown
    services = {
        properties(name)["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        for name in ("ChatbotFunction", "WorkerFunction")
    }
    for _, metric, dimension, service, *_ in shown:
        assert metric in UNITS
        assert dimension == "service"
        assert service in services
    assert {metric for _, metric, *_ in shown} == set(UNITS)


def test_every_function_s_errors_are_shown() -> None:
    """And the jobs that were given up."""
    (errors,) = [w for w in widgets() if w["title"] == "Errors"]
    names = {m[3] for m in errors["metrics"] if m[0] == "AWS/Lambda"}
    assert names == {f"${{{name}}}" for name in resources("AWS::Lambda::Function")}
    assert "DeadJobs" in json.dumps(widgets())
