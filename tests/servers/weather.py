"""A weather service that answers as Open-Meteo does, for one place name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.servers import serving

PLACES = [
    {"name": "Paris", "country": "France", "country_code": "FR", "latitude": 48.85},
    {
        "name": "Paris",
        "country": "United States",
        "country_code": "US",
        "admin1": "Texas",
        "latitude": 33.66,
    },
]


class WeatherServer:
    """`queries` are what was asked; `broken` makes it answer 503."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.queries: list[dict[str, str]] = []
        self.broken = False

    def answer(self, path: str, query: dict[str, str]) -> Any:
        if path == "/v1/search":
            return {"results": [{**p, "longitude": 2.35} for p in PLACES]}
        degrees = "°F" if query["temperature_unit"] == "fahrenheit" else "°C"
        return {
            "current": {"time": "2026-11-22T12:00", "temperature_2m": 81.5, "weather_code": 63},
            "current_units": {"temperature_2m": degrees},
        }


@contextmanager
def weather_server() -> Iterator[WeatherServer]:
    class Handler(serving.Handler):
        def take(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            made.queries.append(query)
            answer = json.dumps(made.answer(parts.path, query)).encode()
            self.answer(503 if made.broken else 200, {}, answer)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = WeatherServer(f"http://127.0.0.1:{server.server_port}")
    with serving.serving(server):
        yield made
