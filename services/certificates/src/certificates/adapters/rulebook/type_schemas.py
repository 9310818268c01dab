"""A type's file: all that it may say beside its form and rules, and how the parts fit together."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from certificates.adapters.rulebook.condition_schemas import Messages, conditions, unanswerable
from certificates.adapters.rulebook.form_schemas import FieldSchema, GroupSchema, misasked
from certificates.adapters.rulebook.rule_schemas import RuleField, misplaced, misused
from certificates.adapters.rulebook.values import Day, words
from certificates.domain.types.application_type import (
    AmendingRows,
    Amendment,
    Appeal,
    ApplicationType,
    FeeRule,
    OfficeLevel,
    Paper,
    Post,
    Record,
    RequiredDocument,
    Step,
    Template,
    WithdrawalRule,
)
from certificates.domain.types.check import Group
from certificates.domain.types.form import FieldKind, FormField, Writing
from servicekit.fields import Code

# The contract of application.submitted.v1 limits what may name an order.
_ORDER = r"[0-9A-Za-zऀ-ॿ₹ .,:;/()&'–—_-]{3,160}"
MOST_FIELDS = 60
MOST_GROUPS = 10
# At most 6.4 KB when encoded in a document, far below the longest document that is verified.
MOST_PRINTED_CHARACTERS = 1_200
# With what else a QR holds, in whatever script, half as much as the largest one can.
MOST_HOLDER_CHARACTERS = 200
DAYS_OF_A_YEAR = 365


def code() -> Code:
    """What names a thing in the files."""
    return Code(r"[a-z][a-z0-9-]{1,39}", longest=40, required=True)


def _not_issued_by_the_state(issuer: str) -> None:
    if issuer == "rajasthan":
        raise ValidationError("Ask once: the state may not demand a paper that it issued itself.")


class _PaperSchema(Schema):
    code = code()
    issued_by = fields.String(
        required=True,
        validate=[validate.OneOf(["applicant", "india", "other", "rajasthan"]), _not_issued_by_the_state],
    )
    label = words()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Paper:
        return Paper(data["code"], data["label"])


class _DocumentSchema(Schema):
    code = code()
    issued_by = fields.String(
        validate=[validate.OneOf(["applicant", "india", "other", "rajasthan"]), _not_issued_by_the_state]
    )
    label = words()
    any_of = fields.List(fields.Nested(_PaperSchema), validate=validate.Length(2, 30))
    needed_when = conditions()

    @validates_schema
    def is_one_paper_or_a_choice(self, data: dict[str, Any], **_: Any) -> None:
        if ("issued_by" in data) is ("any_of" in data):
            raise ValidationError("Must have issued_by, or any_of with papers that each have it.", "issued_by")
        if twice := repeated(paper.code for paper in data.get("any_of", ())):
            raise ValidationError(f"Twice in the list: {', '.join(twice)}.", "any_of")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> RequiredDocument:
        any_of, needed_when = tuple(data.get("any_of", ())), tuple(data["needed_when"])
        return RequiredDocument(data["code"], data["label"], any_of, needed_when)


class _FeeSchema(Schema):
    effective_from = Day(required=True)
    paise = fields.Integer(strict=True, required=True, validate=validate.Range(0, 10**9))
    head = Code(r"[A-Z][A-Z_]{1,39}", longest=40, required=True)
    order = Code(_ORDER, longest=160, required=True)
    after_days = fields.Integer(strict=True, validate=validate.Range(1, 36_525))
    after_years = fields.Integer(strict=True, validate=validate.Range(1, 100))
    order_hi = Code(_ORDER, longest=160)

    @validates_schema
    def says_when_once(self, data: dict[str, Any], **_: Any) -> None:
        if {"after_days", "after_years"} <= data.keys():
            raise ValidationError("Must have after_days or after_years, not both.", "after_years")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> FeeRule:
        if years := data.get("after_years"):
            data["after_days"] = DAYS_OF_A_YEAR * years
        return FeeRule(**{"order_hi": data["order"], **data})


class _WithdrawalSchema(Schema):
    effective_from = Day(required=True)
    fee_returned = fields.Boolean(required=True, truthy={True}, falsy={False})
    undecided_only = fields.Boolean(truthy={True}, falsy={False})
    order = Code(_ORDER, longest=160, required=True)
    order_hi = Code(_ORDER, longest=160)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> WithdrawalRule:
        return WithdrawalRule(**{"order_hi": data["order"], **data})


class _PostSchema(Schema):
    name = words()
    order = words(required=False)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Post:
        return Post(**data)


class _StepSchema(Schema):
    name = code()
    label = words()
    role = fields.String(required=True, validate=validate.OneOf(["officer"]))
    department = code()
    working_days = fields.Integer(strict=True, required=True, validate=validate.Range(1, 250))
    posts = fields.List(fields.Nested(_PostSchema), load_default=list)
    office_level = fields.Enum(OfficeLevel, by_value=True)
    jurisdiction = words(required=False)
    working_days_order = words(required=False)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Step:
        return Step(**{**data, "posts": tuple(data["posts"])})


class _AmendmentSchema(Schema):
    entry = fields.String(required=True)
    fields_ = fields.Dict(keys=fields.String(), values=fields.String(), required=True, data_key="fields")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Amendment:
        return Amendment(entry=data["entry"], fields=data["fields_"])


class _AmendingRowsSchema(Schema):
    group = fields.String(required=True)
    entry = fields.String(required=True)
    value = fields.String(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> AmendingRows:
        return AmendingRows(**data)


class _RecordSchema(Schema):
    number = fields.String(required=True)
    issued_on = fields.String(required=True)
    types = fields.List(fields.String(), required=True, validate=validate.Length(min=1))
    amends = fields.List(fields.Nested(_AmendmentSchema), load_default=list)
    rows = fields.Nested(_AmendingRowsSchema, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Record:
        return Record(**{**data, "types": tuple(data["types"]), "amends": tuple(data["amends"])})


class _AppealsSchema(Schema):
    """`by` is a ladder of `data/appeals.toml`; `officers` says by its stages whom it leads to, where that is known."""

    by = fields.String(required=True)
    officers = fields.Dict(keys=fields.String(), values=words(), load_default=dict)


class TypeSchema(Schema):
    """One file. `ladders` are the appeals that a type may name."""

    def __init__(self, ladders: Mapping[str, tuple[Appeal, ...]]) -> None:
        super().__init__()
        self._ladders = ladders

    code = code()
    title = words()
    prefix = Code(r"[A-Z]{3}", longest=3, required=True)
    doctype = Code(r"[A-Z]{3,12}", longest=12, required=True)
    legal_basis = words()
    signer = words()
    template = fields.Enum(Template, by_value=True, load_default=Template.CERTIFICATE)
    validity_months = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 1200))
    form = fields.List(
        fields.Nested(FieldSchema), required=True, data_key="fields", validate=validate.Length(1, MOST_FIELDS)
    )
    groups = fields.List(fields.Nested(GroupSchema), load_default=list, validate=validate.Length(max=MOST_GROUPS))
    documents = fields.List(fields.Nested(_DocumentSchema), load_default=list)
    # An empty list says that no order was found which sets a fee: the type is not open.
    fees = fields.List(fields.Nested(_FeeSchema), required=True)
    steps = fields.List(fields.Nested(_StepSchema), required=True, validate=validate.Length(1, 10))
    event = fields.String()
    rules = fields.List(RuleField(), load_default=list)
    record = fields.Nested(_RecordSchema)
    appeals = fields.Nested(_AppealsSchema)
    unset = fields.List(words(), load_default=list)
    withdrawals = fields.List(fields.Nested(_WithdrawalSchema), load_default=list)
    # Files from before November 2026 lack it: of their certificates nobody's initials are told.
    holder = fields.List(fields.String(), load_default=list)

    @validates_schema
    def parts_fit_together(self, data: dict[str, Any], **_: Any) -> None:
        messages: Messages = misasked(data["form"], data["groups"])
        if wrong := misplaced(data["rules"], data["form"], data["groups"]):
            messages["rules"] = wrong
        for place, wrong in misused(data["form"]).items():
            messages.setdefault("fields", {}).setdefault(place, {}).update(wrong)
        for place, document in enumerate(data["documents"]):
            if wrong := unanswerable(document.needed_when, data["form"]):
                messages.setdefault("documents", {})[place] = {"needed_when": wrong}
        self._who_signs(data, messages)
        self._fees_and_events(data, messages)
        days = [rule.effective_from for rule in data["withdrawals"]]
        if days != sorted(set(days)):
            messages["withdrawals"] = ["Must be in order of effective_from, each day once."]
        self._where_it_leads(data, messages)
        _what_is_printed(data, messages)
        # Of a list that has a thing twice, the places of what else is wrong would be of no use.
        for member, names in (
            ("fields", [f.name for f in data["form"]]),
            ("documents", [d.code for d in data["documents"]]),
            ("steps", [s.name for s in data["steps"]]),
        ):
            if twice := repeated(names):
                messages[member] = [f"Twice in the list: {', '.join(twice)}."]
        if messages:
            raise ValidationError(messages)

    def _who_signs(self, data: dict[str, Any], messages: Messages) -> None:
        last_step = data["steps"][-1]
        if not last_step.posts:
            told = "The last step must name who decides it: the paper says who signed."
            messages["steps"] = {len(data["steps"]) - 1: {"posts": [told]}}
        elif data["signer"] not in [post.name for post in last_step.posts]:
            messages["signer"] = ["Must be one of the posts of the last step, which signs."]

    def _fees_and_events(self, data: dict[str, Any], messages: Messages) -> None:
        if not data["fees"]:
            if not data["unset"]:
                messages["unset"] = ["Must say that no fee was found: without one the type is not open."]
            return
        days = [(fee.after_days, fee.effective_from) for fee in data["fees"]]
        if days != sorted(set(days)):
            messages["fees"] = ["Must be in order of after_days and effective_from, each pair once."]
        kinds = {field.name: field.kind for field in data["form"]}
        if days[-1][0] and kinds.get(data.get("event", "")) is not FieldKind.DATE:
            messages["event"] = ["Fees of a late report need `event`, the date field of what is reported."]

    def _where_it_leads(self, data: dict[str, Any], messages: Messages) -> None:
        kinds = {field.name: field.kind for field in data["form"]}
        if "record" in data:
            for member, kind in {"number": FieldKind.TEXT, "issued_on": FieldKind.DATE}.items():
                if kinds.get(getattr(data["record"], member)) is not kind:
                    messages.setdefault("record", {})[member] = [f"Must name a field of the type {kind}."]
            if wrong := _unknown_entries(data["record"], data["form"], data["groups"]):
                messages.setdefault("record", {})["amends"] = [wrong]
        if "appeals" in data:
            by, officers = data["appeals"]["by"], data["appeals"]["officers"]
            stages = [appeal.stage for appeal in self._ladders.get(by, ())]
            if not stages:
                messages["appeals"] = {"by": [f"Must be one of: {', '.join(self._ladders)}."]}
            elif strange := sorted(officers.keys() - set(stages)):
                messages["appeals"] = {"officers": [f"{by} has no {', '.join(strange)}, but {', '.join(stages)}."]}

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ApplicationType:
        for name in ("form", "groups", "documents", "fees", "steps", "rules", "holder", "unset", "withdrawals"):
            data[name] = tuple(data[name])
        if "appeals" in data:
            officers = data["appeals"]["officers"]
            ladder = self._ladders[data["appeals"]["by"]]
            data["appeals"] = tuple(replace(appeal, officer=officers.get(appeal.stage)) for appeal in ladder)
        return ApplicationType(**data)


def _unknown_entries(record: Record, form: Sequence[FormField], groups: Sequence[Group]) -> str:
    """What is wrong with how a record is amended; "" if nothing is."""
    entries = {field.name for field in form}
    if record.rows is not None:
        rows = record.rows
        known = {field.name: field for group in groups if group.name == rows.group for field in group.fields}
        if rows.entry not in known or rows.value not in known:
            return f"There is no group {rows.group} with {rows.entry} and {rows.value}."
        entries = {choice.code for choice in known[rows.entry].choices}
    strange = sorted({amendment.entry for amendment in record.amends} - entries)
    return f"There is no entry {', '.join(strange)}." if strange else ""


def _what_is_printed(data: dict[str, Any], messages: Messages) -> None:
    printed = [f for f in data["form"] if f.on_certificate]
    if not printed:
        messages["fields"] = ["At least one field must be on_certificate."]
    elif sum(f.max_length for f in printed if f.kind is FieldKind.TEXT) > MOST_PRINTED_CHARACTERS:
        messages["fields"] = [f"Texts on the certificate may have {MOST_PRINTED_CHARACTERS} characters in all."]
    strangers = set(data["holder"]) - {f.name for f in printed if f.writing is Writing.NAME}
    if strangers:
        told = f"Must be names that are on_certificate, which these are not: {', '.join(sorted(strangers))}."
        messages["holder"] = [told]
    elif sum(f.max_length for f in printed if f.name in data["holder"]) > MOST_HOLDER_CHARACTERS:
        messages["holder"] = [f"May have {MOST_HOLDER_CHARACTERS} characters in all: a QR holds them."]


def repeated(values: Iterable[str]) -> list[str]:
    """What is there more than once."""
    return [value for value, times in Counter(values).items() if times > 1]
