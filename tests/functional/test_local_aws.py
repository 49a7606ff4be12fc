"""The local AWS holds a developer's keys: what a page in their browser may ask of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from switchboard_cli.local.aws import client, start_aws

PAGE = {"Origin": "https://elsewhere.example"}
SECRET = "sk-canary"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    child = start_aws(0, lambda _: None)
    try:
        url = f"http://127.0.0.1:{child.wait_until_ready()}"
        client(url, "ssm").put_parameter(Name="/key", Value=SECRET, Type="SecureString")
        yield url
    finally:
        child.stop()


def read_secret(aws: str, headers: dict[str, str]) -> requests.Response:
    target = {
        "X-Amz-Target": "AmazonSSM.GetParameter",
        "Content-Type": "application/x-amz-json-1.1",
    }
    body = '{"Name": "/key", "WithDecryption": true}'
    signed = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/ssm/aws4_request"
    }
    return requests.post(aws, body, headers={**target, **signed, **headers}, timeout=10)


def test_a_program_on_this_machine_uses_it(aws: str) -> None:
    """As the functions and the command line do."""
    assert SECRET in read_secret(aws, {}).text


@pytest.mark.parametrize("headers", [PAGE, {"Host": "rebound.example:8002"}])
def test_no_page_reads_or_changes_it(aws: str, headers: dict[str, str]) -> None:
    """Neither one of another origin nor one whose host name was made to point here."""
    answers = [
        read_secret(aws, headers),
        requests.get(f"{aws}/moto-api/data.json", headers=headers, timeout=10),
        requests.post(f"{aws}/moto-api/reset", headers=headers, timeout=10),
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert SECRET not in answer.text
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert SECRET in read_secret(aws, {}).text


def test_a_page_gets_the_download_it_was_sent_to(aws: str) -> None:
    """A signed address of a bucket that lets pages read, as the one for attachments does."""
    s3 = client(aws, "s3")
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
    s3.create_bucket(Bucket="files", **where)
    rules = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]
    s3.put_bucket_cors(Bucket="files", CORSConfiguration={"CORSRules": rules})
    s3.put_object(Bucket="files", Key="a", Body=b"picture")
    signed = s3.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": "a"})
    answer = requests.get(signed, headers=PAGE, timeout=10)
    assert answer.content == b"picture"
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", PAGE["Origin"])
    listing = requests.get(f"{aws}/files", headers=PAGE, timeout=10)
    assert listing.status_code == 403
