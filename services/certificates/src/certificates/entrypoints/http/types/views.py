"""Application types as plain dictionaries for the schemas to dump."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from certificates.domain.label import Label
from certificates.domain.types.application_type import ApplicationType, FeeRule, RequiredDocument, Step
from certificates.domain.types.check import Group
from certificates.domain.types.conditions import IsAnswered, IsOneOf, YoungerThan
from certificates.domain.types.form import Condition, FormField
from certificates.domain.types.rules import Rung
from servicekit.fields import published_form
from servicekit.money import money


def type_summary(application_type: ApplicationType, today: date) -> dict[str, Any]:
    """A line of the list of types."""
    fees = application_type.fees_on(today)
    return {
        "application_type": application_type.code,
        "title": application_type.title,
        "fee": {**fee_view(fees[0]), "effective_from": fees[0].effective_from} if fees else None,
    }


def type_details(
    application_type: ApplicationType, refusal_reasons: Mapping[str, Label], today: date
) -> dict[str, Any]:
    """All that a client needs to show the form and to say what happens next."""
    return {
        **type_summary(application_type, today),
        "legal_basis": application_type.legal_basis,
        "signer": application_type.signer,
        "validity_months": application_type.validity_months,
        "late_fees": [
            {
                **fee_view(fee),
                "effective_from": fee.effective_from,
                "after_days": fee.after_days,
                **({"after_years": fee.after_years} if fee.after_years else {}),
            }
            for fee in application_type.fees_on(today)[1:]
        ],
        "late_permissions": [
            {"permitted_by": rung.permitted_by, **_delay(rung)}
            for rung in application_type.permissions_of_late_reports()
        ],
        "template": application_type.template,
        "record": application_type.record,
        "appeals": application_type.appeals,
        "unset": application_type.unset,
        "rules": [rule.text for rule in application_type.rules],
        "form": {
            "fields": [_field(field) for field in application_type.form],
            "groups": [_group(group) for group in application_type.groups],
        },
        "documents": [_document(document) for document in application_type.documents],
        "steps": [_step(step) for step in application_type.steps],
        "refusal_reasons": [{"code": code, "label": label} for code, label in refusal_reasons.items()],
    }


def fee_view(fee: FeeRule) -> dict[str, Any]:
    """A fee with its revenue head and the order it comes from."""
    return {**money(fee.paise), "head": fee.head, "order": fee.order, "order_hi": fee.order_hi}


def _step(step: Step) -> dict[str, Any]:
    posts = [{"en": post.name.en, "hi": post.name.hi, "order": post.order} for post in step.posts]
    return {**vars(step), "posts": posts}


def _delay(rung: Rung) -> dict[str, int]:
    return {"after_years": rung.after_years} if rung.after_years else {"after_days": rung.after_days}


def _document(document: RequiredDocument) -> dict[str, Any]:
    return {**vars(document), "needed_when": _conditions(document.needed_when)}


def _group(group: Group) -> dict[str, Any]:
    return {
        **vars(group),
        "asked_when": _conditions(group.asked_when),
        "required_when": _conditions(group.required_when),
        "fields": [_field(field) for field in group.fields],
    }


def _conditions(conditions: Sequence[Condition]) -> list[dict[str, Any]]:
    return [_condition(condition) for condition in conditions]


def _condition(condition: Condition) -> dict[str, Any]:
    match condition:
        case IsOneOf(field, codes):
            return {"field": field, "is_": codes}
        case IsAnswered(field, answered):
            return {"field": field, "answered": answered}
        case YoungerThan(born, years, at):
            return {"field": born, "younger_than": years, **({} if at is None else {"at": at})}
    raise TypeError(condition)


def _field(field: FormField) -> dict[str, Any]:
    # Whoever does not know conditions shows a field that is asked under one as one that may be left out.
    demanded = field.required or field.required_when
    required_when = (*field.asked_when, *field.required_when) if demanded else ()
    shown: dict[str, Any] = {
        "name": field.name,
        "type": field.kind,
        "label": field.label,
        "required": field.required and not field.asked_when,
        "on_certificate": field.on_certificate,
    }
    if field.asked_when:
        shown["asked_when"] = _conditions(field.asked_when)
    if required_when:
        shown["required_when"] = _conditions(required_when)
    if field.instead_of:
        shown["instead_of"] = list(field.instead_of)
    match field.kind:
        case "text":
            shown |= {"max_length": field.max_length, "writing": field.writing}
            if field.script is not None:
                shown["script"] = field.script
            if field.pattern is not None:
                shown["pattern"] = published_form(field.pattern.pattern)
            if field.hint is not None:
                shown["hint"] = field.hint
        case "integer":
            shown |= {"minimum": field.minimum, "maximum": field.maximum}
        case "choice":
            shown["choices"] = [{"value": choice.code, "label": choice.label} for choice in field.choices]
        case _:
            pass
    return shown
