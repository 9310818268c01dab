"""The invariants I1–I9 (docs/messaging.md), checked as an auditor would who trusts nobody's own check.

The books are read from outside: the services' databases with the stack's administrator, the billers' and the
provider's own records over HTTP. What each invariant means is written here once more, on purpose not imported from the
services: a rule that is wrong there must not be wrong here too.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pymongo
import urllib3

from emitra_local.stack import Stack

Row = dict[str, Any]
Breaks = list[str]

# After the faults: a sweeper's dead lease (15 s), the longest wait between two inquiries (60 s), a retry of 10 s.
QUIET_TIMEOUT_SECONDS = 100
QUIET_POLL_SECONDS = 0.5
# Examples are for finding the fault, not for listing every one.
MOST_EXAMPLES = 10
AUDIT_PAGE = 100_000  # the most a simulator gives at once
HTTP_TIMEOUT_SECONDS = 30

SERVICES = Path(__file__).resolve().parents[2] / "services"
# The certificates service takes only payments that pay a fee; its inbox does not remember the others.
ONLY_FEES = "certificates.payment.completed.v1"

# Other kinds, such as partial refunds, may repeat: each entry is then an act of its own.
ONCE_PER_PAYMENT = {"hold", "post", "void", "capture"}
# The saga of docs/messaging.md: from each state the ones that may follow. An end has none. MANUAL is a pause: what
# follows it is what may follow the state before it.
PAYMENT_MOVES = {
    "CREATED": {"AUTH_REQUESTED"},
    "AUTH_REQUESTED": {"AUTHORISED", "AUTH_UNKNOWN", "AUTH_FAILED", "MANUAL"},
    "AUTH_UNKNOWN": {"AUTHORISED", "AUTH_FAILED", "MANUAL"},
    "AUTHORISED": {"POST_REQUESTED"},
    "POST_REQUESTED": {"POSTED", "POST_UNKNOWN", "POST_FAILED", "MANUAL"},
    "POST_UNKNOWN": {"POSTED", "POST_FAILED", "MANUAL"},
    "POST_FAILED": {"VOIDED", "MANUAL"},
    "POSTED": {"COMPLETED", "MANUAL"},
    "AUTH_FAILED": set[str](),
    "VOIDED": set[str](),
    "COMPLETED": set[str](),
    "MANUAL": set[str](),
}
REFUND_MOVES = {
    "REQUESTED": {"REFUNDED", "REFUSED", "UNKNOWN", "MANUAL"},
    "UNKNOWN": {"REFUNDED", "REFUSED", "MANUAL"},
    "MANUAL": {"REFUNDED", "REFUSED"},
    "REFUNDED": set[str](),
    "REFUSED": set[str](),
}
TOP_UP_MOVES = {
    "REQUESTED": {"CREDITED", "REFUSED", "UNKNOWN", "MANUAL"},
    "UNKNOWN": {"CREDITED", "REFUSED", "MANUAL"},
    "MANUAL": {"CREDITED", "REFUSED"},
    "CREDITED": set[str](),
    "REFUSED": set[str](),
}
APPLICATION_MOVES: dict[str | None, set[str]] = {
    None: {"FEE_DUE", "IN_VERIFICATION"},
    "FEE_DUE": {"IN_VERIFICATION", "WITHDRAWN", "EXPIRED"},
    "IN_VERIFICATION": {"IN_VERIFICATION", "ISSUED", "REJECTED", "SENT_BACK", "WITHDRAWN"},  # itself: the next step
    "SENT_BACK": {"IN_VERIFICATION", "WITHDRAWN", "EXPIRED"},
    "ISSUED": set(),
    "REJECTED": set(),
    "WITHDRAWN": set(),
    "EXPIRED": set(),
}
RETURNED = {"AUTH_FAILED", "VOIDED"}
OF_AN_EVENT = {"state": 1, "exchange": 1, "routing_key": 1, "aggregate": 1}


def _queues() -> dict[str, list[str]]:
    queues: dict[str, list[str]] = defaultdict(list)
    for table in sorted(SERVICES.glob("*/events.json")):
        for consumed in json.loads(table.read_text(encoding="utf-8"))["consumes"]:
            # With an order a late event is stale, and the inbox does not remember it: I6 says nothing of those.
            if consumed["order"] is not None:
                continue
            queues[consumed["event"]].append(f"{table.parent.name}.{consumed['event']}")
    return queues


# Queues of consumers that the last release did not have.
YOUNGER_QUEUES = frozenset(
    {
        "identity.kiosk.approved.v1",
        "gateway.kiosk.approved.v1",
        "gateway.payment.refunded.v1",
        "certificates.payment.refunded.v1",
        "billing.application.withdrawn.v1",
        *(f"gateway.certificate.{ended}.v1" for ended in ("revoked", "superseded")),
        *(f"gateway.application.{moved}.v1" for moved in ("resubmitted", "withdrawn", "expired")),
        "gateway.opening.submitted.v1",
        "gateway.opening.moved.v1",
        *(f"gateway.{told}.v1" for told in ("case.filed", "case.registered", "case.disposed")),
        "gateway.hearing.scheduled.v1",
        "gateway.order.passed.v1",
        "billing.penalty.imposed.v1",
        "kiosk-registry.overcharge.reported.v1",
    }
)
# The queues that get each event, as the services' own tables say.
QUEUES = _queues()


@dataclass
class Books:
    """Everybody's own rows; only what the invariants ask for."""

    payments: dict[str, Row]
    journal: list[Row]
    wallets: list[Row]
    breaks: list[Row]
    outboxes: dict[str, list[Row]]
    """By service, without what the rows tell."""
    inboxes: set[str]
    """Of all services, what was handled: `<queue>|<event id>`."""
    letters: list[Row]
    """Messages that wait for people, of all services, without what they tell."""
    view: dict[str, Row]
    """The gateway's transactions by token."""
    applications: dict[str, Row]
    application_history: list[Row]
    certificates: list[Row]
    billers: list[Row]
    """Payments the biller network accepted."""
    provider: list[Row]
    """Authorisations of the payment service provider, with their endings."""
    refunds: list[Row] = field(default_factory=list)
    given_back: list[Row] = field(default_factory=list)
    """Refunds the payment service provider accepted."""
    top_ups: list[Row] = field(default_factory=list)
    charged: list[Row] = field(default_factory=list)
    """Charges the payment service provider accepted."""
    settlements: list[Row] = field(default_factory=list)
    settlement_lines: list[Row] = field(default_factory=list)
    copies: list[Row] = field(default_factory=list)
    """Prints of receipts."""


