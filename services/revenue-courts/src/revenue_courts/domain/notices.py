"""The acts by which parties are called before the court, and by which they come into the case themselves."""

from collections.abc import Iterator
from dataclasses import replace

from revenue_courts.domain.calendar import Calendar, civil_date
from revenue_courts.domain.case import Case, Hearing, Office
from revenue_courts.domain.deed import Deed, DoesNotFit, Done, NotYours
from revenue_courts.domain.filing import PartyKind
from revenue_courts.domain.notice import Mode, Notice, NoticeOrder, ServiceReport, Status

MOST_NOTICES = 1_000


def issue_notices(case: Case, deed: Deed, _: Calendar) -> Done:
    """Notices for the hearing that is set. Raises DoesNotFit."""
    order, hearing = deed.matter, case.hearing
    assert isinstance(order, NoticeOrder)
    assert hearing is not None
    today = civil_date(deed.at)
    if hearing.on <= today:
        raise DoesNotFit("", "too-late-to-call")
    if case.notices_issued + len(order.parties) > MOST_NOTICES:
        raise DoesNotFit("", "too-many")
    replaced = tuple(_replaced(order, deed.notice))
    issued = tuple(
        Notice(
            no=case.notices_issued + place,
            party=number,
            hearing_no=hearing.no,
            kind=order.kind,
            mode=order.mode,
            address=order.address or _address(case, number, f"/parties/{place - 1}"),
            code=code,
            issued_on=today,
            instead_of=order.instead_of,
        )
        for place, (number, code) in enumerate(zip(order.parties, order.codes, strict=True), start=1)
    )
    called = replace(hearing, noticed=hearing.noticed | set(order.parties))
    members = {"notices_issued": case.notices_issued + len(issued), "hearing": called}
    return Done(case.state, members, hearings=(called,), notices=(*replaced, *issued))


def record_service(case: Case, deed: Deed, _: Calendar) -> Done:
    """What became of a notice. Raises DoesNotFit, NotYours."""
    report, notice, outcome = deed.matter, deed.notice, deed.outcome
    assert isinstance(report, ServiceReport)
    assert outcome is not None
    if notice is None:
        raise DoesNotFit("/no", "no-such-notice")
    if outcome.by_the_bench and deed.by.office is not Office.PRESIDING_OFFICER:
        raise NotYours(frozenset({Office.PRESIDING_OFFICER}))
    # What the court declares it may declare also of one that came back.
    if notice.status is not Status.OUT and not (outcome.by_the_bench and notice.status is Status.NOT_SERVED):
        raise DoesNotFit("/no", "reported-already")
    if notice.mode not in outcome.modes:
        raise DoesNotFit("/outcome", "not-by-this-way")
    if not notice.issued_on <= report.on <= civil_date(deed.at):
        raise DoesNotFit("/on", "not-between-issue-and-today")
    by_hand = notice.mode is Mode.PROCESS_SERVER and not outcome.by_the_bench
    for name in ("position", "photo_sha256"):
        if (getattr(report, name) is not None) != by_hand:
            raise DoesNotFit(f"/{name}", "needed-of-a-process-server" if by_hand else "of-a-process-server-alone")
    reported = replace(notice, status=Status.SERVED if outcome.served else Status.NOT_SERVED, report=report)
    hearing = case.hearing
    if not outcome.served or hearing is None or hearing.no != notice.hearing_no or report.on > hearing.on:
        return Done(case.state, notices=(reported,))
    called: Hearing = replace(hearing, served=hearing.served | {notice.party})
    return Done(case.state, {"hearing": called}, hearings=(called,), notices=(reported,))


def join(case: Case, deed: Deed, _: Calendar) -> Done:
    """A party follows the case by the secret on its notice, which serves one person."""
    notice = deed.notice
    assert notice is not None
    if deed.by.id in case.joined:
        raise DoesNotFit("/code", "joined-already")
    if notice.joined:
        raise DoesNotFit("/code", "used-up")
    return Done(
        case.state, {"joined": {**case.joined, deed.by.id: notice.party}}, notices=(replace(notice, joined=True),)
    )


def _replaced(order: NoticeOrder, before: Notice | None) -> Iterator[Notice]:
    if order.instead_of is None:
        return
    if before is None:
        raise DoesNotFit("/instead_of", "no-such-notice")
    if order.parties != (before.party,):
        raise DoesNotFit("/parties", "of-another-party")
    if before.status in (Status.SERVED, Status.REPLACED):
        raise DoesNotFit("/instead_of", "reported-already")
    if before.status is Status.OUT:
        yield replace(before, status=Status.REPLACED)


def _address(case: Case, number: int, pointer: str) -> str:
    """Where the party is called; the State at the officer through whom it answers."""
    if not 1 <= number <= len(case.filing.parties):
        raise DoesNotFit(pointer, "no-such-party")
    party = case.filing.parties[number - 1]
    address = party.through if party.kind is PartyKind.STATE else party.address
    if address is None:
        raise DoesNotFit(pointer, "no-address-of-the-party")
    return address
