"""Who exists in the sandbox: data only, the same on every machine. The names are invented."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from identity.domain.clients.client import ClientKind
from identity.domain.clients.counter_scopes import COUNTER_SCOPES, KIOSK_SCOPES
from identity.domain.people.rights import Right, Role

PORTAL_SCOPES = COUNTER_SCOPES  # a citizen's portal has no wallet
COURT_SCOPES = frozenset({"revenue-courts:act", "revenue-courts:read"})
OFFICER_SCOPES = COURT_SCOPES | {"applications:decide", "applications:read", "kiosks:read", "transactions:read"}
# Of somebody's own only what identity keeps: which of their other things a citizen may see, the services say.
APP_SCOPES = frozenset(
    {
        "billers:read",
        "centre-applications:read",
        "centre-applications:write",
        "kiosks:read",
        "privacy:own",
        "revenue-courts:file",
        "revenue-courts:read",
        "transactions:read",
    }
)
# In which an operator signs in and gives the centre's client its key.
CENTRES_APP_SCOPES = frozenset({"clients:claim"})
OPERATIONS_SCOPES = frozenset({"operations:dead-letters"})
SUPPORT_SCOPES = frozenset({"cases:read", "cases:write"})

LOAD_TEST_CLIENTS = 40

_SANDBOX_PEOPLE = UUID("6f1d5c1e-9b0a-5e4e-8d57-3f0c5f3f7a10")  # any fixed namespace: ids must not change


def sandbox_person_id(slug: str) -> str:
    """The same opaque id for the same slug on every machine."""
    return f"per_{uuid5(_SANDBOX_PEOPLE, slug).hex}"


@dataclass(frozen=True, kw_only=True)
class SandboxPerson:
    """An invented person. No Aadhaar-shaped number: those belong in the vault alone."""

    slug: str
    role: str
    name: str
    name_hi: str

    @property
    def id(self) -> str:
        """The person's opaque id."""
        return sandbox_person_id(self.slug)


@dataclass(frozen=True, kw_only=True)
class SandboxOfficer(SandboxPerson):
    """An officer, of the revenue department unless it says so, with one district (LGD code) as jurisdiction."""

    role: str = "officer"
    department: str = "revenue"
    designation: str = "Tehsildar"
    designation_hi: str = "तहसीलदार"
    district: str