def assert_invariants(stack: Stack, timeout_seconds: float = QUIET_TIMEOUT_SECONDS) -> Books:
    """Wait until everything has come to its end (I6), then check I1 to I9; returns the books that were in order.

    The load has to have stopped. Reads everything once per look: 10,000 payments take one to two seconds, and there is
    more than one look only while something is on its way. Raises AssertionError naming each broken invariant and ids.
    """
    give_up_at = time.monotonic() + timeout_seconds
    broken: dict[str, list[str]] | None = None
    while True:
        books, before = read_books(stack), broken
        broken = broken_invariants(books)
        # One book is read after the other, and a partner may call in between: what is broken is so twice.
        settled = not i6_everything_reached_an_end(books) and broken in ({}, before)
        if settled or time.monotonic() > give_up_at:
            break
        time.sleep(QUIET_POLL_SECONDS)
    assert not broken, "\n".join(
        f"{name}: {len(breaks)} break(s): {'; '.join(breaks[:MOST_EXAMPLES])}" for name, breaks in broken.items()
    )
    return books


def broken_invariants(books: Books) -> dict[str, Breaks]:
    """The invariants that do not hold, by name, each with a line per break."""
    breaks = {check.__name__.replace("_", " "): check(books) for check in INVARIANTS}
    return {name.replace("i", "I", 1): breaks for name, breaks in breaks.items() if breaks}


