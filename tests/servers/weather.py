"""A weather service that answers as Open-Meteo does, for one place name."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

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
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            made.queries.append(query)
            self.send_response(503 if made.broken else 200)
            self.end_headers()
            self.wfile.write(json.dumps(made.answer(parts.path, query)).encode())

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = WeatherServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
