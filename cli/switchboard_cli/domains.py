"""`switchboard domains list|verify HOST`: custom hosts of chatbots, and the proof for them."""

from __future__ import annotations

import argparse
import sys

from switchboard.adapters.directory_documents import Key
from switchboard_cli import stack
from switchboard_cli.get import print_columns
from switchboard_cli.main import CommandError
from switchboard_cli.manifests import DirectoryBusy, DirectoryStore, ManifestErrors
from switchboard_cli.manifests.applying import catalogue_of, renew
from switchboard_cli.manifests.catalogue import Catalogue
from switchboard_cli.manifests.domains import Claim, DnsFailed, claims
from switchboard_cli.public_dns import RESOLVER, DnsOverHttps


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the custom hosts, and which are verified")
    listing.add_argument("--account", help="only those of this account")
    verify = actions.add_parser("verify", help="look for the TXT record and let the host be found")
    verify.add_argument("host")
    verify.add_argument(
        "--resolver",
        metavar="URL",
        default=RESOLVER,
        help="the public resolver to ask, DNS over HTTPS in JSON (%(default)s)",
    )
    for action in (listing, verify):
        stack.add_options(action)


def run(arguments: argparse.Namespace) -> int:
    with stack.opened(arguments) as opened:
        try:
            if arguments.action == "verify":
                resolver = DnsOverHttps(arguments.resolver)
                return _verify(opened.directory, arguments.host, resolver)
            return _list(opened.directory, arguments.account)
        except ManifestErrors as fault:
            raise CommandError(str(fault)) from None


def _list(directory: DirectoryStore, account: str | None) -> int:
    found = claims(catalogue_of(directory, directory.read_all()))
    rows = [
        (
            claim.host,
            f"{claim.manifest.account}/{claim.manifest.name}",
            "verified" if claim.verified else "not verified",
            f"{claim.record_name} TXT {claim.record_text}",
        )
        for claim in found
        if account in (None, claim.manifest.account)
    ]
    print_columns([("HOST", "CHATBOT", "STATUS", "RECORD"), *rows])
    return 0


def _verify(directory: DirectoryStore, written: str, dns: DnsOverHttps) -> int:
    before = directory.read_all()
    claim = _claim(catalogue_of(directory, before), written.strip().lower().rstrip("."))
    if not claim.verified:
        try:
            shown = claim.is_shown(dns)
        except DnsFailed as error:
            raise CommandError(f"{claim.host} is not verified: {error}") from None
        if not shown:
            print(f"{claim.host} is not verified. Put this record into its DNS, and try again:")
            print(f"  {claim.record_name}. TXT {claim.record_text}")
            print("A new record may take some minutes to be seen.", file=sys.stderr)
            return 1
        _keep(directory, before, claim)
    print(f"verified {claim.host} for {claim.manifest.title}")
    return 0


def _claim(catalogue: Catalogue, host: str) -> Claim:
    claim = next((claim for claim in claims(catalogue) if claim.host == host), None)
    if claim is None:
        raise CommandError(f"no chatbot has the customDomain {host}")
    return claim


def _keep(directory: DirectoryStore, before: dict[Key, str], claim: Claim) -> None:
    """Stores the proof, and the chatbot's records with the new host, in one change."""
    after = {**before, claim.key: claim.proof()}
    try:
        renew(directory, before, catalogue_of(directory, after), {claim.key: claim.proof()})
    except DirectoryBusy as busy:
        raise CommandError(str(busy)) from None
