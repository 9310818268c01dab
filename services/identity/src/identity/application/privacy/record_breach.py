"""Enter a breach into the register."""

from collections.abc import Callable
from dataclasses import dataclass

from identity.application.privacy.errors import InvalidBreach
from identity.application.privacy.ports import Breaches
from identity.domain.privacy.breaches import Breach
from servicekit.errors import FieldProblem
from servicekit.idempotency import Claim, Once

TEXTS = ("what_happened", "consequences", "measures", "safety", "contact")


@dataclass(frozen=True, kw_only=True)
class RecordBreach:
    """The entry as it is to be."""

    breach: Breach
    claim: Claim


@dataclass(frozen=True)
class RecordBreachHandler:
    """Notices to persons are made of the entry by a job. `has_number`: whether a text holds a number of a person."""

    breaches: Breaches
    has_number: Callable[[str], bool]

    def __call__(self, command: RecordBreach) -> Once[str]:
        """Its id. Raises InvalidBreach, IdempotencyKeyReused."""
        breach = command.breach
        problems = [
            FieldProblem(
                f"/{name}/{language}",
                "number-of-a-person",
                "Must hold no Aadhaar or mobile number: everybody affected reads it.",
                "इसमें कोई आधार या मोबाइल नंबर न हो: इसे सभी प्रभावित लोग पढ़ते हैं।",
            )
            for name in TEXTS
            for language in ("en", "hi")
            if self.has_number(getattr(getattr(breach, name), language))
        ]
        if not breach.began_at <= breach.ended_at:
            problems.append(
                FieldProblem(
                    "/ended_at", "before-it-began", "Must not be before began_at.", "यह began_at से पहले का न हो।"
                )
            )
        if not breach.began_at <= breach.aware_at <= breach.recorded_at:
            problems.append(
                FieldProblem(
                    "/aware_at",
                    "impossible",
                    "Must be after it began and not in the future.",
                    "यह आरंभ के बाद का हो, भविष्य का नहीं।",
                )
            )
        if problems:
            raise InvalidBreach("The entry is not acceptable; see errors.", errors=problems)
        return self.breaches.record(breach, command.claim)
