"""Files in a store that speaks the S3 protocol."""

from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from certificates.application.attachments.ports import NoSuchContent
from servicekit.errors import DependencyUnavailable

TIMEOUT_SECONDS = 5
RETRY_AFTER_SECONDS = 5
_MISSING = {"NoSuchKey", "404"}


class S3Store:
    """Implements application.attachments.ports.ContentStore. Threads may share it."""

    def __init__(self, address: str, access_key: str, secret_key: str) -> None:
        """`address` is https://host/bucket, or https://host/bucket?region=name; the bucket is there."""
        parts = urlsplit(address)
        self._bucket = parts.path.strip("/")
        self._client = boto3.client(
            "s3",
            endpoint_url=f"{parts.scheme}://{parts.netloc}",
            region_name=parts.query.removeprefix("region=") or "us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(
                connect_timeout=TIMEOUT_SECONDS,
                read_timeout=TIMEOUT_SECONDS,
                retries={"total_max_attempts": 2, "mode": "standard"},
                s3={"addressing_style": "path"},
            ),
        )

    def put(self, attachment_id: str, content: bytes) -> None:
        """Raises DependencyUnavailable."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=attachment_id, Body=content)
        except (BotoCoreError, ClientError):
            raise _unavailable() from None

    def get(self, attachment_id: str) -> bytes:
        """Raises NoSuchContent, DependencyUnavailable."""
        try:
            return bytes(self._client.get_object(Bucket=self._bucket, Key=attachment_id)["Body"].read())
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                raise NoSuchContent(attachment_id) from None
            raise _unavailable() from None
        except BotoCoreError:
            raise _unavailable() from None

    def delete(self, attachment_id: str) -> None:
        """Raises DependencyUnavailable."""
        try:
            self._client.delete_object(Bucket=self._bucket, Key=attachment_id)
        except (BotoCoreError, ClientError):
            raise _unavailable() from None


def _unavailable() -> DependencyUnavailable:
    return DependencyUnavailable(
        "The store of files does not answer. Repeat the request in a moment; no piece has to be sent again.",
        retry_after_seconds=RETRY_AFTER_SECONDS,
    )
