"""`get_current_weather(location, unit)`: Open-Meteo's current weather at a place given by name.

Two calls: https://open-meteo.com/en/docs/geocoding-api finds the place,
https://open-meteo.com/en/docs tells its weather. Neither needs a key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from switchboard.adapters.plugin_kinds import Resources
from switchboard.domain.conversation import ToolOffer
from switchboard.domain.parameters import (
    Parameter,
    WrongArgument,
    checked_arguments,
    schema_of,
)
from switchboard.domain.plugins import Tool, ToolFailed

PLACES = "https://geocoding-api.open-meteo.com/v1/search"
FORECAST = "https://api.open-meteo.com/v1/forecast"
CURRENT = (
    "temperature_2m,apparent_temperature,relative_humidity_2m,precipitation,weather_code,"
    "wind_speed_10m"
)
ANSWER_BYTES = 100_000
PARAMETERS = (
    Parameter("location", description="A city, as in `Augsburg` or `Paris, France`", required=True),
    Parameter("unit", enum=("celsius", "fahrenheit"), default="celsius"),
)
SKIES = {
    0: "clear sky",
    1: "mainly clear",
    2: "partly cloudy",
    3: "overcast",
    45: "fog",
    48: "rime fog",
    51: "light drizzle",
    53: "drizzle",
    55: "dense drizzle",
    56: "light freezing drizzle",
    57: "freezing drizzle",
    61: "light rain",
    63: "rain",
    65: "heavy rain",
    66: "light freezing rain",
    67: "freezing rain",
    71: "light snow",
    73: "snow",
    75: "heavy snow",
    77: "snow grains",
    80: "light showers",
    81: "showers",
    82: "violent showers",
    85: "light snow showers",
    86: "snow showers",
    95: "thunderstorm",
    96: "thunderstorm with light hail",
    99: "thunderstorm with hail",
}
"""WMO code 4677, as far as Open-Meteo uses it."""


def tool(resources: Resources) -> Tool:
    offer = ToolOffer(
        "get_current_weather", "The current weather at a place.", schema_of(PARAMETERS)
    )

    def run(arguments: Mapping[str, Any], until: int) -> str:
        try:
            checked = checked_arguments(PARAMETERS, arguments)
        except WrongArgument as fault:
            raise ToolFailed(f"{fault}.") from None
        place = _place(checked["location"], resources, until)
        return _weather(place, checked["unit"], resources, until)

    return Tool(offer, run)


def _place(location: str, resources: Resources, until: int) -> Mapping[str, Any]:
    """The best known place of that name; what follows a comma says which one is meant."""
    name, _, where = location.partition(",")
    found = _get(PLACES, {"name": name.strip(), "count": 10}, resources, until).get("results")
    places = [p for p in found if isinstance(p, dict)] if isinstance(found, list) else []
    wanted = where.strip().casefold()
    for place in places:
        parts = (place.get(k) for k in ("country", "country_code", "admin1", "admin2"))
        if wanted and wanted in (str(part).casefold() for part in parts if part):
            return place
    if not places:
        raise ToolFailed("There is no place of that name.")
    return places[0]


def _weather(place: Mapping[str, Any], unit: str, resources: Resources, until: int) -> str:
    query = {
        "latitude": place.get("latitude"),
        "longitude": place.get("longitude"),
        "current": CURRENT,
        "temperature_unit": unit,
        "timezone": "auto",
    }
    document = _get(FORECAST, query, resources, until)
    current, units = document.get("current"), document.get("current_units")
    if not isinstance(current, dict) or not isinstance(units, dict):
        raise ToolFailed("The weather service gave no weather.")
    told: dict[str, Any] = {
        "place": ", ".join(str(place[k]) for k in ("name", "admin1", "country") if place.get(k)),
        "local_time": current.get("time"),
        "sky": SKIES.get(current.get("weather_code", -1), "unknown"),
    }
    for name in CURRENT.split(","):
        if name in current and name != "weather_code":
            told[name.removesuffix("_2m").removesuffix("_10m")] = (
                f"{current[name]} {units.get(name, '')}".strip()
            )
    return json.dumps(told, ensure_ascii=False)


def _get(url: str, query: Mapping[str, Any], resources: Resources, until: int) -> dict[str, Any]:
    from switchboard.adapters.outgoing import NotReached, TooLate, send

    seconds = resources.seconds_left(until)
    if seconds <= 0:
        raise ToolFailed("There was no time left to ask the weather service.")
    try:
        answer = send(
            "GET",
            f"{url}?{urlencode(query)}",
            None,
            {},
            seconds=seconds,
            most_bytes=ANSWER_BYTES,
        )
    except (NotReached, TooLate):
        raise ToolFailed("The weather service cannot be reached.") from None
    if answer.status != 200 or not isinstance(answer.document, dict):
        raise ToolFailed("The weather service does not answer at the moment.")
    return answer.document
