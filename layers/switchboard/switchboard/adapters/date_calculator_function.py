"""`date_calculator(dates, operation, date_format, days)`: what models get wrong about dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from switchboard.adapters.plugin_kinds import Resources
from switchboard.domain.conversation import ToolOffer
from switchboard.domain.parameters import Parameter, WrongArgument
from switchboard.domain.plugins import Tool, ToolFailed

FORMATS = {"iso": "%Y-%m-%d", "us": "%m/%d/%Y", "eu": "%d/%m/%Y", "de": "%d.%m.%Y"}
OPERATIONS = ("difference", "add_days", "subtract_days", "oldest", "newest", "format", "weekday")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_DATES = 100
MOST_DAYS = 1_000_000
DAYS = Parameter("days", "integer", "For add_days and subtract_days.")
OFFER = ToolOffer(
    "date_calculator",
    "Calculates with calendar dates: days between two dates, a date some days before or after "
    "another, the oldest or newest of several, the day of the week. Use it instead of doing it "
    "yourself, also to learn today's date.",
    {
        "type": "object",
        "properties": {
            "dates": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Dates as 2026-11-22, or `today`. Other forms are read as "
                "`date_format` says.",
            },
            "operation": {"type": "string", "enum": list(OPERATIONS)},
            "date_format": {
                "type": "string",
                "enum": list(FORMATS),
                "description": "How dates are written: iso 2026-11-22, us 11/22/2026, "
                "eu 22/11/2026, de 22.11.2026. Default iso.",
            },
            "days": {"type": DAYS.type, "description": DAYS.description},
        },
        "required": ["dates", "operation"],
    },
)


def tool(resources: Resources) -> Tool:
    """Today is the clock's day in UTC."""

    def run(arguments: Mapping[str, Any], until: int) -> str:
        today = datetime.fromtimestamp(resources.clock.now() / 1000, UTC).date()
        try:
            return _run(arguments, today)
        except OverflowError:
            raise ToolFailed("That is outside the years 1 to 9999.") from None

    return Tool(OFFER, run)


def _run(arguments: Mapping[str, Any], today: date) -> str:
    form = arguments.get("date_format") or "iso"
    if form not in FORMATS:
        raise ToolFailed(f"date_format must be one of: {', '.join(FORMATS)}.")
    written = arguments.get("dates")
    written = [written] if isinstance(written, str) else written
    if not isinstance(written, list) or not 0 < len(written) <= MOST_DATES:
        raise ToolFailed(f"dates must be a list of 1 to {MOST_DATES} dates.")
    dates = [_read(one, form, today) for one in written]
    match arguments.get("operation"):
        case "difference":
            if len(dates) != 2:
                raise ToolFailed("difference needs two dates.")
            return f"{(dates[1] - dates[0]).days} days"
        case "add_days":
            return _shifted(dates, _days(arguments), form)
        case "subtract_days":
            return _shifted(dates, -_days(arguments), form)
        case "oldest":
            return _written(min(dates), form)
        case "newest":
            return _written(max(dates), form)
        case "format":
            return _shifted(dates, 0, form)
        case "weekday":
            return ", ".join(WEEKDAYS[one.weekday()] for one in dates)
    raise ToolFailed(f"operation must be one of: {', '.join(OPERATIONS)}.")


def _shifted(dates: list[date], days: int, form: str) -> str:
    return ", ".join(_written(one + timedelta(days), form) for one in dates)


def _written(one: date, form: str) -> str:
    """With all four digits of the year, which `strftime` leaves out of early ones."""
    return one.strftime(FORMATS[form].replace("%Y", f"{one.year:04}"))


def _days(arguments: Mapping[str, Any]) -> int:
    """A number, or its digits in a text, as models write them."""
    try:
        days: int = DAYS.check(arguments.get("days"))
    except WrongArgument:
        days = MOST_DAYS + 1
    if abs(days) > MOST_DAYS:
        raise ToolFailed(f"days must be a whole number up to {MOST_DAYS}.")
    return days


def _read(written: Any, form: str, today: date) -> date:
    """ISO 8601, also with a time behind it, or the format asked for."""
    text = str(written).strip()
    if text.lower() == "today":
        return today
    for known in dict.fromkeys((FORMATS[form], FORMATS["de"])):
        try:
            return datetime.strptime(text, known).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise ToolFailed(f"{text[:40]!r} is not a date in the format {form}.") from None
