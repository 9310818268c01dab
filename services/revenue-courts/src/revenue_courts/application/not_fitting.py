"""What people are told when what they send does not fit the case, by the rule's code."""

from collections.abc import Mapping

NOT_FITTING: Mapping[str, tuple[str, str]] = {
    "too-many": ("The case has as many of these as one may have.", "प्रकरण में इनकी अधिकतम संख्या हो चुकी है।"),
    "to-come": ("Must not be after today.", "यह आज के बाद की तिथि नहीं हो सकती।"),
    "no-such-party": (
        "The case has no party of this number; count them in the filing from 1.",
        "प्रकरण में इस क्रमांक का पक्षकार नहीं है; वाद-पत्र में 1 से गिनें।",
    ),
    "both-sides": (
        "One advocate appears for one side: name parties of the same side.",
        "एक अधिवक्ता एक ही पक्ष की ओर से होता है: एक ही पक्ष के पक्षकार दें।",
    ),
    "appears-for-the-other-side": (
        "This advocate appears for the other side of the case.",
        "यह अधिवक्ता प्रकरण में दूसरे पक्ष की ओर से है।",
    ),
    "appears-already": ("This advocate appears for this party already.", "यह अधिवक्ता इस पक्षकार की ओर से पहले से है।"),
    "not-in-force": ("No vakalatnama of this number is in force.", "इस क्रमांक का कोई वकालतनामा प्रभावी नहीं है।"),
    "too-late-to-call": (
        "Nobody can be called to a hearing of today or of a day that is over; set the next one first.",
        "आज या बीते दिन की सुनवाई के लिए नोटिस नहीं हो सकता; पहले अगली तिथि तय करें।",
    ),
    "no-such-notice": ("The case has no notice of this number.", "प्रकरण में इस क्रमांक का नोटिस नहीं है।"),
    "of-another-party": (
        "The notice that it is sent again for is another party's; give that party alone.",
        "जिस नोटिस के स्थान पर यह है वह दूसरे पक्षकार का है; केवल वही पक्षकार दें।",
    ),
    "reported-already": (
        "It is known what became of this notice; read the notices again.",
        "इस नोटिस का परिणाम दर्ज हो चुका है; नोटिस फिर से देखें।",
    ),
    "not-by-this-way": (
        "This does not become of a notice that was sent in its way.",
        "जिस माध्यम से नोटिस भेजा गया उसमें यह परिणाम नहीं हो सकता।",
    ),
    "not-between-issue-and-today": (
        "Must be a day between the issue of the notice and today.",
        "यह नोटिस जारी होने और आज के बीच की तिथि हो।",
    ),
    "needed-of-a-process-server": (
        "A process server gives the position and the hash of a photograph taken there.",
        "आदेशिका वाहक स्थान और वहाँ लिए गए फोटो का हैश दे।",
    ),
    "of-a-process-server-alone": ("Leave it out: it is a process server's.", "यह न दें: यह केवल आदेशिका वाहक का है।"),
    "no-address-of-the-party": (
        "The filing has no address of this party; give one.",
        "वाद-पत्र में इस पक्षकार का पता नहीं है; पता दें।",
    ),
    "joined-already": ("You follow this case already.", "आप इस प्रकरण से पहले से जुड़े हैं।"),
    "used-up": (
        "Somebody follows the case by this code already; ask the reader for a new notice.",
        "इस कोड का उपयोग हो चुका है; रीडर से नया नोटिस माँगें।",
    ),
    "not-a-hearing-for-evidence": (
        "The hearing is for something else; set one for evidence.",
        "यह सुनवाई साक्ष्य के लिए नहीं है; साक्ष्य की तिथि तय करें।",
    ),
    "no-decree-of-this": (
        "A decree follows the judgment in a suit, and nothing else.",
        "डिक्री केवल वाद के निर्णय के बाद होती है।",
    ),
    "there-already": ("The case is before this court already.", "प्रकरण पहले से इसी न्यायालय में है।"),
    "not-heard-by-that-court": (
        "That court may not hear this case: see its districts, tehsils and kinds of cases.",
        "वह न्यायालय यह प्रकरण नहीं सुन सकता: उसके ज़िले, तहसील और प्रकरण देखें।",
    ),
    "before-it-began": ("Must not be before the day on which it began.", "यह आरम्भ की तिथि से पहले नहीं हो सकता।"),
}