def read_books(stack: Stack) -> Books:
    """Everybody's books, one after the other: consistent with each other once nothing is on its way."""
    with pymongo.MongoClient[Row](stack.infrastructure.mongodb_uri, tz_aware=True) as client:

        def of(service: str) -> Any:
            return client[stack.infrastructure.database_of(service)]

        billing, certificates = of("billing"), of("certificates")
        # The payments first: what is at its end here stays so, and everything read later has to agree with it.
        payments = billing.payments.find({}, {"customer_params": 0, "credits": 0})
        return Books(
            payments={row["_id"]: row for row in payments},
            journal=list(billing.journal.find()),
            wallets=list(billing.wallets.find()),
            breaks=list(billing.breaks.find()),
            outboxes={name: list(of(name).outbox.find({}, OF_AN_EVENT)) for name in stack.services},
            inboxes={row["_id"] for name in stack.services for row in of(name).inbox.find({}, {"_id": 1})},
            letters=[
                row
                for name in stack.services
                for row in of(name).dead_letters.find({"state": "parked"}, {"queue": 1, "message_id": 1, "reason": 1})
            ],
            view={row["_id"]: row for row in of("gateway").transactions.find()},
            applications={row["_id"]: row for row in certificates.applications.find({}, {"applicant": 0})},
            application_history=list(certificates.application_history.find({}, {"remarks": 0})),
            certificates=list(certificates.certificates.find({}, {"document": 0})),
            billers=list(_told_by(stack.simulator_urls["biller-simulator"])),
            provider=list(_told_by(stack.simulator_urls["psp-simulator"])),
            refunds=list(billing.refunds.find()),
            given_back=list(_told_by(stack.simulator_urls["psp-simulator"], "refunds")),
            top_ups=list(billing.top_ups.find()),
            charged=list(_told_by(stack.simulator_urls["psp-simulator"], "charges")),
            settlements=list(billing.settlements.find()),
            settlement_lines=list(billing.settlement_lines.find()),
            copies=list(billing.receipt_copies.find()),
        )


def _told_by(url: str, what: str = "payments") -> Iterator[Row]:
    offset: int | None = 0
    while offset is not None:
        answer = urllib3.request(
            "GET",
            f"{url}/control/{what}",
            fields={"limit": str(AUDIT_PAGE), "offset": str(offset)},
            timeout=HTTP_TIMEOUT_SECONDS,
        )
        assert answer.status == 200, answer.data[:400]
        page = answer.json()
        yield from page["payments"]
        offset = page["next_offset"]


# ---- the invariants


def i1_the_ledger_sums_to_zero(books: Books) -> Breaks:
    """Every entry, and so the whole."""
    return [f"{entry['_id']} sums to {paise}" for entry in books.journal if (paise := _sum(entry))]


def i2_captured_is_posted_and_refunded_and_suspense(books: Books) -> Breaks:
    """Per payment: what was taken is where its state says it is, in the ledger, at the biller and at the provider.

    What is held for a payment that people have (MANUAL) or that is on its way is its suspense.
    """
    breaks: Breaks = []
    entries = _by_payment(books.journal)
    at_billers, at_provider = _first_by_payment(books.billers), _first_by_payment(books.provider)
    late = {row["payment_id"] for row in books.breaks if row["kind"] == "late-success"}
    for payment_id, payment in books.payments.items():
        state, total = payment["state"], payment["bill_paise"] + payment["service_charge_paise"]
        moved = {entry["kind"]: _on(entry, _held_account(payment)) for entry in entries.get(payment_id, [])}
        held, posted, returned = moved.get("hold", 0), -moved.get("post", 0), -moved.get("void", 0)
        if (held, posted, returned) not in _where_it_may_be(payment, total):
            breaks.append(f"{payment_id}: {state}, taken {held}, posted {posted}, returned {returned} of {total}")
        if posted or state in RETURNED:  # while it is in doubt they may have it and we not know it yet
            right = payment["bill_paise"] if posted else 0
            accepted = _accepted_paise(at_billers.get(payment_id))
            # An application's fee is ours already and goes to no biller; a late success is known, and with people.
            if accepted != right and payment["application_id"] is None and payment_id not in late:
                breaks.append(f"{payment_id}: {state}, and the biller has {accepted} of {right} paise")
        if payment["mode"] != "WALLET" and not PAYMENT_MOVES[state] and state != "MANUAL":
            right = total if state == "COMPLETED" else 0
            captured = _captured_paise(at_provider.get(payment_id))
            if captured != right or ("capture" in moved) != bool(right):
                breaks.append(f"{payment_id}: {state}, and the provider captured {captured} of {right} paise")
            if state == "VOIDED" and not (at_provider.get(payment_id) or {}).get("void"):
                breaks.append(f"{payment_id}: VOIDED, and the provider still holds the payer's money")
            if state == "AUTH_FAILED" and not payment["next_action_at"] and _is_held(at_provider.get(payment_id)):
                breaks.append(f"{payment_id}: AUTH_FAILED, and the provider holds the payer's money for good")
    breaks += _refunds_that_do_not_add_up(books)
    breaks += _top_ups_that_do_not_add_up(books)
    known = books.payments.keys()
    breaks += [f"{payment_id}: entries without a payment" for payment_id in entries.keys() - known]
    breaks += [f"{payment_id}: the biller was paid for no payment of ours" for payment_id in at_billers.keys() - known]
    return breaks + [f"{payment_id}: authorised for no payment of ours" for payment_id in at_provider.keys() - known]


