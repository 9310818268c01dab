"""The published language of e-Mitra: which events exist, what each carries, and the check of an envelope.

The data files beside this module are the contract; the code only reads them. An event has the name of its routing key,
for example `payment.completed.v1`.
"""

from emitra_contracts.catalogue import (
    EventEntry,
    UnknownEvent,
    accepted,
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
    "accepted",
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
