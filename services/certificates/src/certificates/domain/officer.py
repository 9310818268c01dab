"""Who decides: an officer of one department, responsible for some districts."""

from dataclasses import dataclass

from certificates.domain.types.application_type import Step
from certificates.domain.types.label import Label

# What an officer is called whose token names no post: true, and no more than is known. No step names it as its post.
AN_OFFICER = Label("Officer", "अधिकारी")


@dataclass(frozen=True)
class Officer:
    """The acting person, as the service identity describes them; `districts` are LGD codes.

    `designation` is the post as identity records it, and so what is printed on what the officer signs; its English name
    says which steps are the officer's to decide.
    """

    id: str
    role: str
    department: str
    districts: frozenset[str]
    designation: Label = AN_OFFICER

    def may_decide(self, step: Step, district_code: str) -> bool:
        """Whether `step` of an application in that district is for this officer's department, whatever the post."""
        return self.role == step.role and self.serves(step.department, district_code)

    def holds_a_post_of(self, step: Step) -> bool:
        """Whether the officer's post is one that decides `step`."""
        return not step.posts or self.designation.en in [post.name.en for post in step.posts]

    def serves(self, department: str, district_code: str) -> bool:
        """Whether the department's cases in that district are within this officer's jurisdiction."""
        return self.department == department and district_code in self.districts