def _refunds_that_do_not_add_up(books: Books) -> Breaks:
    """Of each payment no more went back than was paid; each refund has its one entry, and the provider gave as much."""
    breaks: Breaks = []
    refunds: dict[str, list[Row]] = defaultdict(list)
    for row in books.refunds:
        refunds[row["payment_id"]].append(row)
    entered = {
        entry["_id"]: -sum(leg["paise"] for leg in entry["legs"] if _gives_back(leg["account"]))
        for entry in books.journal
        if entry["kind"] == "refund"
    }
    back = {f"{row['_id']}:refund": row["paise"] for row in books.refunds if row["state"] == "REFUNDED"}
    breaks += [f"{entry_id}: {entered.get(entry_id)} entered, {back.get(entry_id)} refunded"
               for entry_id in entered.keys() | back.keys() if entered.get(entry_id) != back.get(entry_id)]  # fmt: skip
    given = Counter[str]()
    for row in books.given_back:
        given[row["request_id"]] += row["amount_paise"] if row["status"] == "REFUNDED" else 0
    for row in books.refunds:
        if row["state"] in {"REFUNDED", "REFUSED"} and row["destination"] == "SOURCE":
            right = row["paise"] if row["state"] == "REFUNDED" else 0
            if given[f"{row['_id']}:refund"] != right:
                breaks.append(f"{row['_id']}: {row['state']}, and the provider gave {given[row['_id'] + ':refund']}")
    for payment_id, rows in refunds.items():
        payment = books.payments.get(payment_id)
        total = payment["bill_paise"] + payment["service_charge_paise"] if payment else 0
        standing = sum(row["paise"] for row in rows if row["state"] != "REFUSED")
        if standing > total or (payment and payment["state"] != "COMPLETED"):
            breaks.append(f"{payment_id}: refunds of {standing} stand, of {total} paid")
        elif payment and standing != payment.get("refunding_paise", 0):
            breaks.append(f"{payment_id}: refunds of {standing} stand, it says {payment.get('refunding_paise', 0)}")
    return breaks


def _top_ups_that_do_not_add_up(books: Books) -> Breaks:
    """A wallet got what the provider charged, once, and nothing else; each top-up has its one entry, or none."""
    breaks: Breaks = []
    entered = {entry["_id"]: entry for entry in books.journal if entry["kind"] == "top-up"}
    known = {f"{row['_id']}:top-up": row for row in books.top_ups}
    for name, row in known.items():
        right = [("psp:clearing", -row["paise"]), (f"wallet:{row['kiosk_id']}", row["paise"])]
        legs = [(leg["account"], leg["paise"]) for leg in entered[name]["legs"]] if name in entered else []
        if sorted(legs) != (sorted(right) if row["state"] == "CREDITED" else []):
            breaks.append(f"{row['_id']}: {row['state']}, {row['paise']} paise, and entered as {legs}")
    taken = Counter[str]()
    for row in books.charged:
        taken[row["request_id"]] += row["amount_paise"] if row["status"] == "CHARGED" else 0
    for name, row in known.items():
        due = row["paise"] if row["state"] == "CREDITED" else 0
        if not TOP_UP_MOVES[row["state"]] and taken[name] != due:
            breaks.append(f"{row['_id']}: {row['state']}, and the provider charged {taken[name]} of {due}")
    breaks += [f"{name}: entered for no top-up of ours" for name in entered.keys() - known.keys()]
    return breaks + [f"{name}: charged for no top-up of ours" for name in taken.keys() - known.keys()]


def _gives_back(account: str) -> bool:
    return account != "psp:clearing" and not account.startswith("wallet:")


