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
from userchat.cors import cors_headers, preflight, region_in
from userchat.file_view import attachment_route, file_response
from userchat.view import chat_address, chat_response, error_response, sent_document

desk = compose(build)


def read_chat(request: Request, region: str, language: str, device_id: str) -> Response:
    found = region_for_chat(region, language)
    desk.reads.count(request.source_address)
    device = device_hash(found.slug, DeviceId(device_id))
    chat = desk.read_chat(found, device, request.request_id)
    return chat_response(chat, found, request, desk.clock.now())


def send_message(request: Request, region: str, language: str, device_id: str) -> Response:
    found = region_for_chat(region, language)
    device = device_hash(found.slug, DeviceId(device_id))
    draft = read_draft(request, found.allowed_attachment_types)
    chat, message, _ = desk.send_message(
        found, device, language, draft, request.request_id, request.source_address
    )
    address = chat_address(request)
    return json_response(200, sent_document(chat, message, found, desk.clock.now(), address))


def read_attachment(
    request: Request, region: str, language: str, device_id: str, attachment_id: str
) -> Response:
    found = region_for_chat(region, language)
    desk.reads.count(request.source_address)
    device = device_hash(found.slug, DeviceId(device_id))
    read = desk.read_attachment.look if request.method == "HEAD" else desk.read_attachment
    return file_response(read(found, device, attachment_id))


def erase_chat(request: Request, region: str, language: str, device_id: str) -> Response:
    found = region_for_chat(region, language)
    desk.reads.count(request.source_address)
    desk.erase(found, device_hash(found.slug, DeviceId(device_id)))
    return Response(204, b"", {"Cache-Control": "no-store"})


def show_rollout(request: Request, region: str, device_id: str) -> Response:
    found = find_region(region)
    desk.reads.count(request.source_address)
    device = device_hash(found.slug, DeviceId(device_id))
    return json_response(200, {"is_chat_enabled": desk.rollout(found, device)})


def list_regions(request: Request) -> Response:
    desk.reads.count(request.source_address)
    return json_response(200, [region_document(region) for region in desk.directory.regions()])


def show_region(request: Request, region: str) -> Response:
    found = find_region(region)
    desk.reads.count(request.source_address)
    return json_response(200, region_document(found))


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


def headers(request: Request) -> Mapping[str, str]:
    slug = region_in(request.path)
    try:
        region = desk.directory.region(RegionSlug(slug)) if slug else None
    except Exception:  # noqa: BLE001 - the request itself has failed of this, and says so
        region = None
    return cors_headers(request, region)


edge = HttpEdge(
    (
        route("/api/v3/regions/", GET=list_regions),
        route("/api/v3/regions/{region}/", GET=show_region),
        route("/api/v3/{region}/{device_id}/is_chat_enabled/", GET=show_rollout),
        route(
            "/api/v3/{region}/{language}/chat/{device_id}/",
            GET=read_chat,
            POST=send_message,
            DELETE=erase_chat,
        ),
        attachment_route(GET=read_attachment),
    ),
    logger=desk.logger,
    render_error=error_response,
    headers=headers,
    preflight=preflight,
)


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Entry point: one HTTP API event (payload 2.0) in, its answer out."""
    desk.begin()
    return edge.serve(event)
