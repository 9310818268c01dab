"""`<service> dead-letters …`: what people on call look at, send again and discard.

Wrong input ends with one line on standard error and exit code 2, and changes nothing; every command says what it did.
"""

import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

import typer
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from servicekit.broker.topology import Topology
from servicekit.events.dead_letters import BODY_MAX_BYTES, DISCARDED, PARKED, REDRIVEN, DeadLetters, LetterGone
from servicekit.events.table import Consumer
from servicekit.faults import crash_point
from servicekit.mongo.client import Document, Mongo
from servicekit.operations import operators
from servicekit.operations.throttle import Throttle, progress
from servicekit.settings import ServiceSettings
from servicekit.text import Line, Refusal

EXIT_WRONG_INPUT = 2
EXIT_UNAVAILABLE = 69
EXIT_INTERRUPTED = 130
STATES = (PARKED, REDRIVEN, DISCARDED)
SHOWN_BY_DEFAULT = 50
SHOWN_AT_MOST = 10_000
# One run's letters are listed first, so that one that fails again at once is not met twice; 100,000 ids are some MB.
REDRIVEN_AT_MOST = 100_000
# A consumer takes hundreds a second; a re-drive must not crowd out what comes in meanwhile.
DEFAULT_RATE = 50.0
SHORTEST_REASON = 10
LONGEST_REASON = 500
# Tables are cut at the terminal's width; what reads a pipe wants all of it.
PIPE_WIDTH = 300

Ids = Annotated[list[str] | None, typer.Option("--id", help="One letter; repeat for more.")]
Queue = Annotated[str, typer.Option(help="Letters of this queue.")]
Type = Annotated[str, typer.Option("--type", help="Letters of this type of event.")]
Reason = Annotated[str, typer.Option(help="Letters whose reason contains this text.")]
State = Annotated[str, typer.Option(help="parked, redriven, discarded or all.")]


class WrongInput(Exception):
    """What was asked for cannot be done; the message is one line for the person who asked."""


