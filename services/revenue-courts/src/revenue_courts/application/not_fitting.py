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
    "before-it-began": ("Must not be before the day on which it began.", "यह आरम्भ की तिथि से पहले नहीं हो सकता।"),
}
