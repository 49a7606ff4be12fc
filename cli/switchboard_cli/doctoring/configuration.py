"""What the stack itself knows about the region: its record, its secrets, its webhook token."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from switchboard.adapters.directory_documents import webhook_token_from
from switchboard.adapters.dynamodb_directory import DynamoDbDirectory
from switchboard.adapters.ssm_secrets import SsmSecrets
from switchboard.adapters.system import SystemClock
from switchboard.domain.directory import Region, WebhookToken, ZammadAccess
from switchboard.domain.errors import Misconfigured
from switchboard.domain.ids import RegionSlug, SecretName
from switchboard_cli.doctoring import remedies
from switchboard_cli.doctoring.findings import Report, quoted
from switchboard_cli.manifests import DirectoryStore


@dataclass(frozen=True, slots=True)
class Subject:
    """A help desk that can be called: a region's, with the token it is called with."""

    region: Region
    access: ZammadAccess
    token: str


class Configuration:
    """Examines one region of one stack; `option` names the stack on the command line."""

    def __init__(self, store: DirectoryStore, option: str, report: Report) -> None:
        self._store = store
        self._option = option
        self._report = report
        self._directory = DynamoDbDirectory(store.dynamodb, store.table, SystemClock())
        self._secrets = SsmSecrets(lambda: store.ssm, store.secrets_prefix, SystemClock())

    def region(self, slug: str) -> Region | None:
        """The region, or None after it was reported missing."""
        region = self._directory.region(RegionSlug(slug))
        if region is None:
            known = ", ".join(r.slug for r in self._directory.regions()) or "none"
            remedy = remedies.region(quoted(slug), self._option)
            text = f"there is no region {quoted(slug)}; known are: {known}"
            self._report.missing("region", text, remedy)
            return None
        self._report.ok("region", region.display_name or region.slug)
        if region.chat_enabled:
            self._report.ok("chat-enabled", "the region's chat is switched on")
        else:
            remedy = self._manifest("spec:", "  chatEnabled: true")
            self._report.missing("chat-enabled", "the region's chat is switched off", remedy)
        return region

    def subject(self, region: Region) -> Subject | None:
        """The region's help desk, or None after what keeps it from being called was reported."""
        access = region.zammad
        if access is None:
            remedy = remedies.region(region.slug, self._option)
            self._report.missing("address", "the region has no help desk", remedy)
            return None
        is_safe = self._address(access.url)
        self._webhook(region)
        token = self._token(access.token)
        return Subject(region, access, token) if is_safe and token else None

    def _address(self, url: str) -> bool:
        parts = urlsplit(url)
        if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)):
            self._report.ok("address", url)
            return True
        text = f"{quoted(url)} is not https, so the token is not sent there"
        remedy = self._manifest("spec:", "  zammad:", f"    url: https://{quoted(parts.netloc)}")
        self._report.missing("address", text, remedy)
        return False

    def _token(self, name: SecretName | None) -> str:
        """The token, or an empty text after it was reported missing."""
        remedy = self._manifest("spec:", "  zammad:", "    token: {env: ZAMMAD_TOKEN}")
        if name is None:
            text = "the region names no access token"
            self._report.missing("token-secret", text, [*remedies.new_token(), *remedy])
            return ""
        value = self._secret("token-secret", name, remedy)
        if value and not (value.isascii() and value.isprintable() and " " not in value):
            text = f"the secret {name} has spaces, line ends or other letters a token cannot have"
            self._report.missing("token-secret", text, [*remedies.new_token(), *remedy])
            return ""
        if value:
            self._report.ok("token-secret", f"{name} is readable")
        return value

    def _webhook(self, region: Region) -> None:
        """Any token of the same help desk opens the way for the tickets of all its regions."""
        tokens = [token for token in self._webhook_tokens() if region.slug in token.regions]
        if not tokens:
            remedy = [
                "export ZAMMAD_WEBHOOK_TOKEN=$(python3 -c 'import uuid; print(uuid.uuid4())')",
                *self._manifest(
                    "spec:", "  zammad:", "    webhookToken: {env: ZAMMAD_WEBHOOK_TOKEN}"
                ),
            ]
            self._report.missing("webhook-token", "without one every webhook is refused", remedy)
            return
        self._report.ok("webhook-token", f"{len(tokens)} for this help desk, stored as a digest")
        names = [name for token in tokens for name in token.webhook_secrets]
        remedy = [
            "export ZAMMAD_WEBHOOK_SECRET=$(openssl rand -hex 32)",
            *self._manifest(
                "spec:", "  zammad:", "    webhookSecret: {env: ZAMMAD_WEBHOOK_SECRET}"
            ),
        ]
        if not all(token.webhook_secrets for token in tokens):
            text = "without one anybody who learns the webhook's address can call it"
            self._report.missing("webhook-secret", text, remedy)
        elif all(self._secret("webhook-secret", name, remedy) for name in dict.fromkeys(names)):
            self._report.ok("webhook-secret", "webhooks have to be signed")

    def _webhook_tokens(self) -> list[WebhookToken]:
        records = self._store.read_all().items()
        return [webhook_token_from(text) for key, text in records if _is_webhook_token(key.pk)]

    def _secret(self, finding: str, name: SecretName, remedy: list[str]) -> str:
        """The secret's value, never shown, or an empty text after it was reported missing."""
        try:
            value = self._secrets.get(name)
        except Misconfigured:
            self._report.missing(finding, f"there is no secret {name} in SSM", remedy)
            return ""
        except ClientError as error:
            code = quoted(error.response["Error"]["Code"])
            remedy = [f"Run this with AWS credentials that may read {name} of the stack's secrets."]
            self._report.missing(finding, f"AWS does not let you read {name}: {code}", remedy)
            return ""
        self._report.hide(value)
        if not value.strip():
            self._report.missing(finding, f"the secret {name} is empty", remedy)
            return ""
        return value

    def _manifest(self, *lines: str) -> list[str]:
        return remedies.manifest(lines, self._option)


def _is_webhook_token(partition: str) -> bool:
    return partition.startswith("WebhookToken#")


def _is_loopback(host: str | None) -> bool:
    if host == "localhost" or (host or "").endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
