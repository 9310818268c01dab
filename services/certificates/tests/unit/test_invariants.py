"""Invariants I6 to I8 of certificates (docs/messaging.md): requests, decisions and messages repeat, race and are lost.

The real use cases and the real consumer run over FakeApplications, which passes the suite of the real store. Billing is
played by what it publishes: payments completed for applications, in full, twice, or too short.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.support.builders import MONDAY, RULEBOOK, a_claim, birth_form, caste_form, domicile_form, jwk, viewer_of
from tests.support.fakes import FakeApplications, FakeCertificates, FakeDrafts, FakeTakings, FakeUploads

from certificates.adapters.signatures.jws_signatures import JwsSignatures
from certificates.application.applications.check_answers import AnswersCheck
from certificates.application.applications.errors import NotPossibleNow
from certificates.application.applications.escalate_applications import (
    EscalateApplications,
    EscalateApplicationsHandler,
)
from certificates.application.applications.expire_applications import ExpireApplications, ExpireApplicationsHandler
from certificates.application.applications.ports import Changes, NumberTaken
from certificates.application.applications.read_applications import ApplicationReader
from certificates.application.applications.record_fee_payment import RecordFeePaymentHandler
from certificates.application.applications.record_refund import RecordRefund, RecordRefundHandler
from certificates.application.applications.resubmit_application import ResubmitApplication, ResubmitApplicationHandler
from certificates.application.applications.submit_application import SubmitApplication, SubmitApplicationHandler
from certificates.application.applications.withdraw_application import WithdrawApplication, WithdrawApplicationHandler
from certificates.application.certificates.issue_certificate import IssueCertificateHandler
from certificates.application.officers.decide_application import DecideApplication, DecideApplicationHandler
from certificates.application.officers.errors import (
    AlreadyDecided,
    AnotherOfficerRequired,
    AnotherPostRequired,
    FeeNotPaid,
    TakenByAnother,
)
from certificates.application.officers.take_application import TakeApplication, TakeApplicationHandler
from certificates.domain.applications.application import (
    BESIDE,
    Application,
    ApplicationWithdrawn,
    Decision,
    FeeRefused,
    Happening,
    State,
)
from certificates.domain.applications.escalate import StepDelayed
from certificates.domain.certificates.number import BITS_PER_CHARACTER
from certificates.domain.officers.officer import AN_OFFICER, Officer
from certificates.entrypoints.consumers import CONSUMERS
from servicekit.errors import StaleVersion
from servicekit.events import NewEvent
from servicekit.events.envelope import parse, received, serialise
from servicekit.keys import read_signing_key
from servicekit.versions import Precondition

FORMS = {
    "domicile": domicile_form(),
    "caste": caste_form(),
    "birth": birth_form(3, MONDAY.date(), late_report_permission="Order 7 of 2026"),
}
# Few enough that the steps of one history meet on the same application.
MOST_APPLICATIONS = 6
PAYMENT_COMPLETED = next(consumer for consumer in CONSUMERS if consumer.event == "payment.completed.v1")
SIGNATURES = JwsSignatures(read_signing_key(jwk()), [])
ENDS = {State.ISSUED, State.REJECTED, State.WITHDRAWN, State.EXPIRED}
FORWARD = {
    State.FEE_DUE: {State.FEE_DUE, State.IN_VERIFICATION, State.WITHDRAWN, State.EXPIRED},
    State.IN_VERIFICATION: {State.IN_VERIFICATION, State.SENT_BACK, State.ISSUED, State.REJECTED, State.WITHDRAWN},
    State.SENT_BACK: {State.SENT_BACK, State.IN_VERIFICATION, State.WITHDRAWN, State.EXPIRED},
    **{end: {end} for end in ENDS},
}


@dataclass
class BusyApplications(FakeApplications):
    """A store in which something else may happen after an application was read and before its change is written."""

    meanwhile: Callable[[], object] | None = None

    def get(self, application_id: str) -> Application | None:
        application = super().get(application_id)
        self._something_happens()
        return application

    def waiting(
        self, state: State, since: datetime, before: datetime, after: Application | None, limit: int
    ) -> Sequence[Application]:
        waiting = super().waiting(state, since, before, after, limit)
        if waiting:
            self._something_happens()
        return waiting

    def _something_happens(self) -> None:
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()


class Certificates(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.at = MONDAY
        self.numbers = count(1)
        self.store = BusyApplications()
        self.takings = FakeTakings()
        self.submit = SubmitApplicationHandler(
            RULEBOOK,
            self.store,
            AnswersCheck(RULEBOOK, FakeCertificates(self.store), FakeUploads(self.store)),
            FakeDrafts(self.store),
        )
        # Numbers are mostly of one character: every other one is in use already, instead of one in ten million.
        luck = Random(0)
        self.decide = DecideApplicationHandler(
            RULEBOOK,
            self.store,
            IssueCertificateHandler(
                RULEBOOK,
                FakeCertificates(self.store),
                SIGNATURES,
                lambda bits: sum((luck.random() > 0.95) << place for place in range(0, bits, BITS_PER_CHARACTER)),
                test=True,
            ),
            self.takings,
        )
        reader = ApplicationReader(RULEBOOK, self.store, self.store)
        check = AnswersCheck(RULEBOOK, FakeCertificates(self.store), FakeUploads(self.store))
        self.resubmit = ResubmitApplicationHandler(RULEBOOK, self.store, reader, check)
        self.withdraw = WithdrawApplicationHandler(RULEBOOK, self.store, reader)
        self.expire = ExpireApplicationsHandler(RULEBOOK, self.store)
        self.escalate = EscalateApplicationsHandler(self.store)
        self.take = TakeApplicationHandler(RULEBOOK, self.store, self.takings)
        self.paid: dict[str, tuple[str, int]] = {}
        self.broker: list[bytes] = []
        self.published: list[bytes] = []
        self.inbox: set[str] = set()
        self.decided: set[str] = set()
        self.seen: dict[str, Application] = {}

    @initialize()
    def some_have_applied(self) -> None:
        for type_code in ("birth", "domicile", "birth", "caste"):
            self.a_citizen_applies(type_code, again=False)
        self._decide("key_sent_back", self._one(0), Decision.SENT_BACK, "per_one")

    @precondition(lambda self: len(self.store.kept.applications) < MOST_APPLICATIONS)
    @rule(type_code=st.sampled_from(sorted(FORMS)), again=st.booleans())
    def a_citizen_applies(self, type_code: str, again: bool) -> None:
        key = f"key_{next(self.numbers)}"
        application_ids = {self._submit(key, type_code) for _ in range(2 if again else 1)}
        assert len(application_ids) == 1

    def _submit(self, key: str, type_code: str) -> str:
        number = next(self.numbers)
        command = SubmitApplication(
            application_id=f"app_{number}",
            transaction_token=f"EM{number}",
            event_id=f"evt_{number}",
            application_type=type_code,
            district_code="102",
            applicant=FORMS[type_code],
            attachments=(),
            viewer=viewer_of("cli_kiosk", None, None),
            client_id="cli_kiosk",
            kiosk_id=None,
            at=self.at,
            request_id="req_1",
            claim=a_claim(key),
        )
        return self.submit(command).value

    @rule(
        which=st.integers(0, 9),
        decision=st.sampled_from([Decision.APPROVED, Decision.APPROVED, Decision.REJECTED, Decision.SENT_BACK]),
        officer_id=st.sampled_from(["per_one", "per_one", "per_two", "per_two", "per_of_another_post"]),
        again=st.booleans(),
        meanwhile=st.sampled_from(
            [None, None, "a colleague", "the same request", "the money comes", "the applicant withdraws"]
        ),
    )
    def an_officer_decides(
        self, which: int, decision: Decision, officer_id: str, again: bool, meanwhile: str | None
    ) -> None:
        application_id = self._one(which)
        request = (f"key_{next(self.numbers)}", application_id, decision, officer_id)
        self.store.meanwhile = {
            "a colleague": lambda: self._decide(
                f"{request[0]}_colleague", application_id, Decision.APPROVED, "per_two"
            ),
            "the same request": lambda: self._decide(*request),
            "the money comes": lambda: self.the_broker_delivers(0, "acknowledged"),
            "the applicant withdraws": lambda: self._withdraw(f"{request[0]}_withdrawal", application_id),
        }.get(meanwhile or "")
        for _ in range(2 if again else 1):
            self._decide(*request)
        self.store.meanwhile = None

    def _decide(self, key: str, application_id: str, decision: Decision, officer_id: str) -> None:
        before = self.store.kept.applications[application_id]
        step = RULEBOOK.types[before.type_code].step(before.step)
        # Two people who are what is needed today, and one who never is.
        post = AN_OFFICER if officer_id == "per_of_another_post" else step.posts[0].name
        number = next(self.numbers)
        command = DecideApplication(
            application_id=application_id,
            officer=Officer(officer_id, step.role, step.department, frozenset({"102"}), post),
            decision=decision,
            reason=None,
            remarks=None,
            step=before.step,
            precondition=Precondition(frozenset({before.version})),
            certificate_id=f"crt_{number}",
            decided_event_id=f"evt_{number}_decided",
            issued_event_id=f"evt_{number}_issued",
            ended_event_ids=(f"evt_{number}_revoked", f"evt_{number}_superseded"),
            at=self.at,
            request_id="req_1",
            claim=a_claim(key, operation="decide"),
        )
        # NumberTaken: three numbers in a row were in use, which happens here; nothing may have been written.
        with suppress(NumberTaken):
            try:
                if not self.decide(command).replayed:
                    holder = self.takings.kept.pop(application_id, None)
                    assert holder is None or holder.officer_id == officer_id or holder.until <= self.at
                self.decided.add(key)
            except (
                AlreadyDecided,
                AnotherOfficerRequired,
                AnotherPostRequired,
                FeeNotPaid,
                StaleVersion,
                TakenByAnother,
            ):
                assert key not in self.decided, "a repeat gets the first answer"

    @rule(which=st.integers(0, 9))
    def an_officer_sends_back(self, which: int) -> None:
        """Mostly one that can be: there are few."""
        decidable = [a.id for a in self.store.kept.applications.values() if a.state is State.IN_VERIFICATION]
        application_id = decidable[which % len(decidable)] if decidable else self._one(which)
        self._decide(f"key_{next(self.numbers)}", application_id, Decision.SENT_BACK, "per_one")

    @rule(
        which=st.integers(0, 9),
        again=st.booleans(),
        meanwhile=st.sampled_from([None, "the same request", "the applicant withdraws", "it expires"]),
    )
    def the_applicant_answers(self, which: int, again: bool, meanwhile: str | None) -> None:
        # Mostly one that waits for an answer: there are few.
        waiting = [a.id for a in self.store.kept.applications.values() if a.state is State.SENT_BACK]
        application_id = waiting[which % len(waiting)] if waiting else self._one(which)
        key = f"key_{next(self.numbers)}"
        self.store.meanwhile = {
            "the same request": lambda: self._resubmit(key, application_id),
            "the applicant withdraws": lambda: self._withdraw(f"{key}_withdrawal", application_id),
            "it expires": lambda: self.expire(ExpireApplications(self.at + timedelta(days=100), "req_1")),
        }.get(meanwhile or "")
        for _ in range(2 if again else 1):
            self._resubmit(key, application_id)
        self.store.meanwhile = None

    def _all_answer(self, waiting: Sequence[str]) -> None:
        for application_id in waiting:
            self._resubmit(f"key_{next(self.numbers)}", application_id)

    def _resubmit(self, key: str, application_id: str) -> None:
        before = self.store.kept.applications[application_id]
        name = next(iter(FORMS[before.type_code]))
        command = ResubmitApplication(
            application_id=application_id,
            answers={name: FORMS[before.type_code][name]},
            attachments=(),
            viewer=viewer_of("cli_kiosk", None, None),
            precondition=Precondition(frozenset({before.version})),
            event_id=f"evt_{next(self.numbers)}_answered",
            at=self.at,
            request_id="req_1",
            claim=a_claim(key, operation="resubmit"),
        )
        try:
            self.resubmit(command)
            self.decided.add(key)
        except (NotPossibleNow, StaleVersion):
            assert key not in self.decided, "a repeat gets the first answer"

    @rule(which=st.integers(0, 9), again=st.booleans(), patience=st.integers(0, 9))
    def the_applicant_withdraws(self, which: int, again: bool, patience: int) -> None:
        """Not each time: most applications are to come further."""
        key = f"key_{next(self.numbers)}"
        if patience == 0:
            for _ in range(2 if again else 1):
                self._withdraw(key, self._one(which))

    def _withdraw(self, key: str, application_id: str) -> None:
        before = self.store.kept.applications[application_id]
        command = WithdrawApplication(
            application_id=application_id,
            viewer=viewer_of("cli_kiosk", None, None),
            precondition=Precondition(frozenset({before.version})),
            event_id=f"evt_{next(self.numbers)}_withdrawn",
            at=self.at,
            request_id="req_1",
            claim=a_claim(key, operation="withdraw"),
        )
        try:
            self.withdraw(command)
            self.decided.add(key)
        except (NotPossibleNow, StaleVersion):
            assert key not in self.decided, "a repeat gets the first answer"

    @rule(days=st.integers(0, 30), meanwhile=st.sampled_from([None, "the money comes", "an answer comes"]))
    def a_long_time_passes(self, days: int, meanwhile: str | None = None) -> None:
        self.at += timedelta(days=days)
        waiting = [a.id for a in self.store.kept.applications.values() if a.state is State.SENT_BACK]
        self.store.meanwhile = {
            "the money comes": lambda: self.the_broker_delivers(0, "acknowledged"),
            "an answer comes": lambda: self._all_answer(waiting),
        }.get(meanwhile or "")
        self.expire(ExpireApplications(self.at, "req_1"))
        self.store.meanwhile = None
        self.escalate(EscalateApplications(self.at, "req_1"))
        assert self.escalate(EscalateApplications(self.at, "req_1")) == 0

    @rule(which=st.integers(0, 9), officer_id=st.sampled_from(["per_one", "per_two"]))
    def an_officer_takes_a_case(self, which: int, officer_id: str) -> None:
        application = self.store.kept.applications[self._one(which)]
        step = RULEBOOK.types[application.type_code].step(application.step)
        officer = Officer(officer_id, step.role, step.department, frozenset({"102"}), step.posts[0].name)
        with suppress(AlreadyDecided, AnotherOfficerRequired, FeeNotPaid, TakenByAnother):
            taking = self.take(TakeApplication(application.id, officer, self.at))
            assert taking.officer_id == officer_id
        assert self.store.kept.applications[application.id] == application, "a taking changes nothing"

    @rule(which=st.integers(0, 9))
    def money_comes_back(self, which: int) -> None:
        application_id, refund_id = self._one(which), f"rfd_{next(self.numbers)}"
        command = RecordRefund(
            application_id=application_id, payment_id="pay_x", refund_id=refund_id, paise=1, refunded_at=self.at
        )
        before = self.store.kept.applications[application_id]
        for _ in range(2):
            self.store.transact(lambda changes: RecordRefundHandler(changes)(command))
        assert self.store.kept.applications[application_id] == before
        lines = [
            line for line in self.store.kept.history.values() if line.key == f"{application_id}:refund:{refund_id}"
        ]
        assert len(lines) == 1

    def _one(self, which: int) -> str:
        return list(self.store.kept.applications)[which % len(self.store.kept.applications)]

    @rule(which=st.integers(0, 9), short=st.sampled_from([0, 0, 1]), days=st.integers(0, 40), at_once=st.booleans())
    def billing_completes_a_payment(self, which: int, short: int, days: int, at_once: bool) -> None:
        application_id = self._one(which)
        self.at += timedelta(days=days)
        payment_id = f"pay_{next(self.numbers)}"
        paise = max(0, self.store.kept.applications[application_id].fee.paise - short)
        self.paid[payment_id] = (application_id, paise)
        self._publish(payment_id, application_id, paise)
        if at_once:
            self.the_broker_delivers(-1, "not acknowledged")

    @rule()
    def billing_completes_an_ordinary_bill(self) -> None:
        self._publish(f"pay_{next(self.numbers)}", None, 152_500)

    def _publish(self, payment_id: str, application_id: str | None, paise: int) -> None:
        data = {
            "payment_id": payment_id,
            "application_id": application_id,
            "bill": {"amount": paise, "currency": "INR"},
            "completed_at": self.at.isoformat(),
        }
        event = NewEvent(f"evt_{payment_id}", "payment.completed.v1", "payment", payment_id, 1, self.at, data, "req_1")
        body = serialise(event, "billing")
        self.broker.append(body)
        self.published.append(body)

    @rule(
        which=st.integers(0, 9),
        fate=st.sampled_from(["acknowledged", "not acknowledged", "not handled", "again after months"]),
    )
    def the_broker_delivers(self, which: int, fate: str) -> None:
        """In any order, with crash points C1 to C3; or a message months old, whose inbox row is long forgotten."""
        late = fate == "again after months"
        messages = self.published if late else self.broker
        if not messages or fate == "not handled":
            return
        body = messages[which % len(messages)]
        if late:
            self.inbox.discard(parse(body)["id"])
        self._handle(body)
        if fate == "acknowledged":
            self.broker.remove(body)

    def _handle(self, body: bytes) -> None:
        """As servicekit's Handling does: inbox row and effect in one transaction, a duplicate is not handled again."""
        consumer = PAYMENT_COMPLETED
        handle = consumer.handle
        assert handle is not None
        envelope = parse(body)
        event = received(envelope, consumer.schema.load(envelope["data"]))
        if event.id in self.inbox or not consumer.takes(event):
            return

        def effect(changes: Changes) -> None:
            def within(session: Any) -> SimpleNamespace:
                return SimpleNamespace(record_fee_payment=RecordFeePaymentHandler(RULEBOOK, session))

            session: Any = changes
            handle(SimpleNamespace(within=within), event, session)

        self.store.transact(effect)
        self.inbox.add(event.id)

    @invariant()
    def i7_numbers_are_unique_and_a_certificate_is_of_one_approved_and_paid_application(self) -> None:
        kept = self.store.kept
        numbers = [certificate.number for certificate in kept.certificates.values()]
        assert len(numbers) == len(set(numbers))
        issued = {id_: a.certificate_id for id_, a in kept.applications.items() if a.state is State.ISSUED}
        assert {id_: certificate.id for id_, certificate in kept.certificates.items()} == issued
        for application in kept.applications.values():
            if application.state is State.ISSUED:
                steps = RULEBOOK.types[application.type_code].steps
                assert application.step == steps[-1].name
                lines = [line for line in self.store.history(application.id) if line.officer_id]
                approvers = [line.officer_id for line in lines if line.decision is Decision.APPROVED]
                assert len(approvers) == len(set(approvers)) == len(steps), "each step is another person's decision"
                assert len({(line.officer_id, line.step) for line in lines}) == len({line.officer_id for line in lines})
                assert "per_of_another_post" not in approvers
            never_paid = application.payment_id is None and application.state in {State.WITHDRAWN, State.EXPIRED}
            if application.state is not State.FEE_DUE and application.fee.paise and not never_paid:
                paid_for, paise = self.paid[application.payment_id or ""]
                assert paid_for == application.id
                assert paise >= application.fee.paise

    @invariant()
    def i8_no_state_moves_backwards_and_every_change_has_its_line_and_its_event(self) -> None:
        kept = self.store.kept
        lines = Counter(entry.application_id for entry in kept.history.values() if entry.what not in BESIDE)
        for application in kept.applications.values():
            before = self.seen.get(application.id, application)
            assert application.state in _reachable(before.state)
            assert application.version >= before.version
            assert lines[application.id] == application.version
            sequences = [event.sequence for event in kept.outbox if event.aggregate_id == application.id]
            assert sequences == list(range(1, application.events_told + 1))
            self.seen[application.id] = application
        delays = Counter(event.aggregate_id for event in kept.outbox if event.type == StepDelayed.type)
        assert set(delays.values()) <= {1}, "each delay is told once"
        issued = Counter(event.aggregate_id for event in kept.outbox if event.aggregate_type == "certificate")
        assert issued == Counter(certificate.id for certificate in kept.certificates.values())

    def teardown(self) -> None:
        """The faults end, every message arrives: no paid application waits for its fee, all money is recorded (I6)."""
        for body in self.broker:
            self._handle(body)
        kept = self.store.kept
        refused = Counter(event.aggregate_id for event in kept.outbox if event.type == FeeRefused.type)
        for payment_id, (application_id, paise) in self.paid.items():
            application = kept.applications[application_id]
            assert application.state is not State.FEE_DUE or paise < application.fee.paise
            withdrawn = [event for event in kept.outbox if event.type == ApplicationWithdrawn.type]
            assert len({event.aggregate_id for event in withdrawn}) == len(withdrawn), "withdrawn once"
            lines = [
                entry.what
                for entry in kept.history.values()
                if entry.payment_id == payment_id and entry.what not in {Happening.WITHDRAWN, Happening.MONEY_RETURNED}
            ]
            assert len(lines) == 1, "each payment is in the audit trail once"
            accepted = application.payment_id == payment_id
            assert (lines == [Happening.FEE_PAID]) == accepted
            assert refused[payment_id] == (not accepted), "money that moves nothing is announced once"
        self.i7_numbers_are_unique_and_a_certificate_is_of_one_approved_and_paid_application()
        self.i8_no_state_moves_backwards_and_every_change_has_its_line_and_its_event()


def _reachable(state: State) -> set[State]:
    """Where an application may be after some steps."""
    reachable, todo = {state}, [state]
    while todo:
        new = FORWARD[todo.pop()] - reachable
        reachable |= new
        todo += new
    return reachable


# Deadlines off: two noisy cores. Example count and depth: some seconds here, thousands of histories.
Certificates.TestCase.settings = settings(max_examples=120, stateful_step_count=50, deadline=None)
TestCertificates = Certificates.TestCase
