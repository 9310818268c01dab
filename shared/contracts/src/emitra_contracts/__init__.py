"""The published language of e-Mitra: which events exist, what each carries, and the check of an envelope.

The data beside this module is the contract; this module only reads it. An event is named as its routing
key, for example `payment.completed.v1`.
"""

from emitra_contracts.catalogue import (
    EventEntry,
    UnknownEvent,
    clients,
    entry,
    envelope_schema,
    events,
    every_example,
    examples,
    future_examples,
    glossary,
    producer,
    released_examples,
    schema,
    sunsets,
)
from emitra_contracts.validation import ContractViolation, Problem, validate_envelope, validate_produced

__all__ = [
    "ContractViolation",
    "EventEntry",
    "Problem",
    "UnknownEvent",
    "clients",
    "entry",
    "envelope_schema",
    "events",
    "every_example",
    "examples",
    "future_examples",
    "glossary",
    "producer",
    "released_examples",
    "schema",
    "sunsets",
    "validate_envelope",
    "validate_produced",
]

__version__ = "1.0.0"
