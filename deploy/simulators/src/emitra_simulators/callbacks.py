"""Callbacks about a payment, as badly as real billers send them: three for each payment, and out of order."""

import hashlib
import hmac
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import urllib3

log = logging.getLogger(__name__)

SIGNATURE_HEADER = "X-Signature"

# Sent in this order: the last status arrives first, then the earlier ones, as their sequence numbers show.
OUT_OF_ORDER = ((3, "SUCCESS"), (1, "PENDING"), (2, "PENDING"))

# A callback is given up after a few tries: who does not receive it learns the outcome by inquiry.
TRIES = 3
TIMEOUT_SECONDS = 5.0


def signature(secret: bytes, body: bytes) -> str:
    """Lower-case hex HMAC-SHA256 of the body as it is sent."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


class Callbacks:
    """Sends callbacks in the background, one after another. Those not yet sent when the process ends are lost."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._queue = ThreadPoolExecutor(max_workers=1, thread_name_prefix="callbacks")
        retry = urllib3.Retry(TRIES - 1, redirect=False, backoff_factor=0.2, allowed_methods=None)
        self._http = urllib3.PoolManager(retries=retry, timeout=TIMEOUT_SECONDS)

    def send_out_of_order(self, url: str, request_id: str) -> None:
        """Returns at once; three POSTs of `{request_id, status, sequence}` follow, sequence 3, 1, 2."""
        for sequence, status in OUT_OF_ORDER:
            body = json.dumps({"request_id": request_id, "status": status, "sequence": sequence}).encode()
            self._queue.submit(self._send, url, body)

    def _send(self, url: str, body: bytes) -> None:
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: signature(self._secret, body)}
        try:
            self._http.request("POST", url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            log.warning("callback not delivered: %s", type(error).__name__)
