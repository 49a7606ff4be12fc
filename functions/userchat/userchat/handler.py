"""Wiring of the user chat: routes to use-cases, nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from switchboard.api.http import Request, Response, json_response
from switchboard.api.router import HttpEdge, route
from switchboard.domain.directory import Region
from switchboard.domain.errors import ChatDisabled, RegionNotFound, UnknownLanguage
from switchboard.domain.ids import DeviceId, RegionSlug, device_hash
from switchboard.runtime import compose
from userchat.body import read_draft
from userchat.composition import build
from userchat.file_view import attachment_route, file_response
from userchat.view import chat_address, chat_response, error_response, sent_document

desk = compose(build)
EXPOSED = "Content-Disposition, ETag, Retry-After"
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}


def read_chat(request: Request, region: str, language: str, device_id: str) -> Response:
    found = region_for_chat(region, language)
    device = device_hash(found.slug, DeviceId(device_id))
    chat = desk.read_chat(found, device, request.request_id)
    return chat_response(chat, found, request, desk.clock.now())


def send_message(request: Request, region: str, language: str, device_id: str) -> Response:
    found = region_for_chat(region, language)
    device = device_hash(found.slug, DeviceId(device_id))
    draft = read_draft(request, found.allowed_attachment_types)
    chat, message, _ = desk.send_message(found, device, language, draft, request.request_id)
    address = chat_address(request)
    return json_response(200, sent_document(chat, message, found, desk.clock.now(), address))


def read_attachment(
    request: Request, region: str, language: str, device_id: str, attachment_id: str
) -> Response:
    found = region_for_chat(region, language)
    device = device_hash(found.slug, DeviceId(device_id))
    return file_response(desk.read_attachment(found, device, attachment_id))


def list_regions(request: Request) -> Response:
    return json_response(200, [region_document(region) for region in desk.directory.regions()])


def show_region(request: Request, region: str) -> Response:
    return json_response(200, region_document(find_region(region)))


def find_region(slug: str) -> Region:
    region = desk.directory.region(RegionSlug(slug))
    if region is None:
        raise RegionNotFound
    return region


def region_for_chat(slug: str, language: str) -> Region:
    region = find_region(slug)
    if not region.is_chat_enabled:
        raise ChatDisabled
    if not region.offers(language):
        raise UnknownLanguage
    return region


def region_document(region: Region) -> dict[str, Any]:
    return {
        "name": region.display_name,
        "path": region.slug,
        "is_chat_enabled": region.is_chat_enabled,
        "zammad_privacy_policy": region.privacy_policy_url,
    }


def preflight(request: Request, allow: str) -> Response:
    allowed = {
        "Access-Control-Allow-Methods": allow,
        "Access-Control-Allow-Headers": "content-type, idempotency-key, if-none-match",
        "Access-Control-Max-Age": "86400",
    }
    return Response(204, b"", {"Allow": allow, **allowed})


edge = HttpEdge(
    (
        route("/api/v3/regions/", GET=list_regions),
        route("/api/v3/regions/{region}/", GET=show_region),
        route("/api/v3/{region}/{language}/chat/{device_id}/", GET=read_chat, POST=send_message),
        attachment_route(GET=read_attachment),
    ),
    logger=desk.logger,
    render_error=error_response,
    headers=lambda request: CORS,
    preflight=preflight,
)


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Entry point: one HTTP API event (payload 2.0) in, its answer out."""
    return edge.serve(event)
