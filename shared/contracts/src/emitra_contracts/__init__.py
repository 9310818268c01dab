"""The published language of e-Mitra: which events exist, what each carries, and the check of an envelope.

The data beside this module is the contract; this module only reads it. An event is named as its routing
key, for example ``payment.completed.v1``.
"""

from emitra_contracts.catalogue import (
    EventEntry,
    UnknownEvent,
    entry,
    envelope_schema,
    events,
    examples,
    future_examples,
    glossary,
    producer,
    schema,
)
from emitra_contracts.validation import ContractViolation, Problem, validate_envelope, validate_produced

__all__ = [
    "ContractViolation",
    "EventEntry",
    "Problem",
    "UnknownEvent",
    "entry",
    "envelope_schema",
    "events",
    "examples",
    "future_examples",
    "glossary",
    "producer",
    "schema",
    "validate_envelope",
    "validate_produced",
]