def i3_at_most_one_capture_posting_receipt_refund(books: Books) -> Breaks:
    """Per payment, in the ledger and by what the biller and the provider were made to do."""
    entries = Counter(
        (entry["payment_id"], entry["kind"]) for entry in books.journal if entry["kind"] in ONCE_PER_PAYMENT
    )
    breaks = [f"{payment_id}: {count} entries {kind}" for (payment_id, kind), count in entries.items() if count > 1]
    requests = Counter(row["request_id"] for row in books.charged)
    breaks += [f"{request}: {count} charges" for request, count in requests.items() if count > 1]
    resolved = Counter(entry["resolves"] for entry in books.journal if "resolves" in entry)
    breaks += [f"{hold} is resolved {count} times" for hold, count in resolved.items() if count > 1]
    for records, what in ((books.billers, "payments at the biller"), (books.provider, "authorisations")):
        requests = Counter(_payment_of(row) for row in records)
        breaks += [f"{payment_id}: {count} {what}" for payment_id, count in requests.items() if count > 1]
    breaks += [f"{_payment_of(row)}: captured and voided" for row in books.provider if row["capture"] and row["void"]]
    receipts: dict[str, list[str]] = defaultdict(list)
    for payment_id, payment in books.payments.items():
        number = (payment["receipt"] or {}).get("number")
        if (number is not None) != (payment["state"] == "COMPLETED"):
            breaks.append(f"{payment_id}: {payment['state']} with{'' if number else 'out'} a receipt")
        if number is not None:
            receipts[number].append(payment_id)
    return breaks + [f"receipt {number} on {' and '.join(ids)}" for number, ids in receipts.items() if len(ids) > 1]


def i4_completed_if_and_only_if_one_payment_completed(books: Books) -> Breaks:
    """Exactly one event for each ending, told by billing's outbox and known to the gateway's view."""
    breaks: Breaks = []
    events: dict[str, list[str]] = defaultdict(list)
    for row in books.outboxes["billing"]:
        if row["aggregate"]["type"] == "payment":
            events[row["aggregate"]["id"]].append(_type(row["routing_key"]))
    back = Counter(row["payment_id"] for row in books.refunds if row["state"] == "REFUNDED")
    for payment_id, payment in books.payments.items():
        expected = [*_ending_events(payment), *["payment.refunded"] * back[payment_id]]
        if events[payment_id] != expected:
            breaks.append(f"{payment_id}: {payment['state']}, and billing tells {events[payment_id]}")
        seen = sorted(event["type"] for event in books.view.get(payment["token"], {"events": []})["events"])
        if seen != expected:
            breaks.append(f"{payment_id}: {payment['state']}, and the gateway has seen {seen}")
    topped_up = Counter(
        row["aggregate"]["id"] for row in books.outboxes["billing"] if row["aggregate"]["type"] == "top_up"
    )
    for row in books.top_ups:
        if topped_up[row["_id"]] != int(row["state"] == "CREDITED"):
            breaks.append(f"{row['_id']}: {row['state']}, and billing tells {topped_up[row['_id']]} times")
    breaks += [
        f"{top_up_id}: events of no top-up" for top_up_id in topped_up - Counter(r["_id"] for r in books.top_ups)
    ]
    return breaks + [f"{payment_id}: events of no payment" for payment_id in events.keys() - books.payments.keys()]


def i5_balances_are_the_fold_of_the_journal(books: Books) -> Breaks:
    """Each wallet's stored figure; and what is held of each is the sum of its payments in progress."""
    balances: Counter[str] = Counter()
    for entry in books.journal:
        for leg in entry["legs"]:
            balances[leg["account"]] += leg["paise"]
    held: Counter[str] = Counter({account: 0 for account in balances if account.startswith("wallet-held:")})
    for payment in books.payments.values():
        if payment["mode"] == "WALLET" and payment["state"] not in {"COMPLETED", "VOIDED"}:
            held[_held_account(payment)] += payment["bill_paise"] + payment["service_charge_paise"]
    breaks = [
        f"wallet {wallet['_id']} says {wallet['available_paise']}, the journal {balances['wallet:' + wallet['_id']]}"
        for wallet in books.wallets
        if wallet["available_paise"] != balances["wallet:" + wallet["_id"]]
    ]
    return breaks + [
        f"{account} is {balances[account]}, its payments hold {paise}"
        for account, paise in held.items()
        if balances[account] != paise
    ]


