"""An officer is shown what may be the same, with reasons; nothing is refused for it, and nobody else is told."""

from dataclasses import dataclass

from certificates.application.applications.read_applications import ApplicationReader
from certificates.application.likenesses.ports import Likenesses
from certificates.application.viewer import Viewer
from certificates.domain.applications.application import Application
from certificates.domain.likenesses.likeness import Sign, likeness_keys, signs
from certificates.domain.rulebook import Rulebook

# More than that are no duplicates but a name that many have.
MOST_SHOWN = 20


@dataclass(frozen=True)
class Like:
    """Another application, and why it may be the same. Of its form nothing is shown: it may be another district's."""

    application: Application
    signs: tuple[Sign, ...]


@dataclass(frozen=True)
class LikenessReader:
    """Looks in the whole state: whoever applies twice does so in another district."""

    rulebook: Rulebook
    applications: ApplicationReader
    likenesses: Likenesses

    def of(self, application_id: str, viewer: Viewer) -> list[Like]:
        """Those that are like it, the youngest first. Raises ApplicationNotFound."""
        application, _ = self.applications.get(application_id, viewer)
        application_type = self.rulebook.types[application.type_code]
        keys = likeness_keys(application_type, application.applicant)
        if not keys:
            return []
        others = self.likenesses.sharing(keys, MOST_SHOWN + 1)
        return [
            Like(other, told)
            for other in others
            if other.id != application.id
            if (told := signs(application_type, application.applicant, other.applicant))
        ][:MOST_SHOWN]
