"""The form whose fee a payment is: a candidate may have paid, and the form still need something."""

from datetime import timedelta
from enum import StrEnum

# A form that is not complete is asked about at these waits, which double, and no longer than so.
FIRST_LOOK_AT_FORM = timedelta(minutes=1)
LONGEST_LOOK_AT_FORM = timedelta(days=1)
LOOK_AT_FORM_FOR = timedelta(days=90)


class Form(StrEnum):
    """What a body says of the form whose fee is paid: one that is incomplete still needs the candidate."""

    COMPLETE = "COMPLETE"
    INCOMPLETE = "INCOMPLETE"
