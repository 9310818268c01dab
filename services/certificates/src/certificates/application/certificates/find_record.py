"""The issued record that an act names, if it is one of ours."""

from collections.abc import Mapping
from datetime import date

from certificates.application.certificates.ports import Certificates
from certificates.domain.certificates.certificate import Certificate
from certificates.domain.certificates.number import read_certificate_number
from certificates.domain.types.application_type import Record
from certificates.domain.types.form import FormValue


def find_record(certificates: Certificates, record: Record, applicant: Mapping[str, FormValue]) -> Certificate | None:
    """The certificate of that number and day of issue, whether it is in force or not; None of another register."""
    number, issued_on = read_certificate_number(str(applicant.get(record.number, ""))), applicant.get(record.issued_on)
    if number is None or issued_on is None:
        return None
    certificate = certificates.by_number_and_day(number, date.fromisoformat(str(issued_on)))
    return certificate if certificate and certificate.type_code in record.types else None
