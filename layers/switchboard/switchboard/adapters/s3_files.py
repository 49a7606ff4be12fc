"""Files in S3: users' files under `pending/`, lent ones under `downloads/`.

The bucket's own rules let them expire (template.yaml). Most requests touch no file, so the client
is made with the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from switchboard.domain.errors import FilesUnavailable

LENT_SECONDS = 300
S3_OPTIONS: dict[str, Any] = {
    "signature_version": "s3v4",
    "s3": {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
}
"""For addresses to lend: of the bucket's own region, since S3's global name may redirect, and a
signature holds for one host only."""


class S3Files:
    """`make_client` is called once, for the first file."""

    def __init__(self, make_client: Callable[[], Any], bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket
        self._made: Any = None

    def put(self, key: str, data: bytes, content_type: str, disposition: str = "") -> None:
        shown = {"ContentDisposition": disposition} if disposition else {}
        with _failures():
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=data,
                ContentType=content_type,
                CacheControl="private",
                **shown,
            )

    def load(self, key: str) -> bytes | None:
        with _failures():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
            except self._client.exceptions.NoSuchKey:
                return None
            with answer["Body"] as body:
                return bytes(body.read())

    def delete(self, keys: Sequence[str]) -> None:
        with _failures():
            for key in keys:
                self._client.delete_object(Bucket=self._bucket, Key=key)

    def delete_below(self, prefix: str) -> None:
        with _failures():
            while found := self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix).get(
                "Contents"
            ):
                for file in found:
                    self._client.delete_object(Bucket=self._bucket, Key=file["Key"])

    def address(self, key: str) -> str:
        with _failures():
            return str(
                self._client.generate_presigned_url(
                    "get_object",
                    Params={"Bucket": self._bucket, "Key": key},
                    ExpiresIn=LENT_SECONDS,
                )
            )

    @property
    def _client(self) -> Any:
        if self._made is None:
            self._made = self._make_client()
        return self._made


@contextmanager
def _failures() -> Iterator[None]:
    """Whatever botocore raises, as the port promises; its reason is for the log."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise FilesUnavailable(reason=type(error).__name__) from error
