"""Problems of inspections. The first paragraph of each docstring is the text of its page."""

from servicekit.errors import Conflict


class InspectionThere(Conflict):
    """The centre was inspected on that day already: once by itself and once by an officer. `inspection_id` names which;
    what a second officer saw is added to its case as evidence.
    """

    slug = "centre-inspection-there"
    title = "The centre was inspected on that day"
    title_hi = "उस दिन केंद्र का निरीक्षण हो चुका है"