@dataclass(frozen=True)
class DeadLettersCommands:
    """The sub-commands of one service."""

    topology: Topology
    consumers: Sequence[Consumer]
    load_settings: Callable[[], Any]
    connect: Callable[[ServiceSettings], Mongo]

    def cli(self) -> typer.Typer:
        """The commands, to be added to the service's own."""
        app = typer.Typer(no_args_is_help=True, help="Messages that were parked: look, send again, discard.")
        app.command("list", help="List letters, those parked last in front.")(self._list)
        app.command("group", help="Count letters by queue, type and reason.")(self._group)
        app.command("show", help="Show one letter and all that became of it.")(self._show)
        app.command("redrive", help="Send letters to their one queue again, with the same id and body.")(self._redrive)
        app.command("discard", help="Give letters up for good; where money moves, two people must.")(self._discard)
        return app

    def _list(
        self, queue: Queue = "", type_: Type = "", reason: Reason = "", state: State = PARKED,
        limit: Annotated[int, typer.Option(help="How many at most.")] = SHOWN_BY_DEFAULT,
        as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    ) -> None:  # fmt: skip
        with self._letters() as letters:
            query = _wanted(queue, type_, reason, state)
            if not 1 <= limit <= SHOWN_AT_MOST:
                raise WrongInput(f"--limit must be from 1 to {SHOWN_AT_MOST:,}, not {limit}")
            rows, total = letters.newest(query, limit), letters.count(query)
        if as_json:
            typer.echo(json.dumps(rows, default=_plain, ensure_ascii=False))
            return
        if rows:
            table = Table("Letter", "Queue", "Type", "State", "Tries", "Parked at", "Reason", box=None)
            for letter in rows:
                cells = [
                    letter["_id"],
                    letter["queue"],
                    letter["type"],
                    letter["state"],
                    letter["attempts"],
                    letter["parked_at"],
                ]
                table.add_row(*[_cell(cell) for cell in [*cells, letter["reason"]]])
            _print(table)
        typer.echo(f"{len(rows)} of {_letters(total)}{_in_state(state)}")

    def _group(
        self, queue: Queue = "", type_: Type = "", reason: Reason = "", state: State = PARKED,
        as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    ) -> None:  # fmt: skip
        with self._letters() as letters:
            groups = letters.groups(_wanted(queue, type_, reason, state))
        if as_json:
            rows = [{**group.pop("_id"), **group} for group in groups]
            typer.echo(json.dumps(rows, default=_plain, ensure_ascii=False))
            return
        _print_groups(groups)
        typer.echo(f"{_letters(sum(group['count'] for group in groups))}{_in_state(state)} in {len(groups)} groups")

    def _show(
        self, letter: Annotated[str, typer.Argument(help="The letter's id, as in list.")],
        body: Annotated[bool, typer.Option("--body", help="Print the message's body too.")] = False,
    ) -> None:  # fmt: skip
        with self._letters() as letters:
            document = letters.get(letter)
            if document is None:
                raise WrongInput(f"there is no letter {letter}")
        for name in ("_id", "queue", "message_id", "type", "source", "subject", "sequence", "state", "reason",
                     "attempts", "redrives", "first_parked_at", "parked_at", "content_type", "body_bytes"):  # fmt: skip
            if document.get(name) not in (None, ""):
                typer.echo(f"{name.removeprefix('_'):<16} {_cell(document[name])}")
        if self._moves_money(document["queue"]):
            typer.echo(f"{'discarding':<16} takes two people: it concerns money")
        for line in document.get("stack", "").splitlines():
            typer.echo(f"{'stack':<16} {_cell(line)}")
        for event in document["history"]:
            said = [f"{name} {event[name]}" for name in ("redrive", "attempt", "by", "reason") if name in event]
            typer.echo(f"{'history':<16} {_cell(event['at'])} {event['what']}{': ' if said else ''}"
                       f"{_cell(', '.join(said))}")  # fmt: skip
        if body:
            typer.echo("")
            typer.echo("\n".join(_cell(line).plain for line in document["body"].decode(errors="replace").splitlines()))

    def _redrive(
        self, ids: Ids = None, queue: Queue = "", type_: Type = "", reason: Reason = "",
        everything: Annotated[bool, typer.Option("--all", help="Every parked letter.")] = False,
        rate: Annotated[float, typer.Option(help="How many a second at most.")] = DEFAULT_RATE,
        limit: Annotated[int, typer.Option(help="How many at most.")] = REDRIVEN_AT_MOST,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, change nothing.")] = False,
    ) -> None:  # fmt: skip
        with self._letters() as letters:
            if not (rate > 0 and math.isfinite(rate)):
                raise WrongInput(f"--rate must be above 0 a second, not {rate:g}")
            if not 1 <= limit <= REDRIVEN_AT_MOST:
                raise WrongInput(f"--limit must be from 1 to {REDRIVEN_AT_MOST:,}, not {limit}")
            query = self._selected(letters, ids or [], queue, type_, reason, everything)
            query["queue"] = query.get("queue", {"$in": self.topology.queues})
            query["body_bytes"] = {"$lte": BODY_MAX_BYTES}
            total = letters.count(query)
            if not total:
                raise WrongInput("no parked letter that this service could still take matches")
            if total < len(set(ids or [])):
                raise WrongInput("of one of these letters the queue is gone, or the body was too large to be kept")
            if dry_run:
                _print_groups(letters.groups(query))
                typer.echo(f"would re-drive {_letters(min(total, limit))} of {total}; nothing was changed")
                return
            self._send(letters, letters.in_order(query, limit), Throttle(rate), total)

    def _send(self, letters: DeadLetters, ids: Sequence[str], throttle: Throttle, total: int) -> None:
        sent = gone = 0
        began = time.monotonic()
        ended = ""
        try:
            with progress(len(ids), "re-driving", "re-drove") as advance:
                for letter in ids:
                    throttle.keep()
                    try:
                        letters.redrive(letter)
                        sent += 1
                    except LetterGone:
                        gone += 1
                    crash_point("D2")
                    advance(1)
        except KeyboardInterrupt:
            ended = "interrupted"
        except PyMongoError as error:
            ended = f"the database did not answer ({type(error).__name__})"
        seconds = max(time.monotonic() - began, 0.001)
        typer.echo(f"re-drove {_letters(sent)} of {total} in {seconds:.1f} s ({sent / seconds:.1f} a second)")
        if gone:
            typer.echo(f"{_letters(gone)} no longer parked: somebody else was quicker")
        if ended:
            typer.echo(f"{ended}; run it again for the rest: none goes twice", err=True)
            raise typer.Exit(EXIT_INTERRUPTED if ended == "interrupted" else EXIT_UNAVAILABLE)

    def _discard(
        self,
        ids: Ids = None,
        queue: Queue = "",
        reason: Annotated[str, typer.Option(help=f"Why, in {SHORTEST_REASON} characters or more.")] = "",
        approve: Annotated[bool, typer.Option("--approve", help="Approve what somebody else asked for.")] = False,
    ) -> None:
        with self._letters() as letters:
            reason = " ".join(reason.split())
            if approve and reason:
                raise WrongInput("--approve takes no --reason: the one given with the request stands")
            if not approve and len(reason) < SHORTEST_REASON:
                raise WrongInput(f"say why with --reason, in {SHORTEST_REASON} characters or more")
            if reason and isinstance(refused := Line(LONGEST_REASON).check(reason), Refusal):
                raise WrongInput(f"--reason: {refused.detail}")
            query = self._selected(letters, ids or [], queue, "", "", everything=False)
            if approve:
                query["discard_request"] = {"$exists": True}
            rows = letters.newest(query, SHOWN_AT_MOST)
            if not rows:
                raise WrongInput("no parked letter matches" + (" that somebody asked to discard" if approve else ""))
            by = self._operator()
            if approve:
                self._approve(letters, rows, by)
            else:
                self._give_up(letters, rows, by, reason)

    def _approve(self, letters: DeadLetters, rows: Sequence[Document], by: str) -> None:
        if own := [letter["_id"] for letter in rows if letter["discard_request"]["by"] == by]:
            raise WrongInput(f"{by} asked to discard {_named(own)}; a second person must approve")
        done = _each(rows, lambda letter: letters.approve_discard(letter["_id"], by))
        typer.echo(f"discarded {_letters(done)}, approved by {by}")

    def _give_up(self, letters: DeadLetters, rows: Sequence[Document], by: str, reason: str) -> None:
        if asked := [letter["_id"] for letter in rows if "discard_request" in letter]:
            raise WrongInput(f"{_named(asked)} waits for a second person: discard --approve")
        money = [letter for letter in rows if self._moves_money(letter["queue"])]
        plain = [letter for letter in rows if letter not in money]
        done = _each(plain, lambda letter: letters.discard(letter["_id"], by, reason))
        asked_for = _each(money, lambda letter: letters.request_discard(letter["_id"], by, reason))
        if plain:
            typer.echo(f"discarded {_letters(done)} as {by}")
        if money:
            typer.echo(f"asked as {by} to discard {_letters(asked_for)} that concern money; nothing is discarded yet")
            typer.echo("a second person approves with: discard --approve " + _options(money))

    def _selected(
        self, letters: DeadLetters, ids: Sequence[str], queue: str, type_: str, reason: str, everything: bool
    ) -> Document:
        """The filter for parked letters that were named one way or another; never all of them by accident."""
        if ids:
            if queue or type_ or reason or everything:
                raise WrongInput("--id names the letters; leave the other options out")
            for letter in ids:
                document = letters.get(letter)
                if document is None:
                    raise WrongInput(f"there is no letter {letter}")
                if document["state"] != PARKED:
                    raise WrongInput(f"letter {letter} is {document['state']}, not parked")
            return {"_id": {"$in": list(ids)}, "state": PARKED}
        if everything and (queue or type_ or reason):
            raise WrongInput("--all is every letter; leave the other options out")
        if not (queue or type_ or reason or everything):
            raise WrongInput("say which letters: --id, --queue, or an option that `--help` names")
        if queue and queue not in self.topology.queues:
            raise WrongInput(f"there is no queue {queue}; there are {', '.join(self.topology.queues)}")
        return _wanted(queue, type_, reason, PARKED)

    def _moves_money(self, queue: str) -> bool:
        # The table no longer says whether a removed queue carried money, so two people are required.
        harmless = {self.topology.queue(consumer.event) for consumer in self.consumers if not consumer.money}
        return queue not in harmless

    def _operator(self) -> str:
        settings = self.load_settings()
        try:
            return operators.operator(
                os.environ.get(operators.TOKEN_VARIABLE, ""),
                jwks_url=settings.jwks_url,
                issuer=settings.issuer,
                scope=operators.DEAD_LETTERS_SCOPE,
            )
        except operators.NotAnOperator as error:
            raise WrongInput(str(error)) from None

    @contextmanager
    def _letters(self) -> Iterator[DeadLetters]:
        settings = self.load_settings()
        try:
            with self.connect(settings) as mongo:
                yield DeadLetters(mongo, self.topology)
        except WrongInput as error:
            _end(str(error), EXIT_WRONG_INPUT)
        except operators.IdentityAway as error:
            _end(str(error), EXIT_UNAVAILABLE)
        except PyMongoError as error:
            _end(f"the database did not answer ({type(error).__name__}); see MONGODB_URI", EXIT_UNAVAILABLE)


