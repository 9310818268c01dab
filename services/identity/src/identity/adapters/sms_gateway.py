"""Messages to phones over a gateway of HTTPS and JSON, the sender where ENVIRONMENT is live."""

import json
from datetime import datetime

import structlog
import urllib3
from urllib3.exceptions import HTTPError

from identity.domain.people.mobile import Mobile
from servicekit.errors import DependencyUnavailable

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT_SECONDS = 2.0
# Gateways accept a message and send it afterwards; the person looks at the page meanwhile.
READ_TIMEOUT_SECONDS = 5.0
CONNECTIONS = 8
_MOST_BYTES = 65_536  # an answer is a few hundred; what is longer is not one
_NOT_SENT = "The message could not be sent; try again in a moment."


class SmsGateway:
    """The CodeSender and NoticeSender ports: POST {"to", "text", "template_id"} to one address.

    `to` is in E.164, `template_id` is left out where none is set (India's operators drop messages whose template is not
    registered: TRAI's TCCCPR 2018). Sent once and never repeated: a message may have gone out though nobody answered,
    and each costs. Neither number nor text is in a log or an error.
    """

    def __init__(self, url: str, token: str, *, code_template: str, notice_template: str) -> None:
        self._url = url
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._code_template = code_template
        self._notice_template = notice_template
        self._http = urllib3.PoolManager(
            maxsize=CONNECTIONS,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS),
        )

    def send(self, mobile: Mobile, code: str, at: datetime) -> None:  # noqa: ARG002 - the port's
        """The code, in both languages."""
        text = (
            f"{code} ई-मित्र में साइन-इन का कोड है, पाँच मिनट तक मान्य। किसी को न बताएँ। / "
            f"{code} is your e-Mitra sign-in code, good for five minutes. Tell it to nobody."
        )
        self._post(mobile, text, self._code_template)

    def notify(self, mobile: Mobile, text: str, at: datetime) -> None:  # noqa: ARG002 - the port's
        """The notice as it is."""
        self._post(mobile, text, self._notice_template)

    def _post(self, mobile: Mobile, text: str, template: str) -> None:
        message = {"to": f"+91{mobile.digits}", "text": text} | ({"template_id": template} if template else {})
        try:
            # No redirect: it would carry number and code to whom nobody chose.
            answer = self._http.request(
                "POST",
                self._url,
                body=json.dumps(message),
                headers=self._headers,
                redirect=False,
                preload_content=False,
            )
            try:
                answer.read(_MOST_BYTES)
            finally:
                answer.close()
        except HTTPError as error:
            log.error("message_not_sent", reason=type(error).__name__)
            raise DependencyUnavailable(_NOT_SENT) from None
        if not 200 <= answer.status < 300:
            log.error("message_not_sent", status=answer.status)
            raise DependencyUnavailable(_NOT_SENT)
