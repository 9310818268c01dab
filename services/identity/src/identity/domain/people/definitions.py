"""Forms that people, rights and clients share, and the error for what breaks them."""

import re

KIOSK_ID = re.compile(r"ksk_RJ[0-9]{8}")
PERSON_ID = re.compile(r"per_[A-Za-z0-9_]{1,60}")
DISTRICT_CODE = re.compile(r"[0-9]{1,4}")  # LGD, as text: "102" is Jaipur
DEPARTMENT = re.compile(r"[a-z][a-z0-9-]{0,39}")
MAX_NAME_LENGTH = 100


class InvalidDefinition(ValueError):
    """A client, a person or a right that breaks a rule; `problems` has one sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