def _end(line: str, code: int) -> NoReturn:
    typer.echo(line, err=True)
    raise typer.Exit(code)


def _wanted(queue: str, type_: str, reason: str, state: str) -> Document:
    if state not in (*STATES, "all"):
        raise WrongInput(f"--state is one of {', '.join(STATES)} and all, not {state}")
    query: Document = {"state": {"$in": list(STATES)} if state == "all" else state}
    query |= {name: value for name, value in {"queue": queue, "type": type_}.items() if value}
    if reason:
        query["reason"] = {"$regex": re.escape(reason), "$options": "i"}
    return query


def _each(letters: Sequence[Document], act: Callable[[Document], None]) -> int:
    done = 0
    for letter in letters:
        try:
            act(letter)
            done += 1
        except LetterGone:
            typer.echo(f"{letter['_id']} was left alone: somebody else was quicker", err=True)
    return done


def _print_groups(groups: Sequence[Mapping[str, Any]]) -> None:
    if not groups:
        return
    table = Table("Count", "Queue", "Type", "Oldest", "Newest", "Reason", box=None)
    for group in groups:
        kind = group["_id"]
        cells = [group["count"], kind["queue"], kind["type"], group["oldest"], group["newest"], kind["reason"]]
        table.add_row(*[_cell(cell) for cell in cells])
    _print(table)


def _print(table: Table) -> None:
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)


def _cell(value: Any) -> Text:
    """Text that a stranger may have written, without the control characters that a terminal would obey."""
    text = value.astimezone(UTC).isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
    return Text("".join(character if character.isprintable() else "·" for character in text))


def _plain(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _letters(count: int) -> str:
    return f"{count} letter" if count == 1 else f"{count} letters"


def _in_state(state: str) -> str:
    return "" if state == "all" else f" {state}"


def _named(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{ids[0]} and {len(ids) - 1} more"


def _options(letters: Sequence[Document]) -> str:
    if len({letter["queue"] for letter in letters}) == 1 and len(letters) > 3:
        return f"--queue {letters[0]['queue']}"
    return " ".join(f"--id {letter['_id']}" for letter in letters)
