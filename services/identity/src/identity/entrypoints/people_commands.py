"""The command line of people and what they may act as. No command takes a mobile number as a word: others see those."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Annotated

import typer

from identity.application.people.change_right import EndRight, ReinstateRight, SuspendRight
from identity.application.people.errors import UnknownPerson
from identity.application.people.grant_right import GrantRight
from identity.application.people.move_officer import OfficerOnLeave, TransferOfficer
from identity.application.people.record_person import RecordPerson
from identity.bootstrap import Identity
from identity.domain.people.rights import Right, Role
from servicekit.ids import public_id
from servicekit.instants import rfc3339, utc_now

Opened = Callable[[], AbstractContextManager[Identity]]
PersonId = Annotated[str, typer.Argument(help="The person's per_ id; `add-person` tells it.")]
RightId = Annotated[str, typer.Argument(help="The right's rgt_ id; `show-person` lists them.")]
Because = Annotated[str, typer.Option(help="Why: the order's number, for the record.")]
By = Annotated[str, typer.Option(help="Who decided: a per_ id; without it, whoever is at this command line.")]
Instant = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="Such as 2027-04-01T00:00:00+05:30; now, or never, without it."),
]
Effective = Annotated[
    datetime, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="Such as 2027-04-01T00:00:00+05:30.")
]
HERE = "command-line"


def people_commands(opened: Opened) -> typer.Typer:
    """The commands about people; `opened` gives the application for one of them."""
    app = typer.Typer()

    @app.command("add-person")
    def add_person() -> None:
        """Record who has a mobile number, read from a prompt or from standard input; print their id."""
        mobile = typer.prompt("Mobile number", hide_input=True, err=True)
        with opened() as identity:
            command = RecordPerson(mobile=mobile, person_id=public_id("per"), at=utc_now())
            typer.echo(identity.record_person(command))

    @app.command("grant-right")
    def grant_right(
        person_id: PersonId,
        role: Annotated[Role, typer.Option(help="What they may act as.")],
        because: Because,
        by: By = HERE,
        kiosk_id: Annotated[str | None, typer.Option(help="For operator and staff: the centre.")] = None,
        lsp_id: Annotated[str | None, typer.Option(help="For lsp: which provider.")] = None,
        department: Annotated[str | None, typer.Option(help="For officer: the slug, such as revenue.")] = None,
        office: Annotated[str | None, typer.Option(help="For officer: the place of work, where it is known.")] = None,
        designation: Annotated[str | None, typer.Option(help="For officer: the post, such as Tehsildar.")] = None,
        designation_hi: Annotated[str | None, typer.Option(help="The post in Hindi, such as तहसीलदार.")] = None,
        district: Annotated[
            list[str] | None, typer.Option(help="For officer and district_admin: an LGD code; repeat for more.")
        ] = None,
        begins_at: Instant = None,
        ends_at: Instant = None,
    ) -> None:
        """Let somebody act as more than a citizen; print the right's id."""
        with opened() as identity:
            at = utc_now()
            right = Right(
                id=public_id("rgt"),
                role=role,
                kiosk_id=kiosk_id,
                lsp_id=lsp_id,
                department=department,
                office=office,
                designation=designation,
                designation_hi=designation_hi,
                districts=frozenset(district or ()),
                begins_at=begins_at or at,
                ends_at=ends_at,
            )
            command = GrantRight(person_id=person_id, right=right, by=by, because=because, at=at)
            typer.echo(identity.grant_right(command).id)

    @app.command("end-right")
    def end_right(
        person_id: PersonId, right_id: RightId, because: Because, by: By = HERE, ends_at: Instant = None
    ) -> None:
        """End a right for good, now or at an instant; tokens that carry it are refused from then on."""
        with opened() as identity:
            command = EndRight(
                person_id=person_id, right_id=right_id, by=by, because=because, at=utc_now(), ends_at=ends_at
            )
            ended = identity.change_right(command).ends_at
        typer.echo(f"{right_id} ends at {rfc3339(ended)}" if ended else "")

    @app.command("suspend-right")
    def suspend_right(person_id: PersonId, right_id: RightId, because: Because, by: By = HERE) -> None:
        """Suspend a right until it is reinstated; tokens that carry it are refused within seconds."""
        with opened() as identity:
            identity.change_right(
                SuspendRight(person_id=person_id, right_id=right_id, by=by, because=because, at=utc_now())
            )
        typer.echo(f"{right_id} is suspended")

    @app.command("reinstate-right")
    def reinstate_right(person_id: PersonId, right_id: RightId, because: Because, by: By = HERE) -> None:
        """Reinstate a suspended right."""
        with opened() as identity:
            identity.change_right(
                ReinstateRight(person_id=person_id, right_id=right_id, by=by, because=because, at=utc_now())
            )
        typer.echo(f"{right_id} is not suspended")

    @app.command("transfer-officer")
    def transfer_officer(
        person_id: PersonId,
        right_id: RightId,
        since: Effective,
        because: Because,
        by: By = HERE,
        successor: Annotated[str | None, typer.Option(help="The per_ id of who takes the old post over.")] = None,
        department: Annotated[str | None, typer.Option(help="Of the new post; as before without it.")] = None,
        office: Annotated[str | None, typer.Option(help="Of the new post; as before without it.")] = None,
        designation: Annotated[str | None, typer.Option(help="Of the new post; as before without it.")] = None,
        designation_hi: Annotated[str | None, typer.Option(help="Of the new post; as before without it.")] = None,
        district: Annotated[
            list[str] | None, typer.Option(help="Of the new post, an LGD code; repeat for more; as before without it.")
        ] = None,
    ) -> None:
        """Move an officer to another post from an instant on, or out of theirs; print whose rights it makes.

        Without anything of a new post they leave. The same order again changes nothing.
        """
        post = {
            "department": department,
            "office": office,
            "designation": designation,
            "designation_hi": designation_hi,
            "districts": frozenset(district) if district else None,
        }
        new = {name: value for name, value in post.items() if value is not None}
        with opened() as identity:
            command = TransferOfficer(
                person_id=person_id,
                right_id=right_id,
                since=since,
                by=by,
                because=because,
                at=utc_now(),
                post=new or None,
                successor_id=successor,
            )
            _show_made(identity.move_officer(command))

    @app.command("officer-on-leave")
    def officer_on_leave(
        person_id: PersonId,
        right_id: RightId,
        since: Effective,
        until: Effective,
        because: Because,
        by: By = HERE,
        substitute: Annotated[str | None, typer.Option(help="The per_ id of who acts in the post meanwhile.")] = None,
    ) -> None:
        """Take an officer's post off them for a time and give it to a substitute; print whose rights it makes.

        The same order again changes nothing.
        """
        with opened() as identity:
            command = OfficerOnLeave(
                person_id=person_id,
                right_id=right_id,
                since=since,
                until=until,
                by=by,
                because=because,
                at=utc_now(),
                substitute_id=substitute,
            )
            _show_made(identity.move_officer(command))

    @app.command("show-person")
    def show_person(person_id: PersonId) -> None:
        """Print what somebody may act as, with its history: a JSON object a right, and no name."""
        with opened() as identity:
            person = identity.people.get(person_id)
            if person is None:
                raise UnknownPerson(f"Nobody has the id {person_id}.")
        for right in person.rights:
            typer.echo(json.dumps(_shown(right), ensure_ascii=False))

    return app


def _show_made(made: Sequence[tuple[str, Right]]) -> None:
    for person_id, right in made:
        typer.echo(json.dumps({"person_id": person_id, **_shown(right)}, ensure_ascii=False))


def _shown(right: Right) -> dict[str, object]:
    members = {name: value for name, value in vars(right).items() if value}
    return {
        **{name: rfc3339(value) if isinstance(value, datetime) else value for name, value in members.items()},
        "districts": sorted(right.districts),
        "changes": [{**vars(line), "at": rfc3339(line.at)} for line in right.changes],
    }