def i6_everything_reached_an_end(books: Books) -> Breaks:
    """No payment is on its way, or with people and unknown to them; every event has left, and arrived at each consumer
    that wants it; nothing is parked; a fee that was paid has brought its application on.

    A test that has messages parked on purpose brings them to an end itself: re-driven or discarded.
    What the biller or the provider itself still calls PENDING waits for them, not for us, and is at an end for now.
    """
    breaks: Breaks = []
    theirs = {_payment_of(row) for row in [*books.billers, *books.provider] if row["status"] == "PENDING"}
    open_breaks = [row for row in books.breaks if row["status"] == "open"]
    with_people = {row["payment_id"] for row in open_breaks if row["owner"] and row["due_at"]}
    for payment_id, payment in books.payments.items():
        state = payment["state"]
        if PAYMENT_MOVES[state] and payment_id not in theirs:
            breaks.append(f"{payment_id} is still {state}")
        if state == "MANUAL" and payment_id not in with_people:
            breaks.append(f"{payment_id} is MANUAL without an open break")
        if _ending_events(payment) and payment["token"] not in books.view:
            breaks.append(f"{payment_id} is {state}, and its event has not arrived in the gateway's view")
        application = books.applications.get(payment["application_id"] or "")
        if state == "COMPLETED" and application and application["state"] == "FEE_DUE":
            breaks.append(f"{payment_id} is COMPLETED, and its application {application['_id']} is still FEE_DUE")
    breaks += _on_its_way(books.refunds, books.given_back, "refund", open_breaks)
    breaks += _on_its_way(books.top_ups, books.charged, "top-up", open_breaks)
    for service, rows in books.outboxes.items():
        for row in rows:
            if row["state"] != "sent":
                breaks.append(f"{service}: event {row['_id']} is {row['state']}")
            elif row["exchange"] == f"{service}.events":  # the others are messages on their way back to a queue
                breaks += [
                    f"{row['routing_key']} of {row['aggregate']['id']} ({row['_id']}) has not arrived in {queue}"
                    for queue in QUEUES.get(row["routing_key"], [])
                    if f"{queue}|{row['_id']}" not in books.inboxes and _is_wanted(queue, row, books)
                ]
    return breaks + [f"{row['message_id']} is parked for {row['queue']}: {row['reason']}" for row in books.letters]


def _on_its_way(rows: list[Row], theirs: list[Row], act: str, open_breaks: list[Row]) -> Breaks:
    """Refunds or top-ups that have no end yet; each that people have must have an open break of its own."""
    waiting = {row["request_id"] for row in theirs if row["status"] == "PENDING"}
    named = {row.get(f"{act.replace('-', '_')}_id") for row in open_breaks if row["owner"] and row["due_at"]}
    on_the_way = [row for row in rows if row["state"] in {"REQUESTED", "UNKNOWN"}]
    breaks = [f"{row['_id']} is still {row['state']}" for row in on_the_way if f"{row['_id']}:{act}" not in waiting]
    manual = [row for row in rows if row["state"] == "MANUAL" and row["_id"] not in named]
    return breaks + [f"{row['_id']} is MANUAL without an open break" for row in manual]


def i7_certificate_numbers_are_unique_and_their_fees_paid(books: Books) -> Breaks:
    """One certificate per number and per application; issued ⇔ a certificate; and only after its fee, where one is."""
    breaks: Breaks = []
    for member in ("number", "application_id"):
        counted = Counter(certificate[member] for certificate in books.certificates)
        breaks += [f"{count} certificates with {member} {value}" for value, count in counted.items() if count > 1]
    issued = {certificate["application_id"]: certificate["_id"] for certificate in books.certificates}
    for application_id in issued.keys() - books.applications.keys():
        breaks.append(f"{issued[application_id]} is for no application of ours")
    for application_id, application in books.applications.items():
        certificate_id = issued.get(application_id)
        if (application["state"] == "ISSUED") != (certificate_id is not None):
            breaks.append(f"{application_id}: {application['state']}, certificate {certificate_id}")
        if certificate_id and application["fee"]["paise"]:
            payment = books.payments.get(
                application["payment_id"] or "", {"state": "not there", "application_id": None}
            )
            if payment["state"] != "COMPLETED" or payment["application_id"] != application_id:
                breaks.append(f"{application_id}: issued, and its fee's payment is {payment['state']}")
            elif payment["bill_paise"] < application["fee"]["paise"]:
                breaks.append(f"{application_id}: issued for {payment['bill_paise']} of {application['fee']['paise']}")
    return breaks


