"""A platform that answers what the sandbox's gateway answered; tests/contract holds every answer to its document.

`support/answers` was recorded from a running sandbox: application forms are cut to two fields, nothing else is changed.
What is charged and where places are was printed by the services' own code.
"""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from portal.application.ports import Answer
from servicekit.errors import ServiceError
from servicekit.ids import transaction_token

_ANSWERS = Path(__file__).parent / "answers"
# Where the recorded nearest centres are near to, in degrees: further away there are none.
JAIPUR = (26.9124, 75.7873)
FAR_DEGREES = 5.0

UNKNOWN_PIN = "110001"
APPLICATION_TOKEN = transaction_token()
PAYMENT_TOKEN = transaction_token()
UNKNOWN_TOKEN = transaction_token()
VALID_TEXT, REVOKED_TEXT, EXPIRED_TEXT = "eyJ.valid.c2ln", "eyJ.revoked.c2ln", "eyJ.expired.c2ln"
SUPERSEDED_BY = "DOM-0V3N8RY2WC-K"
NUMBER, ISSUED_ON = "DOM-7K2M9QX4TB-T", date(2026, 11, 20)


def recorded(name: str) -> Any:
    """One of the recorded answers."""
    return json.loads((_ANSWERS / f"{name}.json").read_text(encoding="utf-8"))


def transaction(token: str, kind: str, status: str, **members: Any) -> dict[str, Any]:
    """How far something is, in words that are not the gateway's own: a page shows those it is given."""
    steps = [("A first step", "पहला चरण", 5), ("A second step", "दूसरा चरण", 6)]
    return {
        "token": token,
        "kind": kind,
        "status": status,
        "status_text": f"It is {status}",
        "status_text_hi": f"स्थिति {status}",
        "since": "2026-11-26T15:23:33.716Z",
        "ended": False,
        "next_text": "What happens next",
        "next_text_hi": "आगे क्या होगा",
        "next_by": None,
        "steps": [
            {"text": text, "text_hi": text_hi, "at": f"2026-11-26T0{hour}:23:33.000Z"} for text, text_hi, hour in steps
        ],
        **members,
    }


def verification(reason: str | None, status: str | None, **changed: Any) -> dict[str, Any]:
    """What is said of a certificate; `status` is its own, if we signed and know it."""
    certificate = {
        "certificate_number": NUMBER,
        "application_type": "domicile",
        "district_code": "102",
        "issued_on": ISSUED_ON.isoformat(),
        "valid_until": None,
        "status": status,
        "initials": ["T. C. O."],
        **changed,
    }
    return {
        "valid": reason is None,
        "reason": reason,
        "certificate": certificate if status else None,
        "superseded_by": SUPERSEDED_BY if reason == "superseded" else None,
    }


class FakePlatform:
    """Implements application.ports.Platform. `failure` is raised instead of any answer while it is set.

    `list_of_charges` names the recorded list that is today's.
    """

    def __init__(self) -> None:
        self.failure: ServiceError | None = None
        self.calls: list[str] = []
        self.list_of_charges = "service_charges"
        self.transactions: dict[str, dict[str, Any]] = {
            APPLICATION_TOKEN: transaction(APPLICATION_TOKEN, "application", "IN_VERIFICATION"),
            PAYMENT_TOKEN: transaction(PAYMENT_TOKEN, "payment", "COMPLETED", ended=True),
        }
        self.verifications: dict[str, dict[str, Any]] = {
            VALID_TEXT: verification(None, "VALID"),
            REVOKED_TEXT: verification("revoked", "REVOKED"),
            EXPIRED_TEXT: verification("expired", "EXPIRED", valid_until="2026-11-24"),
        }

    def application_types(self) -> Sequence[Answer]:
        return self._items("application_types")

    def application_type(self, code: str) -> Answer | None:
        types: dict[str, Answer] = self._said("application_type")
        return types.get(code)

    def billers(self) -> Sequence[Answer]:
        return self._items("billers")

    def service_charges(self) -> Answer:
        answer: Answer = self._said(self.list_of_charges)
        return answer

    def districts(self) -> Sequence[Answer]:
        return self._items("places")

    def pin_places(self, pin: str) -> Answer:
        """Of the recorded PINs, and of any other as of one whose area is not known."""
        answers: dict[str, Answer] = self._said("pin_places")
        return answers.get(pin, answers[UNKNOWN_PIN])

    def nearest_centres(self, latitude: float, longitude: float, count: int) -> Answer:
        far = abs(latitude - JAIPUR[0]) + abs(longitude - JAIPUR[1]) > FAR_DEGREES
        answer: dict[str, Any] = self._said("nearest_far" if far else "nearest")
        answer["items"] = answer["items"][:count]
        return answer

    def transaction(self, token: str) -> Answer | None:
        self._called("transaction")
        return self.transactions.get(token)

    def verification_of_text(self, text: str) -> Answer:
        self._called("verification_of_text")
        return self.verifications.get(text) or verification("not-a-certificate", None)

    def verification_of_pdf(self, pdf: bytes) -> Answer:
        """Its PDFs are the texts, behind `%PDF-`."""
        self._called("verification_of_pdf")
        text = pdf.removeprefix(b"%PDF-").decode(errors="replace")
        return self.verifications.get(text) or verification("not-a-certificate", None)

    def verification_of_number(self, number: str, issued_on: date) -> Answer | None:
        self._called("verification_of_number")
        if not number.startswith("DOM"):
            return None
        known = (number, issued_on) == (NUMBER, ISSUED_ON)
        return self.verifications[VALID_TEXT] if known else verification("unknown-number", None)

    def _items(self, name: str) -> Sequence[Answer]:
        items: list[Answer] = self._said(name)["items"]
        return items

    def _said(self, name: str) -> Any:
        self._called(name)
        return recorded(name)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.failure is not None:
            raise self.failure
