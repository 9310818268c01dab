"""Who decides: an officer of one department, responsible for some districts."""

from dataclasses import dataclass

from certificates.domain.label import Label
from certificates.domain.officers.charge import Charge, posts_held
from certificates.domain.types.application_type import Step

# What an officer is called whose token names no post: true, and no more than is known. No step names it as its post.
AN_OFFICER = Label("Officer", "अधिकारी")


@dataclass(frozen=True)
class Officer:
    """The acting person, as the service identity describes them; `districts` are LGD codes.

    `designation` is the post as identity records it, and so what is printed on what the officer signs; its English name
    says which steps are the officer's to decide. `charges` are those of others that the officer has today.
    """

    id: str
    role: str
    department: str
    districts: frozenset[str]
    designation: Label = AN_OFFICER
    charges: tuple[Charge, ...] = ()

    def may_decide(self, step: Step, district_code: str) -> bool:
        """Whether `step` of an application in that district is for this officer's department, whatever the post."""
        return self.role == step.role and self.serves(step.department, district_code)

    def holds_a_post_of(self, step: Step, district_code: str) -> bool:
        """Whether the officer's post, or one whose charge they have there, is one that decides `step`."""
        return self._has_a_post_of(step) or self.charge_for(step, district_code) is not None

    def charge_for(self, step: Step, district_code: str) -> Charge | None:
        """The charge under which the officer decides `step` there; None where the own post does, or nothing."""
        if self._has_a_post_of(step):
            return None
        held = posts_held(self.charges, district_code)
        return next((held[post.name.en] for post in step.posts if post.name.en in held), None)

    def signs_as(self, step: Step, district_code: str) -> Label:
        """What is printed on what the officer signs: the own post, and whose charge they have where they act for it."""
        charge, own = self.charge_for(step, district_code), self.designation
        if charge is None:
            return own
        return Label(f"{own.en} (in charge of: {charge.post.en})", f"{own.hi} (प्रभार: {charge.post.hi})")

    def _has_a_post_of(self, step: Step) -> bool:
        return not step.posts or self.designation.en in [post.name.en for post in step.posts]

    def serves(self, department: str, district_code: str) -> bool:
        """Whether the department's cases in that district are within this officer's jurisdiction."""
        return self.department == department and district_code in self.districts