@dataclass(frozen=True, kw_only=True)
class SandboxClient:
    """A client to be seeded; `name` is its short name in the sandbox file."""

    name: str
    kind: ClientKind
    scopes: frozenset[str]
    kiosk_id: str | None = None
    officer: SandboxOfficer | None = None
    redirect_uris: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Readable and stable, such as cli_sandbox_kiosk_jaipur."""
        return f"cli_sandbox_{self.name.replace('-', '_')}"


@dataclass(frozen=True, kw_only=True)
class SandboxPost(SandboxPerson):
    """Somebody who signs in with `mobile` and may act as more than a citizen: `right`, but for its times."""

    mobile: str
    right: Mapping[str, Any]

    def right_from(self, at: datetime) -> Right:
        """The right, with an id that is the same on every machine."""
        return Right(
            id=f"rgt_{uuid5(_SANDBOX_PEOPLE, self.slug).hex}", role=Role(self.role), begins_at=at, **self.right
        )


CITIZENS = (
    SandboxPerson(slug="citizen-1", role="citizen", name="Test Citizen One", name_hi="परीक्षण नागरिक एक"),
    SandboxPerson(slug="citizen-2", role="citizen", name="Test Citizen Two", name_hi="परीक्षण नागरिक दो"),
    SandboxPerson(slug="citizen-3", role="citizen", name="Test Citizen Three", name_hi="परीक्षण नागरिक तीन"),
)

_OFFICERS = {
    "officer-tehsildar-jaipur": SandboxOfficer(
        slug="officer-tehsildar-jaipur",
        name="Test Tehsildar Jaipur",
        name_hi="परीक्षण तहसीलदार जयपुर",
        district="102",
    ),
    "officer-tehsildar-jodhpur": SandboxOfficer(
        slug="officer-tehsildar-jodhpur",
        name="Test Tehsildar Jodhpur",
        name_hi="परीक्षण तहसीलदार जोधपुर",
        district="107",
    ),
    "officer-udaipur": SandboxOfficer(
        slug="officer-udaipur",
        name="Test Tehsildar Udaipur",
        name_hi="परीक्षण तहसीलदार उदयपुर",
        district="117",
    ),
}

# Beside the tehsildars. With them every step of every application type that ships has an officer in each of the three
# districts, and steps that follow each other have different ones: no type takes one person's word twice.
_DISTRICTS = {
    "jaipur": ("102", "Jaipur", "जयपुर"),
    "jodhpur": ("107", "Jodhpur", "जोधपुर"),
    "udaipur": ("117", "Udaipur", "उदयपुर"),
}
_POSTS = {
    "sdo": ("revenue", "Sub-Divisional Officer", "उपखण्ड अधिकारी"),
    "registrar": ("statistics", "Registrar (Births and Deaths)", "रजिस्ट्रार (जन्म-मृत्यु)"),
    "marriage-registrar": ("statistics", "Marriage Registration Officer", "विवाह रजिस्ट्रीकरण अधिकारी"),
    "station-house-officer": ("police", "Station House Officer", "थानाधिकारी"),
    "superintendent": ("police", "Superintendent of Police", "पुलिस अधीक्षक"),
    "employment-exchange": ("employment", "Officer of the Employment Exchange", "रोजगार कार्यालय के अधिकारी"),
}
_OFFICERS |= {
    f"officer-{post}-{place}": SandboxOfficer(
        slug=f"officer-{post}-{place}",
        name=f"Test {designation} {name}",
        name_hi=f"परीक्षण {designation_hi} {name_hi}",
        department=department,
        designation=designation,
        designation_hi=designation_hi,
        district=district,
    )
    for post, (department, designation, designation_hi) in _POSTS.items()
    for place, (district, name, name_hi) in _DISTRICTS.items()
}

# Beside the officers who preside: who keeps a revenue court's record. They decide nothing of certificates.
_COURT_READERS = {
    f"court-reader-{place}": SandboxOfficer(
        slug=f"court-reader-{place}",
        name=f"Test Court Reader {name}",
        name_hi=f"परीक्षण न्यायालय रीडर {name_hi}",
        designation="Reader",
        designation_hi="रीडर",
        district=district,
    )
    for place, (district, name, name_hi) in _DISTRICTS.items()
}
# On call for the platform. Two, because where money moves a second person must approve.
_OPERATIONS = {
    slug: SandboxOfficer(
        slug=slug,
        name=f"Test Operations Engineer {number}",
        name_hi=f"परीक्षण संचालन अभियंता {number_hi}",
        department="information-technology",
        designation="Operations engineer",
        designation_hi="संचालन अभियंता",
        district="102",
    )
    for slug, number, number_hi in (("operations-1", "One", "एक"), ("operations-2", "Two", "दो"))
}

_KIOSKS = {
    "kiosk-jaipur": "ksk_RJ10200001",
    "kiosk-jaipur-2": "ksk_RJ10200002",
    "kiosk-jodhpur": "ksk_RJ10700001",
    "kiosk-udaipur": "ksk_RJ11700001",
    **{f"load-{n:02}": f"ksk_RJ102{100 + n:05}" for n in range(1, LOAD_TEST_CLIENTS + 1)},
}

CLIENTS = (
    *(
        SandboxClient(name=name, kind=ClientKind.KIOSK, scopes=KIOSK_SCOPES, kiosk_id=kiosk_id)
        for name, kiosk_id in _KIOSKS.items()
    ),
    SandboxClient(name="support-sandbox", kind=ClientKind.MACHINE, scopes=SUPPORT_SCOPES),
    SandboxClient(name="portal-sandbox", kind=ClientKind.PORTAL, scopes=PORTAL_SCOPES),
    SandboxClient(
        name="citizens-app",
        kind=ClientKind.APP,
        scopes=APP_SCOPES,
        redirect_uris=("http://127.0.0.1:8765/signed-in", "in.gov.rajasthan.emitra.sandbox:/signed-in"),
    ),
    SandboxClient(
        name="centres-app",
        kind=ClientKind.APP,
        scopes=CENTRES_APP_SCOPES,
        redirect_uris=("http://127.0.0.1:8766/signed-in", "in.gov.rajasthan.emitra.sandbox.centres:/signed-in"),
    ),
    *(
        SandboxClient(name=name, kind=ClientKind.OFFICER, scopes=OFFICER_SCOPES, officer=officer)
        for name, officer in _OFFICERS.items()
    ),
    *(
        SandboxClient(name=name, kind=ClientKind.OFFICER, scopes=COURT_SCOPES, officer=officer)
        for name, officer in _COURT_READERS.items()
    ),
    *(
        SandboxClient(name=name, kind=ClientKind.OFFICER, scopes=OPERATIONS_SCOPES, officer=officer)
        for name, officer in _OPERATIONS.items()
    ),
)

# Who signs in by mobile, one for each role and officers of two districts. The numbers are invented; in the sandbox no
# message leaves the machine.
POSTS = (
    SandboxPost(
        slug="post-operator-jaipur",
        role="operator",
        name="Test Operator Jaipur",
        name_hi="परीक्षण संचालक जयपुर",
        mobile="9000000101",
        right={"kiosk_id": "ksk_RJ10200001"},
    ),
    SandboxPost(
        slug="post-operator-jodhpur",
        role="operator",
        name="Test Operator Jodhpur",
        name_hi="परीक्षण संचालक जोधपुर",
        mobile="9000000102",
        right={"kiosk_id": "ksk_RJ10700001"},
    ),
    SandboxPost(
        slug="post-staff-jaipur",
        role="staff",
        name="Test Staff Jaipur",
        name_hi="परीक्षण कर्मचारी जयपुर",
        mobile="9000000103",
        right={"kiosk_id": "ksk_RJ10200001"},
    ),
    SandboxPost(
        slug="post-lsp",
        role="lsp",
        name="Test Provider",
        name_hi="परीक्षण सेवा प्रदाता",
        mobile="9000000104",
        right={"lsp_id": "lsp_sandbox_1"},
    ),
    *(
        SandboxPost(
            slug=f"post-tehsildar-{place}",
            role="officer",
            name=f"Test Tehsildar {name} (signs in)",
            name_hi=f"परीक्षण तहसीलदार {name_hi} (साइन-इन)",
            mobile=f"900000011{number}",
            right={
                "department": "revenue",
                "designation": "Tehsildar",
                "designation_hi": "तहसीलदार",
                "districts": frozenset({district}),
            },
        )
        for number, (place, (district, name, name_hi)) in enumerate(_DISTRICTS.items(), start=1)
    ),
    SandboxPost(
        slug="post-district-admin-jaipur",
        role="district_admin",
        name="Test District Administrator Jaipur",
        name_hi="परीक्षण ज़िला प्रशासक जयपुर",
        mobile="9000000121",
        right={"districts": frozenset({"102"})},
    ),
    SandboxPost(
        slug="post-state-admin",
        role="state_admin",
        name="Test State Administrator",
        name_hi="परीक्षण राज्य प्रशासक",
        mobile="9000000131",
        right={},
    ),
    SandboxPost(
        slug="post-auditor",
        role="auditor",
        name="Test Auditor",
        name_hi="परीक्षण लेखा परीक्षक",
        mobile="9000000141",
        right={},
    ),
)