def i9_settled_once_and_numbered_without_gaps(books: Books) -> Breaks:
    """What a settlement told is what its lines and its entry are, and each act is settled once, for what it was worth.

    The receipts of a centre and day are numbered from 1 without gaps, and the prints of each are counted so.
    """
    breaks: Breaks = []
    entries = {entry["_id"]: entry for entry in books.journal}
    lines: dict[str, list[Row]] = defaultdict(list)
    settled = Counter[tuple[str, str]]()
    billers = {row["_id"]: row["biller_id"] for row in books.settlements}
    for line in books.settlement_lines:
        lines[line["settlement_id"]].append(line)
        biller_id = billers.get(line["settlement_id"], "none")
        settled[biller_id, line["entry_id"]] += 1
        entry = entries.get(line["entry_id"])
        worth = _on(entry, f"biller:{biller_id}") if entry else None
        if worth != line["paise"]:
            breaks.append(f"{line['_id']}: settled {line['paise']}, worth {worth}")
    breaks += [f"{entry_id} is settled {count} times" for (_, entry_id), count in settled.items() if count > 1]
    for row in books.settlements:
        if row["state"] != "CLOSED":
            continue
        net, kept = row["gross_paise"] - row["refunded_paise"], sum(line["paise"] for line in lines[row["_id"]])
        entry = entries.get(f"{row['_id']}:settlement")
        paid = _on(entry, "bank:settlement") if entry else 0
        if not net == kept == paid or row["lines"] != len(lines[row["_id"]]):
            breaks.append(f"{row['_id']}: {net} told, {kept} in its lines, {paid} paid")
    entered = {entry_id for entry_id, entry in entries.items() if entry["kind"] == "settlement"}
    known = {f"{row['_id']}:settlement" for row in books.settlements if row["state"] == "CLOSED"}
    breaks += [f"{entry_id} is of no closed settlement" for entry_id in entered - known]
    numbers: dict[str, list[int]] = defaultdict(list)
    for copy in books.copies:
        numbers[copy["payment_id"]].append(copy["number"])
        if "series" in copy:
            numbers[f"{copy['series']['kiosk_id']} {copy['series']['day']}"].append(copy["series"]["serial"])
    return breaks + [
        f"{of}: numbered {sorted(given)[:20]}"
        for of, given in numbers.items()
        if sorted(given) != [*range(1, len(given) + 1)]
    ]


def i8_no_state_moves_backwards(books: Books) -> Breaks:
    """By the histories: of each payment, of each application; and the gateway never saw both ends of one payment.

    A payment's version counts its moves, so a history that was cut or written over does not fit it.
    """
    breaks: Breaks = []
    lines: dict[str, list[Row]] = defaultdict(list)
    for line in books.application_history:
        lines[line["application_id"]].append(line)
    for payment_id, payment in books.payments.items():
        states = [step["state"] for step in payment["history"]]
        if states[-1] != payment["state"] or len(states) != payment["version"]:
            breaks.append(f"{payment_id}: {payment['state']} v{payment['version']} after {' → '.join(states)}")
        breaks += [
            f"{payment_id}: {before} → {after}"
            for before, after in {*pairwise(states), *pairwise(state for state in states if state != "MANUAL")}
            if before != "MANUAL" and after not in PAYMENT_MOVES[before]
        ]
    for rows, moves in ((books.refunds, REFUND_MOVES), (books.top_ups, TOP_UP_MOVES)):
        for row in rows:
            states = [step["state"] for step in row["history"]]
            if states[-1] != row["state"] or len(states) != row["version"]:
                breaks.append(f"{row['_id']}: {row['state']} v{row['version']} after {' → '.join(states)}")
            breaks += [f"{row['_id']}: {before} → {after}" for before, after in pairwise(states)
                       if after not in moves[before]]  # fmt: skip
    for application_id, application in books.applications.items():
        breaks += _moves_of_application(application_id, application, lines[application_id])
    for token, transaction in books.view.items():
        types = {event["type"] for event in transaction["events"]}
        if {"payment.completed", "payment.failed"} <= types:
            breaks.append(f"{token}: completed and failed")
        events = Counter((event["type"], event["sequence"]) for event in transaction["events"])
        breaks += [f"{token}: {count} times {kind} {number}" for (kind, number), count in events.items() if count > 1]
    return breaks


