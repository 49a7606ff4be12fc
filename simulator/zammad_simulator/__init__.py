"""A simulator of the help desk Zammad: its REST API, its webhooks, its failures, and a page to
answer on.

For tests and for running the whole desk on one machine. It is no help desk: state lives in memory,
the control API and the page ask for no password.
"""

from zammad_simulator.settings import (
    DEFAULT_ATTRIBUTES,
    Fault,
    SimulatorSettings,
    TicketAttribute,
    Upload,
    Webhook,
)
from zammad_simulator.simulator import ZammadSimulator

__all__ = [
    "DEFAULT_ATTRIBUTES",
    "Fault",
    "SimulatorSettings",
    "TicketAttribute",
    "Upload",
    "Webhook",
    "ZammadSimulator",
]
