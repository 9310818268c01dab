"""Partners' files of a day over HTTP: the provider's and the billers'. In live operation they come by another way."""

from datetime import date
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError

from billing.domain.settlement.day_files import PROVIDER

# A day of the state: some 400,000 lines of about 120 bytes.
MOST_BYTES = 256 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
_TIMEOUT_SECONDS = 60


class HttpDayFiles:
    """Implements application.settlement.ports.PartnerFiles."""

    def __init__(self, provider_url: str, network_url: str) -> None:
        self._provider_url = provider_url.rstrip("/")
        self._network_url = network_url.rstrip("/")
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(_TIMEOUT_SECONDS))

    def fetch(self, source: str, day: date) -> bytes | None:
        url = f"{self._provider_url}/day-files/{day.isoformat()}"
        if source != PROVIDER:
            url = f"{self._network_url}/day-files/{quote(source, safe='')}/{day.isoformat()}"
        raw = bytearray()
        try:
            response = self._pool.request("GET", url, preload_content=False, redirect=False)
            try:
                for chunk in response.stream(_CHUNK_BYTES):
                    raw += chunk
                    if len(raw) > MOST_BYTES:
                        return None
            finally:
                response.release_conn()
        except (HTTPError, OSError):
            return None
        return bytes(raw) if response.status == 200 else None