def _moves_of_application(application_id: str, application: Row, lines: list[Row]) -> Breaks:
    """A line per version, each beginning where the one before ended; what changed no state has other keys."""
    versions = {number: line for line in lines if (number := line["_id"].rpartition(":")[2]).isdigit()}
    in_order = [versions[number] for number in sorted(versions, key=int)]
    states = [None, *(line["state_after"] for line in in_order)]
    if states[-1] != application["state"] or len(in_order) != application["version"]:
        return [f"{application_id}: {application['state']} v{application['version']} after {states}"]
    return [
        f"{application_id}: {line.get('state_before')} → {line['state_after']} after {before}"
        for line, before in zip(in_order, states, strict=False)
        if line.get("state_before") != before or line["state_after"] not in APPLICATION_MOVES[before]
    ]


INVARIANTS: tuple[Callable[[Books], Breaks], ...] = (
    i1_the_ledger_sums_to_zero,
    i2_captured_is_posted_and_refunded_and_suspense,
    i3_at_most_one_capture_posting_receipt_refund,
    i4_completed_if_and_only_if_one_payment_completed,
    i5_balances_are_the_fold_of_the_journal,
    i6_everything_reached_an_end,
    i7_certificate_numbers_are_unique_and_their_fees_paid,
    i8_no_state_moves_backwards,
    i9_settled_once_and_numbered_without_gaps,
)


# ---- reading rows


def _sum(entry: Row) -> int:
    return sum(int(leg["paise"]) for leg in entry["legs"])


def _on(entry: Row, account: str) -> int:
    return sum(int(leg["paise"]) for leg in entry["legs"] if leg["account"] == account)


def _held_account(payment: Row) -> str:
    return f"wallet-held:{payment['kiosk_id']}" if payment["mode"] == "WALLET" else "psp:held"


def _where_it_may_be(payment: Row, total: int) -> list[tuple[int, int, int]]:
    """What may have been taken, posted and returned of a payment in its state."""
    nothing, held, posted, returned = (0, 0, 0), (total, 0, 0), (total, total, 0), (total, 0, total)
    by_state = {
        "AUTH_REQUESTED": [nothing],
        "AUTH_UNKNOWN": [nothing],
        "AUTH_FAILED": [nothing],
        "POSTED": [posted],
        "COMPLETED": [posted],
        "VOIDED": [returned],
        "MANUAL": [nothing, held, posted],
    }
    return by_state.get(payment["state"], [held])


def _by_payment(journal: list[Row]) -> dict[str, list[Row]]:
    entries: dict[str, list[Row]] = defaultdict(list)
    for entry in journal:
        if "payment_id" in entry:
            entries[entry["payment_id"]].append(entry)
    return entries


def _payment_of(record: Row) -> str:
    """The payment in a request id of ours: `pay_…:post`."""
    return str(record["request_id"]).partition(":")[0]


def _first_by_payment(records: list[Row]) -> dict[str, Row]:
    """One row per payment; a second one is what I3 finds."""
    first: dict[str, Row] = {}
    for row in records:
        first.setdefault(_payment_of(row), row)
    return first


def _accepted_paise(record: Row | None) -> int:
    return int(record["amount_paise"]) if record and record["status"] == "SUCCESS" else 0


def _captured_paise(record: Row | None) -> int:
    return int(record["amount_paise"]) if record and record["capture"] else 0


def _is_held(told: Row | None) -> bool:
    return told is not None and told["status"] == "AUTHORISED" and not told["void"]


def _ending_events(payment: Row) -> list[str]:
    if payment["state"] == "COMPLETED":
        return ["payment.completed"]
    return ["payment.failed"] if payment["state"] in RETURNED else []


def _is_wanted(queue: str, event: Row, books: Books) -> bool:
    if queue in YOUNGER_QUEUES:
        # What was told before there was the queue is told to nobody in it; ids are in order of time.
        handled = [key.partition("|")[2] for key in books.inboxes if key.startswith(f"{queue}|")]
        if not handled or str(event["_id"]) < min(handled):
            return False
    payment = books.payments.get(event["aggregate"]["id"])
    return queue != ONLY_FEES or payment is None or payment["application_id"] is not None


def _type(routing_key: str) -> str:
    return routing_key.rpartition(".v")[0]
