"""Who may decide a case, said in problems that a caller is told."""

from collections.abc import Sequence

from certificates.application.applications.errors import ApplicationNotFound, members_of_refusal
from certificates.application.officers.errors import (
    AlreadyDecided,
    AnotherOfficerRequired,
    AnotherPostRequired,
    FeeNotPaid,
    TakenByAnother,
)
from certificates.domain.applications.application import (
    ACTS_OF_OFFICERS,
    Application,
    DecidedAnotherStep,
    HistoryEntry,
    NotAllowedNow,
    NotThisOfficers,
    NotThisPosts,
    State,
)
from certificates.domain.applications.decide import check_right
from certificates.domain.officers.officer import Officer
from certificates.domain.officers.taking import Taking
from certificates.domain.types.application_type import Step
from servicekit.instants import rfc3339


def check_may_decide(
    application: Application, step: Step, officer: Officer, history: Sequence[HistoryEntry], named_step: str | None
) -> None:
    """`step` is the one in hand; `named_step`, unless None, the one that the officer looked at.

    Raises ApplicationNotFound (also when it is another officer's), FeeNotPaid, AlreadyDecided, AnotherOfficerRequired,
    AnotherPostRequired.
    """
    try:
        check_right(application, history=history, officer=officer, step=step)
    except NotThisOfficers as error:
        raise not_found() from error
    except NotAllowedNow as error:
        if error.state is State.FEE_DUE:
            raise FeeNotPaid(
                "The fee of this application has not been paid yet.",
                **members_of_refusal(application, ACTS_OF_OFFICERS),
            ) from error
        raise already_decided(application) from error
    except (DecidedAnotherStep, NotThisPosts) as error:
        if named_step not in (None, application.step):
            raise already_decided(application) from error
        if isinstance(error, NotThisPosts):
            raise _another_post(step, officer) from error
        raise AnotherOfficerRequired(
            "You decided another step of this application; the step in hand is for another officer."
        ) from error
    if named_step not in (None, application.step):
        raise already_decided(application)


def check_not_taken(taking: Taking | None, officer: Officer) -> None:
    """Raises TakenByAnother."""
    if taking is not None and taking.officer_id != officer.id:
        by = taking.designation
        raise TakenByAnother(
            f"An officer has this case in hand: {by.en}.",
            detail_hi=f"यह प्रकरण एक अधिकारी के पास है: {by.hi}।",
            taken_by={"en": by.en, "hi": by.hi},
            until=rfc3339(taking.until),
        )


def not_found() -> ApplicationNotFound:
    """One answer for what is not there and what is another officer's."""
    return ApplicationNotFound("There is no such application in your department and districts.")


def already_decided(application: Application) -> AlreadyDecided:
    """The step was decided, or another one is in hand."""
    return AlreadyDecided(
        "This step is decided; read the application to see how it stands.",
        step=application.step,
        **members_of_refusal(application, ACTS_OF_OFFICERS),
    )


def _another_post(step: Step, officer: Officer) -> AnotherPostRequired:
    en, hi = ", ".join(post.name.en for post in step.posts), ", ".join(post.name.hi for post in step.posts)
    yours = officer.designation
    return AnotherPostRequired(
        f"This step is decided by: {en}. Your post is: {yours.en}.",
        detail_hi=f"इस चरण पर निर्णय करने वाला पद: {hi}। आपका पद: {yours.hi}।",
        step=step.name,
        posts=[{"en": post.name.en, "hi": post.name.hi} for post in step.posts],
    )
