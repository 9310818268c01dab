"""The payment service provider: authorise, then capture or void, and refund; or charge; and inquire.

A request id has one effect.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

import msgspec
from flask import Flask, Response

from emitra_simulators.controls import DEFAULT_HANG_SECONDS, Faults, SimulatedClock, controls, instant
from emitra_simulators.day_files import DayFiles, Line
from emitra_simulators.journal import Journal, replay
from emitra_simulators.wire import (
    AuditQuery,
    Body,
    Paise,
    Refusal,
    RequestId,
    audit_page,
    fingerprint,
    load_body,
    load_query,
    new_app,
)

# The most authorisations that one process remembers. Beyond it new ones are refused, and none is forgotten.
MAX_AUTHORISATIONS = 1_000_000

Kind = Literal["capture", "void"]


@dataclass(frozen=True, slots=True)
class Instrument:
    """What becomes of an authorisation with this token, and of a refund of what was captured."""

    outcome: str = "AUTHORISED"
    reason: str | None = None
    settles_after_seconds: float = 0
    hangs: bool = False
    refund: str = "REFUNDED"
    refund_settles_after_seconds: float = 0
    refund_hangs: bool = False


INSTRUMENTS = {
    "tok_sandbox_ok": Instrument(),
    "tok_sandbox_declined": Instrument("DECLINED", "insufficient-funds"),
    "tok_sandbox_timeout": Instrument(settles_after_seconds=30, hangs=True),
    "tok_sandbox_pending": Instrument(settles_after_seconds=600),
    "tok_sandbox_refund_refused": Instrument(refund="REFUSED"),
    "tok_sandbox_refund_pending": Instrument(refund_settles_after_seconds=600),
    "tok_sandbox_refund_timeout": Instrument(refund_settles_after_seconds=30, refund_hangs=True),
}


class Ending(msgspec.Struct):
    """The one capture or void of an authorisation."""

    kind: Kind
    id: str
    request_id: str
    at: float
    times_received: int = 1

    def answer(self, authorisation: "Authorisation") -> dict[str, Any]:
        """What the caller is answered."""
        status = "CAPTURED" if self.kind == "capture" else "VOIDED"
        return {
            f"{self.kind}_id": self.id,
            "authorisation_id": authorisation.authorisation_id,
            "request_id": self.request_id,
            "amount_paise": authorisation.amount_paise,
            "status": status,
        }


class Refunded(msgspec.Struct):
    """Money of a captured authorisation on its way back. Its status follows from the clock alone."""

    refund_id: str
    request_id: str
    authorisation_id: str
    amount_paise: int
    accepted_at: float
    settles_at: float
    outcome: str
    times_received: int = 1

    def status(self, at: float) -> str:
        """REFUNDED, REFUSED or PENDING at this second of the epoch."""
        return self.outcome if at >= self.settles_at else "PENDING"

    def answer(self, at: float) -> dict[str, Any]:
        """What the caller is answered."""
        status = self.status(at)
        answer: dict[str, Any] = {
            "refund_id": self.refund_id,
            "authorisation_id": self.authorisation_id,
            "request_id": self.request_id,
            "amount_paise": self.amount_paise,
            "status": status,
        }
        return answer | ({"reason": "account-closed"} if status == "REFUSED" else {})

    def audit(self, at: float) -> dict[str, Any]:
        """What GET /control/refunds shows."""
        return self.answer(at) | {"times_received": self.times_received, "accepted_at": instant(self.accepted_at)}


class Authorisation(msgspec.Struct):
    """Money that an instrument promised. Its status follows from the clock alone; one capture or void ends it."""

    authorisation_id: str
    request_id: str
    fingerprint: str
    amount_paise: int
    mode: str
    accepted_at: float
    settles_at: float
    outcome: str
    reason: str | None
    times_received: int = 1
    ending: Ending | None = None
    # Journals from before refunds do not say it: those instruments refund at once.
    instrument: str = "tok_sandbox_ok"

    def status(self, at: float) -> str:
        """AUTHORISED, DECLINED or PENDING at this second of the epoch; an ending does not change it."""
        return self.outcome if at >= self.settles_at else "PENDING"

    def answer(self, at: float) -> dict[str, Any]:
        """What the caller is answered."""
        status = self.status(at)
        answer: dict[str, Any] = {
            "authorisation_id": self.authorisation_id,
            "request_id": self.request_id,
            "amount_paise": self.amount_paise,
            "status": status,
            "capture": self._ended("capture"),
            "void": self._ended("void"),
        }
        if status == "DECLINED" and self.reason:
            answer["reason"] = self.reason
        return answer

    def audit(self, at: float) -> dict[str, Any]:
        """What GET /control/payments shows."""
        members = self.answer(at) | {"mode": self.mode, "times_received": self.times_received}
        return members | {"accepted_at": instant(self.accepted_at)}

    def _ended(self, kind: Kind) -> dict[str, Any] | None:
        if self.ending is None or self.ending.kind != kind:
            return None
        return {
            f"{kind}_id": self.ending.id,
            "request_id": self.ending.request_id,
            "at": instant(self.ending.at),
            "times_received": self.ending.times_received,
        }


class Charge(msgspec.Struct):
    """Money taken from an instrument at once. Its status follows from the clock alone."""

    charge_id: str
    request_id: str
    fingerprint: str
    amount_paise: int
    mode: str
    accepted_at: float
    settles_at: float
    outcome: str
    reason: str | None
    times_received: int = 1

    def status(self, at: float) -> str:
        """CHARGED, DECLINED or PENDING at this second of the epoch."""
        return self.outcome if at >= self.settles_at else "PENDING"

    def answer(self, at: float) -> dict[str, Any]:
        """What the caller is answered."""
        status = self.status(at)
        answer: dict[str, Any] = {
            "charge_id": self.charge_id,
            "request_id": self.request_id,
            "amount_paise": self.amount_paise,
            "status": status,
        }
        return answer | ({"reason": self.reason} if status == "DECLINED" and self.reason else {})

    def audit(self, at: float) -> dict[str, Any]:
        """What GET /control/charges shows."""
        members = self.answer(at) | {"mode": self.mode, "times_received": self.times_received}
        return members | {"accepted_at": instant(self.accepted_at)}


class AuthorisationRequest(Body):
    """POST /authorisations, and POST /charges."""

    request_id: RequestId
    amount_paise: Paise
    mode: Literal["CARD", "UPI"]
    instrument: str


class EndingRequest(Body):
    """POST /authorisations/{id}/captures and …/voids. The whole amount is captured."""

    request_id: RequestId


class RefundRequest(Body):
    """POST /authorisations/{id}/refunds: a part of what was captured, or all of it."""

    request_id: RequestId
    amount_paise: Paise


class InquiryQuery(Body):
    """GET /authorisations, GET /refunds and GET /charges."""

    request_id: RequestId


class Provider:
    """What the provider remembers: authorisations by id and by request id, kept in the journal with the clock."""

    def __init__(self, journal: Journal, clock: SimulatedClock) -> None:
        self.clock = clock
        self._journal = journal
        self._lock = Lock()
        self._by_id: dict[str, Authorisation] = {}
        self._by_request: dict[str, Authorisation] = {}
        self._being_ended: set[str] = set()
        self._refunds: dict[str, Refunded] = {}
        self._charges: dict[str, Charge] = {}
        replay(journal, self._replay)

    def authorise(self, body: AuthorisationRequest) -> tuple[Authorisation, bool]:
        """Records an authorisation once. Returns it, and whether this request is the first.

        The same request again gets the same authorisation. Raises Refusal: 409 the request id was used for another
        authorisation, 422 unknown instrument, 503 memory full.
        """
        digest = fingerprint(body)
        instrument, now = INSTRUMENTS.get(body.instrument), self.clock.epoch_seconds()
        if instrument is None:
            raise Refusal(422, "unknown-instrument", f"sandbox instruments are {', '.join(INSTRUMENTS)}")
        with self._lock:
            known = self._by_request.get(body.request_id)
            if known is not None:
                if known.fingerprint != digest:
                    raise Refusal(409, "request-id-reused", "this request_id was used for another authorisation")
                known.times_received += 1
                self._journal.append({"repeated": known.request_id})
                return known, False
            if len(self._by_id) >= MAX_AUTHORISATIONS:
                raise Refusal(503, "full", f"{MAX_AUTHORISATIONS} are remembered: start with a new --state")
            authorisation = Authorisation(
                authorisation_id=f"aut_{secrets.token_hex(12)}",
                request_id=body.request_id,
                fingerprint=digest,
                amount_paise=body.amount_paise,
                mode=body.mode,
                accepted_at=now,
                settles_at=now + instrument.settles_after_seconds,
                outcome=instrument.outcome,
                reason=instrument.reason,
                instrument=body.instrument,
            )
            self._journal.append({"authorised": authorisation})
            self._remember(authorisation)
            return authorisation, True

    @contextmanager
    def ending(self, authorisation_id: str) -> Iterator[None]:
        """Held by the one request that ends the authorisation, until it is answered. Raises Refusal 409 for another."""
        with self._lock:
            if authorisation_id in self._being_ended:
                raise Refusal(409, "in-progress", "another request is ending this authorisation: ask again")
            self._being_ended.add(authorisation_id)
        try:
            yield
        finally:
            with self._lock:
                self._being_ended.remove(authorisation_id)

    def end(self, authorisation_id: str, kind: Kind, request_id: str) -> dict[str, Any]:
        """Captures or voids, once; the same request again gets the same answer.

        Raises Refusal: 404 unknown; 409 already ended otherwise, or (capture) not authorised, or (void) declined.
        A pending authorisation may be voided: it never becomes money then.
        """
        with self._lock:
            authorisation = self.authorisation(authorisation_id)
            ending = authorisation.ending
            if ending is not None:
                if (ending.kind, ending.request_id) != (kind, request_id):
                    done = "captured" if ending.kind == "capture" else "voided"
                    raise Refusal(409, f"already-{done}", f"this authorisation was {done} under another request")
                ending.times_received += 1
                self._journal.append({"ending_repeated": authorisation_id})
                return ending.answer(authorisation)
            status = authorisation.status(self.clock.epoch_seconds())
            if status == "DECLINED" or (kind == "capture" and status != "AUTHORISED"):
                raise Refusal(409, "not-authorised", f"this authorisation is {status}")
            prefix = "cap" if kind == "capture" else "void"
            ending = Ending(kind, f"{prefix}_{secrets.token_hex(12)}", request_id, self.clock.epoch_seconds())
            self._journal.append({"ended": authorisation_id, "ending": ending})
            authorisation.ending = ending
            return ending.answer(authorisation)

    def authorisation(self, authorisation_id: str) -> Authorisation:
        """Raises Refusal 404."""
        try:
            return self._by_id[authorisation_id]
        except KeyError:
            raise Refusal(404, "unknown-authorisation", "there is no such authorisation") from None

    def requested(self, request_id: str) -> Authorisation:
        """Raises Refusal 404."""
        try:
            return self._by_request[request_id]
        except KeyError:
            raise Refusal(404, "unknown-request", "nothing was authorised under this request_id") from None

    def refund(self, authorisation_id: str, body: RefundRequest) -> tuple[Refunded, bool]:
        """Gives back, once; the same request again gets the same refund. Returns it, and whether it is the first.

        Raises Refusal: 404 unknown; 409 not captured, more than what is left, or the request id was used otherwise.
        """
        with self._lock:
            authorisation = self.authorisation(authorisation_id)
            known = self._refunds.get(body.request_id)
            if known is not None:
                if (known.authorisation_id, known.amount_paise) != (authorisation_id, body.amount_paise):
                    raise Refusal(409, "request-id-reused", "this request_id was used for another refund")
                known.times_received += 1
                self._journal.append({"refund_repeated": known.request_id})
                return known, False
            if authorisation.ending is None or authorisation.ending.kind != "capture":
                raise Refusal(409, "not-captured", "only what was captured can be given back")
            given = sum(
                refund.amount_paise
                for refund in self._refunds.values()
                if refund.authorisation_id == authorisation_id and refund.outcome != "REFUSED"
            )
            if given + body.amount_paise > authorisation.amount_paise:
                left = authorisation.amount_paise - given
                raise Refusal(409, "refund-too-high", f"{left} paise of this authorisation are left")
            now, instrument = self.clock.epoch_seconds(), INSTRUMENTS[authorisation.instrument]
            refund = Refunded(
                refund_id=f"ref_{secrets.token_hex(12)}",
                request_id=body.request_id,
                authorisation_id=authorisation_id,
                amount_paise=body.amount_paise,
                accepted_at=now,
                settles_at=now + instrument.refund_settles_after_seconds,
                outcome=instrument.refund,
            )
            self._journal.append({"refunded": refund})
            self._refunds[refund.request_id] = refund
            return refund, True

    def refunded(self, request_id: str) -> Refunded:
        """Raises Refusal 404."""
        try:
            return self._refunds[request_id]
        except KeyError:
            raise Refusal(404, "unknown-request", "nothing was refunded under this request_id") from None

    def charge(self, body: AuthorisationRequest) -> tuple[Charge, bool]:
        """Takes money once; the same request again gets the same charge. Returns it, and whether it is the first.

        Raises Refusal: 409 the request id was used for another charge, 422 unknown instrument, 503 memory full.
        """
        digest = fingerprint(body)
        instrument, now = INSTRUMENTS.get(body.instrument), self.clock.epoch_seconds()
        if instrument is None:
            raise Refusal(422, "unknown-instrument", f"sandbox instruments are {', '.join(INSTRUMENTS)}")
        with self._lock:
            known = self._charges.get(body.request_id)
            if known is not None:
                if known.fingerprint != digest:
                    raise Refusal(409, "request-id-reused", "this request_id was used for another charge")
                known.times_received += 1
                self._journal.append({"charge_repeated": known.request_id})
                return known, False
            if len(self._charges) >= MAX_AUTHORISATIONS:
                raise Refusal(503, "full", f"{MAX_AUTHORISATIONS} are remembered: start with a new --state")
            charge = Charge(
                charge_id=f"chg_{secrets.token_hex(12)}",
                request_id=body.request_id,
                fingerprint=digest,
                amount_paise=body.amount_paise,
                mode=body.mode,
                accepted_at=now,
                settles_at=now + instrument.settles_after_seconds,
                outcome="CHARGED" if instrument.outcome == "AUTHORISED" else instrument.outcome,
                reason=instrument.reason,
            )
            self._journal.append({"charged": charge})
            self._charges[charge.request_id] = charge
            return charge, True

    def charged(self, request_id: str) -> Charge:
        """Raises Refusal 404."""
        try:
            return self._charges[request_id]
        except KeyError:
            raise Refusal(404, "unknown-request", "nothing was charged under this request_id") from None

    def charge_audit(self, query: AuditQuery) -> dict[str, Any]:
        """One page of the charges, in the order in which they were made."""
        with self._lock:
            charges = list(self._charges.values())
        return audit_page(charges, query, self.clock.epoch_seconds())

    def refund_hangs(self, refund: Refunded) -> bool:
        """Whether the first answer to a refund comes later than every caller waits."""
        return INSTRUMENTS[self._by_id[refund.authorisation_id].instrument].refund_hangs

    def refund_audit(self, query: AuditQuery) -> dict[str, Any]:
        """One page of the refunds, in the order in which they were made."""
        with self._lock:
            refunds = list(self._refunds.values())
        return audit_page(refunds, query, self.clock.epoch_seconds())

    def audit(self, query: AuditQuery) -> dict[str, Any]:
        """One page of the authorisations with their endings, in the order in which they were made."""
        with self._lock:
            authorisations = list(self._by_id.values())
        return audit_page(authorisations, query, self.clock.epoch_seconds())

    def day_lines(self) -> list[Line]:
        """What was captured, charged and given back, for the files of days."""
        with self._lock:
            authorisations, refunds = list(self._by_id.values()), list(self._refunds.values())
            charges = list(self._charges.values())
        now = self.clock.epoch_seconds()
        captured = [
            Line("CAPTURE", ending.request_id, one.authorisation_id, one.amount_paise, ending.at)
            for one in authorisations
            if (ending := one.ending) and ending.kind == "capture"
        ]
        returned = [
            Line("REFUND", one.request_id, one.refund_id, one.amount_paise, one.settles_at)
            for one in refunds
            if one.status(now) == "REFUNDED"
        ]
        charged = [
            Line("CHARGE", one.request_id, one.charge_id, one.amount_paise, one.settles_at)
            for one in charges
            if one.status(now) == "CHARGED"
        ]
        return sorted([*captured, *charged, *returned], key=lambda line: (line.at, line.request_id))

    def _remember(self, authorisation: Authorisation) -> None:
        self._by_id[authorisation.authorisation_id] = authorisation
        self._by_request[authorisation.request_id] = authorisation

    def _replay(self, entry: dict[str, Any]) -> None:
        if "authorised" in entry:
            self._remember(msgspec.convert(entry["authorised"], Authorisation))
        elif "repeated" in entry:
            self._by_request[entry["repeated"]].times_received += 1
        elif "ended" in entry:
            self._by_id[entry["ended"]].ending = msgspec.convert(entry["ending"], Ending)
        elif "ending_repeated" in entry:
            ending = self._by_id[entry["ending_repeated"]].ending
            if ending is not None:
                ending.times_received += 1
        elif "refunded" in entry:
            refund = msgspec.convert(entry["refunded"], Refunded)
            self._refunds[refund.request_id] = refund
        elif "refund_repeated" in entry:
            self._refunds[entry["refund_repeated"]].times_received += 1
        elif "charged" in entry:
            charge = msgspec.convert(entry["charged"], Charge)
            self._charges[charge.request_id] = charge
        elif "charge_repeated" in entry:
            self._charges[entry["charge_repeated"]].times_received += 1
        else:
            self.clock.offset_seconds = entry["clock_offset_seconds"]


def psp_app(journal: Journal, *, clock: SimulatedClock | None = None, faults: Faults | None = None) -> Flask:
    """The payment service provider over HTTP."""
    clock, faults = clock or SimulatedClock(), faults or Faults()
    provider = Provider(journal, clock)
    app = new_app("emitra-psp-simulator")
    app.register_blueprint(controls(clock, faults, journal))
    files = DayFiles()
    app.register_blueprint(files.controls())
    authorisation_request = msgspec.json.Decoder(AuthorisationRequest)
    refund_request = msgspec.json.Decoder(RefundRequest)
    ending_request = msgspec.json.Decoder(EndingRequest)

    @app.post("/authorisations")
    def authorise() -> dict[str, Any]:
        body = load_body(authorisation_request)
        faults.on_arrival("payment")
        authorisation, first = provider.authorise(body)
        faults.before_answer("payment")
        if INSTRUMENTS[body.instrument].hangs and first:
            faults.sleep(DEFAULT_HANG_SECONDS)
        return authorisation.answer(clock.epoch_seconds())

    @app.get("/authorisations")
    def inquire() -> dict[str, Any]:
        request_id = load_query(InquiryQuery).request_id
        faults.on_arrival("inquiry")
        authorisation = provider.requested(request_id)
        faults.before_answer("inquiry")
        return authorisation.answer(clock.epoch_seconds())

    @app.get("/authorisations/<authorisation_id>")
    def show(authorisation_id: str) -> dict[str, Any]:
        faults.on_arrival("inquiry")
        authorisation = provider.authorisation(authorisation_id)
        faults.before_answer("inquiry")
        return authorisation.answer(clock.epoch_seconds())

    @app.post("/authorisations/<authorisation_id>/captures")
    def capture(authorisation_id: str) -> dict[str, Any]:
        return end(authorisation_id, "capture")

    @app.post("/authorisations/<authorisation_id>/voids")
    def void(authorisation_id: str) -> dict[str, Any]:
        return end(authorisation_id, "void")

    def end(authorisation_id: str, kind: Kind) -> dict[str, Any]:
        request_id = load_body(ending_request).request_id
        with provider.ending(authorisation_id):
            faults.on_arrival("payment")
            answer = provider.end(authorisation_id, kind, request_id)
            faults.before_answer("payment")
        return answer

    @app.post("/authorisations/<authorisation_id>/refunds")
    def refund(authorisation_id: str) -> dict[str, Any]:
        body = load_body(refund_request)
        faults.on_arrival("payment")
        given, first = provider.refund(authorisation_id, body)
        faults.before_answer("payment")
        if first and provider.refund_hangs(given):
            faults.sleep(DEFAULT_HANG_SECONDS)
        return given.answer(clock.epoch_seconds())

    @app.get("/refunds")
    def inquire_refund() -> dict[str, Any]:
        request_id = load_query(InquiryQuery).request_id
        faults.on_arrival("inquiry")
        given = provider.refunded(request_id)
        faults.before_answer("inquiry")
        return given.answer(clock.epoch_seconds())

    @app.get("/day-files/<day>")
    def day_file(day: str) -> Response:
        return files.answer(provider.day_lines(), day)

    @app.get("/control/refunds")
    def refund_audit() -> dict[str, Any]:
        # The page's list is named as that of authorisations is.
        return provider.refund_audit(load_query(AuditQuery))

    charge_routes(app, provider, faults)

    @app.get("/control/payments")
    def audit() -> dict[str, Any]:
        return provider.audit(load_query(AuditQuery))

    return app


def charge_routes(app: Flask, provider: Provider, faults: Faults) -> None:
    """Money taken at once."""
    authorisation_request = msgspec.json.Decoder(AuthorisationRequest)

    @app.post("/charges")
    def charge() -> dict[str, Any]:
        body = load_body(authorisation_request)
        faults.on_arrival("payment")
        taken, first = provider.charge(body)
        faults.before_answer("payment")
        if INSTRUMENTS[body.instrument].hangs and first:
            faults.sleep(DEFAULT_HANG_SECONDS)
        return taken.answer(provider.clock.epoch_seconds())

    @app.get("/charges")
    def inquire_charge() -> dict[str, Any]:
        request_id = load_query(InquiryQuery).request_id
        faults.on_arrival("inquiry")
        taken = provider.charged(request_id)
        faults.before_answer("inquiry")
        return taken.answer(provider.clock.epoch_seconds())

    @app.get("/control/charges")
    def charge_audit() -> dict[str, Any]:
        # The page's list is named as that of authorisations is.
        return provider.charge_audit(load_query(AuditQuery))
