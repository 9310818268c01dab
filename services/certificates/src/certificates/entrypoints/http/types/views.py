"""Application types as plain dictionaries for the schemas to dump."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from certificates.domain.types.application_type import ApplicationType, FeeRule, Step
from certificates.domain.types.form import FormField
from certificates.domain.types.label import Label
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
            {**fee_view(fee), "effective_from": fee.effective_from, "after_days": fee.after_days}
            for fee in application_type.fees_on(today)[1:]
        ],
        "rules": [rule.text for rule in application_type.rules],
        "form": {"fields": [_field(field) for field in application_type.form]},
        "documents": application_type.documents,
        "steps": [_step(step) for step in application_type.steps],
        "refusal_reasons": [{"code": code, "label": label} for code, label in refusal_reasons.items()],
    }


def fee_view(fee: FeeRule) -> dict[str, Any]:
    """A fee with its revenue head and the order it comes from."""
    return {**money(fee.paise), "head": fee.head, "order": fee.order, "order_hi": fee.order_hi}


def _step(step: Step) -> dict[str, Any]:
    posts = [{"en": post.name.en, "hi": post.name.hi, "order": post.order} for post in step.posts]
    return {**vars(step), "posts": posts}


def _field(field: FormField) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": field.name,
        "type": field.kind,
        "label": field.label,
        "required": field.required,
        "on_certificate": field.on_certificate,
    }
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
