"""Whether a filing may be kept, and whether it is complete: said in problems that a caller is told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from revenue_courts.application.errors import FilingNotComplete
from revenue_courts.application.ports import Courts
from revenue_courts.domain.case import Case
from revenue_courts.domain.case_kinds import CaseKind
from revenue_courts.domain.courts import Court
from revenue_courts.domain.filing import Earlier, Filing, lacks, lacks_of_earlier
from servicekit.errors import FieldProblem, ValidationFailed

_TOLD: Mapping[str, tuple[str, str]] = {
    "no-court-then": ("This court does not exist today; choose another.", "यह न्यायालय आज अस्तित्व में नहीं है; दूसरा चुनें।"),
    "outside-jurisdiction": (
        "This is outside the court's jurisdiction; GET /v1/revenue-courts/courts says whose it is.",
        "यह इस न्यायालय के क्षेत्राधिकार में नहीं है।",
    ),
    "not-heard-there": ("This court does not hear this kind of case.", "यह न्यायालय इस प्रकार का प्रकरण नहीं सुनता।"),
    "no-petitioner": ("Name who brings the case: at least one petitioner.", "कम से कम एक वादी/प्रार्थी का नाम दें।"),
    "no-respondent": ("Name who it is against: at least one respondent.", "कम से कम एक प्रतिवादी का नाम दें।"),
    "no-officer": (
        "Say through which officer the State answers, such as the Tehsildar.",
        "बताएँ कि राज्य किस अधिकारी के माध्यम से है, जैसे तहसीलदार।",
    ),
    "no-name": ("Give the party's name.", "पक्षकार का नाम दें।"),
    "no-address": ("Give the address to which summons go.", "वह पता दें जहाँ सम्मन भेजे जाएँ।"),
    "no-parent": (
        "Give the name of the party's father, mother or spouse: it tells people of one name apart.",
        "पक्षकार के पिता, माता या पति/पत्नी का नाम दें: इससे एक नाम के व्यक्तियों की पहचान होती है।",
    ),
    "no-guardian": (
        "A minor acts through a guardian: give name and relation.",
        "अवयस्क संरक्षक के माध्यम से ही पक्षकार हो सकता है: नाम और संबंध दें।",
    ),
    "no-land": ("Name the land: village and khasra numbers.", "भूमि बताएँ: गाँव और खसरा संख्या।"),
    "no-relief": ("Say what is asked for.", "बताएँ कि क्या राहत चाहिए।"),
    "unknown-relief": (
        "This kind of case has no such relief; GET /v1/revenue-courts/case-kinds lists them.",
        "इस प्रकार के प्रकरण में ऐसी राहत नहीं है।",
    ),
    "no-facts": ("Tell the facts.", "तथ्य लिखें।"),
    "not-affirmed": ("Affirm the facts: an affidavit must stand behind them.", "तथ्यों की पुष्टि शपथ-पत्र से करें।"),
    "no-order": ("Give the day of the order that it is against.", "जिस आदेश के विरुद्ध है उसकी तिथि दें।"),
    "order-to-come": ("The order must have been passed already.", "आदेश पहले पारित हो चुका होना चाहिए।"),
    "against-no-order": (
        "This kind of case is against no order; leave it out.",
        "इस प्रकार का प्रकरण किसी आदेश के विरुद्ध नहीं होता; यह न दें।",
    ),
    "no-such-case": (
        "No case here has this number; leave it out where the order is not kept here.",
        "इस संख्या का प्रकरण यहाँ नहीं है; आदेश यहाँ का न हो तो यह न दें।",
    ),
    "not-a-higher-court": (
        "An appeal and a revision go to a higher court than the one that passed the order.",
        "अपील और पुनरीक्षण आदेश देने वाले न्यायालय से उच्च न्यायालय में होते हैं।",
    ),
    "not-the-same-court": (
        "A review goes to the court that passed the order.",
        "पुनर्विलोकन आदेश देने वाले न्यायालय में ही होता है।",
    ),
    "no-order-that-day": (
        "In that case no order was passed on this day.",
        "उस प्रकरण में इस तिथि को कोई आदेश पारित नहीं हुआ।",
    ),
    "after-limitation": (
        "The limitation is over: say why the delay should be condoned, and it is taken in with that application.",
        "परिसीमा अवधि बीत चुकी है: विलंब क्षमा करने का कारण लिखें, तब यह उस आवेदन के साथ लिया जाएगा।",
    ),
}
_UNKNOWN_COURT = ("There is no such court; GET /v1/revenue-courts/courts lists them.", "ऐसा कोई न्यायालय नहीं है।")
_UNKNOWN_KIND = (
    "There is no such kind of case; GET /v1/revenue-courts/case-kinds lists them.",
    "इस प्रकार का कोई प्रकरण नहीं है।",
)


@dataclass(frozen=True)
class FilingCheck:
    """Holds a filing against the courts and the kinds of cases."""

    courts: Courts
    kinds: Mapping[str, CaseKind]

    def known(self, filing: Filing) -> tuple[Court, CaseKind]:
        """The court and the kind that it names: a draft needs no more. Raises ValidationFailed."""
        court, kind = self.courts.get(filing.court_code), self.kinds.get(filing.kind_code)
        problems = []
        if court is None:
            problems.append(FieldProblem("/court_code", "unknown", *_UNKNOWN_COURT))
        if kind is None:
            problems.append(FieldProblem("/kind_code", "unknown", *_UNKNOWN_KIND))
        if court is None or kind is None:
            raise ValidationFailed("The court or the kind of case is not known.", errors=problems)
        return court, kind

    def before(self, case: Case) -> tuple[Court, CaseKind]:
        """The court before which the case is, and its kind. Raises ValidationFailed where a file lost one of them."""
        return self.known(replace(case.filing, court_code=case.court_code))

    def complete(self, filing: Filing, today: date, earlier: Earlier | None) -> None:
        """`earlier` is the case that it is against, None where none of that number is kept here.

        Raises FilingNotComplete, with everything that is missing.
        """
        court, kind = self.known(filing)
        wrong = [*lacks(filing, court, kind, today), *lacks_of_earlier(filing, court, kind, earlier)]
        problems = [FieldProblem(pointer, code, *_TOLD[code]) for pointer, code in wrong]
        if problems:
            raise FilingNotComplete("The filing is not complete; nothing was submitted.", errors=problems)
