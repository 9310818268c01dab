"""Notices, reasons and retention, read from the files that identity ships; what is wrong is told with its line."""

import json
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from identity.domain.privacy.erasures import Reason
from identity.domain.privacy.notices import Notice, Notices, Purpose, Words
from identity.domain.privacy.retention import Ends, Retention
from servicekit.fields import Code, StrictInteger

DATA = files("identity.adapters.data")
_SLUG = r"[a-z][a-z0-9-]{0,39}"
_HEADER = re.compile(r"\[{1,2}([a-z_.]+)\]{1,2}\s*(?:#.*)?")
_KEY = re.compile(r"([a-z_]+)\s*=.*")


class PrivacyFilesInvalid(Exception):
    """Files that cannot be used; `problems` has a line for everything that is wrong: file, line, what."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _text() -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=1, max=2_000))


def _in_hindi(text: str) -> None:
    if not any("\u0900" <= letter <= "\u097f" for letter in text):
        raise ValidationError("Must be written in Hindi.")


class _WordsSchema(Schema):
    en = _text()
    hi = fields.String(required=True, validate=[validate.Length(min=1, max=2_000), _in_hindi])

    @post_load
    def _made(self, row: dict[str, Any], **_: Any) -> Any:
        return Words(**row)


class _PurposeSchema(_WordsSchema):
    id = Code(_SLUG, longest=40, required=True)
    items = fields.List(fields.Nested(_WordsSchema), required=True, validate=validate.Length(1, 40))

    @post_load
    def _made(self, row: dict[str, Any], **_: Any) -> Purpose:
        return Purpose(id=row["id"], words=Words(en=row["en"], hi=row["hi"]), items=tuple(row["items"]))


class _NoticeSchema(Schema):
    id = Code(_SLUG, longest=40, required=True)
    version = StrictInteger(required=True, validate=validate.Range(1, 9_999))
    effective_from = fields.Raw(required=True)  # TOML has dates of its own
    title = fields.Nested(_WordsSchema, required=True)
    purposes = fields.List(fields.Nested(_PurposeSchema), required=True, validate=validate.Length(1, 20))
    withdraw = fields.Nested(_WordsSchema, required=True)
    rights = fields.Nested(_WordsSchema, required=True)
    complain = fields.Nested(_WordsSchema, required=True)
    contact = fields.Nested(_WordsSchema, load_default=None)
    respond_within_days = StrictInteger(load_default=None, validate=validate.Range(1, 90))  # rule 14

    @post_load
    def _made(self, row: dict[str, Any], **_: Any) -> Notice:
        ids = [purpose.id for purpose in row["purposes"]]
        if len(set(ids)) < len(ids):
            raise ValidationError("A purpose is there twice.", "purposes")
        if type(row["effective_from"]).__name__ != "date":
            raise ValidationError("Must be a day, such as 2026-11-27.", "effective_from")
        return Notice(**{**row, "purposes": tuple(row["purposes"])})


class _ReasonSchema(_WordsSchema):
    id = Code(_SLUG, longest=40, required=True)
    order = _text()
    since = fields.Date(required=True, allow_none=True)

    @post_load
    def _made(self, row: dict[str, Any], **_: Any) -> Reason:
        return Reason(words=Words(en=row.pop("en"), hi=row.pop("hi")), **row)


class _ReasonsSchema(Schema):
    note = _text()
    reasons = fields.List(fields.Nested(_ReasonSchema), required=True)


class _RetentionSchema(_WordsSchema):
    collection = Code(r"[a-z_]{1,60}", longest=60, required=True)
    ends = fields.Enum(Ends, by_value=True, required=True)
    field = Code(r"[a-z_.]{1,60}", longest=60, required=True, allow_none=True)
    days = StrictInteger(required=True, allow_none=True, validate=validate.Range(1, 36_525))
    order = fields.String(required=True, allow_none=True)
    note = fields.String(required=True)

    @post_load
    def _made(self, row: dict[str, Any], **_: Any) -> Retention:
        if row["ends"] is Ends.BY_JOB and None in (row["field"], row["days"], row["order"]):
            raise ValidationError("What a job deletes has a field, days and an order.", "ends")
        return Retention(what=Words(en=row.pop("en"), hi=row.pop("hi")), **row)


class _RetentionsSchema(Schema):
    note = _text()
    collections = fields.List(fields.Nested(_RetentionSchema), required=True)


def notices(folder: Traversable = DATA / "notices") -> Notices:
    """Every notice by its id, its versions in order. Raises PrivacyFilesInvalid with all problems of all files."""
    made: dict[str, dict[int, Notice]] = {}
    problems: list[str] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".toml"):
            continue
        text = file.read_text(encoding="utf-8")
        try:
            notice: Notice = _NoticeSchema().load(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            problems.append(f"{file.name}: {error}")
        except ValidationError as error:
            problems += [
                f"{file.name}:{_line_of(text, path)}: {'.'.join(map(str, path))}: {told}"
                for path, told in _told(error.normalized_messages())
            ]
        else:
            if file.name != f"{notice.id}.{notice.version}.toml":
                problems.append(f"{file.name}:1: must be called {notice.id}.{notice.version}.toml")
            made.setdefault(notice.id, {})[notice.version] = notice
    for notice_id, versions in made.items():
        days = [versions[version].effective_from for version in sorted(versions)]
        if sorted(versions) != list(range(1, len(versions) + 1)) or days != sorted(set(days)):
            problems.append(f"{notice_id}: versions must be 1, 2, 3 …, each from a later day than the one before")
    if problems:
        raise PrivacyFilesInvalid(problems)
    return {notice_id: tuple(versions[v] for v in sorted(versions)) for notice_id, versions in made.items()}


def reasons() -> dict[str, Reason]:
    """Every reason that holds an erasure back, by its id. Raises marshmallow's ValidationError."""
    listed: list[Reason] = _ReasonsSchema().load(_json("erasure_reasons.json"))["reasons"]
    return {reason.id: reason for reason in listed}


def retention() -> dict[str, Retention]:
    """How long each collection is kept, by its name. Raises marshmallow's ValidationError."""
    listed: list[Retention] = _RetentionsSchema().load(_json("retention.json"))["collections"]
    return {row.collection: row for row in listed}


def _json(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def _told(messages: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _told(inner, (*path, name))
    else:
        yield path, " ".join(map(str, messages))


def _line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line of a member in a TOML file of ours; of its table where the member is missing."""
    seen: dict[str, int] = {}
    table: tuple[str | int, ...] = ()
    best = 1
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(line):
            table = _table(header[1], line.startswith("[["), seen)
            here = table
        elif key := _KEY.fullmatch(line):
            here = (*table, key[1])
        else:
            continue
        if here[: len(path)] == path:
            return number
        if table and path[: len(table)] == table and here == table:
            best = number
    return best


def _table(name: str, in_list: bool, seen: dict[str, int]) -> tuple[str | int, ...]:
    """The path of a table: `[[purposes.items]]` is of the latest of `purposes`."""
    parts = name.split(".")
    path: list[str | int] = []
    for depth, part in enumerate(parts):
        whole = ".".join(parts[: depth + 1])
        last = depth == len(parts) - 1
        if last and in_list:
            seen[whole] = seen.get(whole, -1) + 1
            # A new parent begins its lists anew.
            for inner in [other for other in seen if other.startswith(f"{whole}.")]:
                del seen[inner]
        path.append(part)
        if whole in seen:
            path.append(seen[whole])
    return tuple(path)
