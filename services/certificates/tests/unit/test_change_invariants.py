"""Certificates are corrected and revoked in any order, at once and again: each ends once, and something says why.

The real use cases run over fakes that pass the suites of the real stores.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.support.builders import MONDAY, RULEBOOK, a_claim, birth_form, jwk, viewer_of
from tests.support.fake_revocations import FakeRevocations
from tests.support.fakes import FakeApplications, FakeCertificates, FakeDrafts, FakeTakings, FakeUploads
from tests.support.forms import correction_form
from tests.unit.test_invariants import BusyApplications

from certificates.adapters.signatures.jws_signatures import JwsSignatures
from certificates.adapters.signatures.pdf_seal import SealedPdfs
from certificates.application.applications.check_answers import AnswersCheck
from certificates.application.applications.errors import FormNotAcceptable
from certificates.application.applications.submit_application import SubmitApplication, SubmitApplicationHandler
from certificates.application.certificates.errors import RecordNotInForce
from certificates.application.certificates.issue_certificate import IssueCertificateHandler
from certificates.application.certificates.read_certificates import CertificateReader, Reason
from certificates.application.officers.decide_application import DecideApplication, DecideApplicationHandler
from certificates.application.officers.errors import AlreadyDecided
from certificates.application.revocations.decide_revocation import DecideRevocation, DecideRevocationHandler
from certificates.application.revocations.errors import (
    NotInForceAnyMore,
    RevocationDecided,
    RevocationPending,
    SecondOfficerRequired,
)
from certificates.application.revocations.propose_revocation import ProposeRevocation, ProposeRevocationHandler
from certificates.domain.applications.application import Decision, State
from certificates.domain.certificates.certificate import Certificate, EndReason, Status
from certificates.domain.officers.officer import Officer
from certificates.domain.revocations.revocation import Standing
from servicekit.keys import read_signing_key
from servicekit.versions import Precondition

SIGNATURES = JwsSignatures(read_signing_key(jwk()), [])
MOST_CERTIFICATES = 8
STEP = RULEBOOK.types["birth"].steps[-1]


class BusyCertificates:
    """A store in which something else may happen after a certificate was read and before its end is written."""

    def __init__(self, store: FakeApplications) -> None:
        self._known = FakeCertificates(store)
        self.meanwhile: Callable[[], object] | None = None

    def get(self, certificate_id: str) -> Certificate | None:
        certificate = self._known.get(certificate_id)
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()
        return certificate

    def by_number(self, number: str) -> Certificate | None:
        return self._known.by_number(number)

    def by_number_and_day(self, number: str, issued_on: date) -> Certificate | None:
        return self._known.by_number_and_day(number, issued_on)


def officer(person_id: str) -> Officer:
    return Officer(person_id, STEP.role, STEP.department, frozenset({"102"}), STEP.posts[0].name)


class Changes(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.numbers = count(1)
        self.store = BusyApplications()
        self.certificates = BusyCertificates(self.store)
        self.revocations = FakeRevocations(self.store)
        self.submit = SubmitApplicationHandler(
            RULEBOOK,
            self.store,
            AnswersCheck(RULEBOOK, self.certificates, FakeUploads(self.store)),
            FakeDrafts(self.store),
        )
        issue = IssueCertificateHandler(
            RULEBOOK, self.certificates, SIGNATURES, lambda _: next(self.numbers), test=True
        )
        self.decide = DecideApplicationHandler(RULEBOOK, self.store, issue, FakeTakings())
        self.propose = ProposeRevocationHandler(RULEBOOK, self.certificates, self.revocations)
        self.decide_revocation = DecideRevocationHandler(RULEBOOK, self.certificates, self.revocations)
        self.reader = CertificateReader(RULEBOOK, self.certificates, SIGNATURES, SealedPdfs([]))
        self.corrections: list[str] = []

    @initialize()
    def some_were_born(self) -> None:
        for name in ("Ram Lal", "Sita"):
            self._approve(self._submit("birth", birth_form(3, MONDAY.date(), child_name=name)))

    @rule(which=st.integers(0, 9))
    def a_correction_is_applied_for(self, which: int) -> None:
        if len(self.store.kept.applications) >= MOST_CERTIFICATES:
            return
        record = self._one(which)
        form = correction_form(
            certificate_number=record.number, certificate_issued_on=record.issued_on.isoformat(), register_number=None
        )
        form = {name: value for name, value in form.items() if value is not None}
        try:
            self.corrections.append(self._submit("record-correction", form))
            assert record.status is Status.VALID
        except FormNotAcceptable:
            assert record.status is Status.REVOKED

    @rule(
        which=st.integers(0, 9),
        again=st.booleans(),
        meanwhile=st.sampled_from([None, None, "another correction", "a revocation"]),
    )
    def a_registrar_approves_a_correction(self, which: int, again: bool, meanwhile: str | None) -> None:
        if not self.corrections:
            return
        application_id = self.corrections[which % len(self.corrections)]
        others = [other for other in self.corrections if other != application_id]
        self.store.meanwhile = {
            "another correction": lambda: self._approve_all(others),
            "a revocation": lambda: self._revoke_all(self._open()),
        }.get(meanwhile or "")
        key = f"key_{next(self.numbers)}"
        for _ in range(2 if again else 1):
            self._approve(application_id, key)
        self.store.meanwhile = None

    @rule(which=st.integers(0, 9), person=st.sampled_from(["per_one", "per_two"]))
    def an_officer_proposes(self, which: int, person: str) -> None:
        certificate = self._one(which)
        number = next(self.numbers)
        command = ProposeRevocation(
            revocation_id=f"rev_{number}",
            certificate_id=certificate.id,
            officer=officer(person),
            reason=EndReason.COURT_ORDER,
            remarks="Order.",
            at=MONDAY,
            claim=a_claim(f"key_{number}", operation="propose"),
        )
        with suppress(NotInForceAnyMore, RevocationPending):
            self.propose(command)

    @rule(
        which=st.integers(0, 9),
        person=st.sampled_from(["per_one", "per_two"]),
        confirm=st.booleans(),
        meanwhile=st.sampled_from([None, "a colleague", "a correction"]),
    )
    def an_officer_decides_a_proposal(self, which: int, person: str, confirm: bool, meanwhile: str | None) -> None:
        known = list(self.revocations.kept)
        if not known:
            return
        revocation_id = known[which % len(known)]
        self.certificates.meanwhile = {
            "a colleague": lambda: self._decide_revocation(revocation_id, "per_two", True),
            "a correction": lambda: self._approve_all(self.corrections),
        }.get(meanwhile or "")
        self._decide_revocation(revocation_id, person, confirm)
        self.certificates.meanwhile = None

    def _approve_all(self, application_ids: Sequence[str]) -> None:
        for application_id in application_ids:
            self._approve(application_id)

    def _revoke_all(self, revocation_ids: Sequence[str]) -> None:
        for revocation_id in revocation_ids:
            self._decide_revocation(revocation_id, "per_two", True)

    def _decide_revocation(self, revocation_id: str, person: str, confirm: bool) -> None:
        number = next(self.numbers)
        command = DecideRevocation(
            revocation_id=revocation_id,
            officer=officer(person),
            confirmed=confirm,
            remarks="Seen.",
            event_id=f"evt_{number}",
            at=MONDAY,
            request_id="req_1",
            claim=a_claim(f"key_{number}", operation="decide-revocation"),
        )
        with suppress(SecondOfficerRequired, RevocationDecided, NotInForceAnyMore):
            self.decide_revocation(command)

    def _submit(self, type_code: str, form: dict[str, object]) -> str:
        number = next(self.numbers)
        application_id = f"app_{number}"
        self.submit(
            SubmitApplication(
                application_id=application_id,
                transaction_token=f"EM{number}",
                event_id=f"evt_{number}",
                application_type=type_code,
                district_code="102",
                applicant=form,
                attachments=(),
                viewer=viewer_of("cli_kiosk", None, None),
                client_id="cli_kiosk",
                kiosk_id=None,
                at=MONDAY,
                request_id="req_1",
                claim=a_claim(f"key_{number}"),
            )
        )
        self._pay(application_id)
        return application_id

    def _pay(self, application_id: str) -> None:
        """As if its fee were paid; paying has a machine of its own (test_invariants)."""
        application = self.store.kept.applications[application_id]
        if application.state is State.FEE_DUE:
            paid = replace(application, state=State.IN_VERIFICATION)
            self.store.kept.applications[application_id] = paid

    def _approve(self, application_id: str, key: str | None = None) -> None:
        number = next(self.numbers)
        step = RULEBOOK.types[self.store.kept.applications[application_id].type_code].steps[-1]
        command = DecideApplication(
            application_id=application_id,
            officer=Officer("per_one", step.role, step.department, frozenset({"102"}), step.posts[0].name),
            decision=Decision.APPROVED,
            reason=None,
            remarks=None,
            step=None,
            precondition=Precondition(),
            certificate_id=f"crt_{number}",
            decided_event_id=f"evt_{number}_decided",
            issued_event_id=f"evt_{number}_issued",
            ended_event_ids=(f"evt_{number}_revoked", f"evt_{number}_superseded"),
            at=MONDAY,
            request_id="req_1",
            claim=a_claim(key or f"key_{number}", operation="decide"),
        )
        with suppress(AlreadyDecided, RecordNotInForce):
            self.decide(command)

    def _one(self, which: int) -> Certificate:
        return list(self.store.kept.certificates.values())[which % len(self.store.kept.certificates)]

    def _open(self) -> list[str]:
        return [one.id for one in self.revocations.kept.values() if one.standing is Standing.PROPOSED]

    @invariant()
    def a_certificate_ends_once_and_everything_says_the_same_of_it(self) -> None:
        kept = self.store.kept
        told: dict[str, list[tuple[str, int]]] = {}
        for event in kept.outbox:
            if event.aggregate_type == "certificate":
                told.setdefault(event.aggregate_id, []).append((event.type.split(".")[1], event.sequence))
        successors = []
        confirmed = {r.certificate_id for r in self.revocations.kept.values() if r.standing is Standing.CONFIRMED}
        for certificate in kept.certificates.values():
            ending = certificate.ending
            assert (certificate.status is Status.VALID) == (ending is None)
            reason = self.reader.verify(certificate.document, MONDAY).reason
            if ending is None:
                assert told[certificate.id] == [("issued", 1)]
                assert reason is None
            elif certificate.superseded:
                assert told[certificate.id] == [("issued", 1), ("revoked", 2), ("superseded", 3)]
                assert reason is Reason.SUPERSEDED
                successors.append(ending.successor_id)
            else:
                assert told[certificate.id] == [("issued", 1), ("revoked", 2)]
                assert reason is Reason.REVOKED
            assert (certificate.id in confirmed) == (ending is not None and not certificate.superseded)
        ids = {certificate.id for certificate in kept.certificates.values()}
        assert len(successors) == len(set(successors)), "a certificate stands in the place of one"
        assert set(successors) <= ids

    @invariant()
    def a_revocation_is_two_peoples_word(self) -> None:
        for revocation in self.revocations.kept.values():
            assert (revocation.decided is None) == (revocation.standing is Standing.PROPOSED)
            assert revocation.decided is None or revocation.decided.officer_id != revocation.proposed.officer_id


Changes.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestChanges = Changes.TestCase
