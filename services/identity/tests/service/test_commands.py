"""The command line as a platform engineer uses it."""

import json
from pathlib import Path

import jwt
import pytest
from flask.testing import FlaskClient
from tests.support.asking import GRANT, ask, ask_as, basic, body_of
from tests.support.keys import ISSUER, KEY_SET, KEYS, PEOPLE_KEY
from typer.testing import CliRunner, Result

from identity.entrypoints.service import main
from identity.settings import Settings
from servicekit.mongo import Mongo

KIOSK = ["--name", "Counter 7", "--kind", "kiosk", "--scope", "billers:read", "--kiosk-id", "ksk_RJ10200007"]
OFFICER = ["--name", "Tehsil Amber", "--kind", "officer", "--scope", "applications:decide"]


@pytest.fixture
def run(settings: Settings, mongo: Mongo, monkeypatch: pytest.MonkeyPatch) -> "Run":
    environment = {
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": mongo.db.name,
        "AMQP_URL": settings.amqp_url,
        "INTERNAL_TOKEN_JWKS": settings.internal_token_jwks,
        "CURSOR_SECRET": settings.cursor_secret,
        "ISSUER": ISSUER,
        "SIGNING_KEYS": KEY_SET,
        "PEOPLE_KEY": PEOPLE_KEY,
        "VAULT_KEY_STORE": "file:/nowhere/vault-keys.json",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Run()


class Run:
    """Runs `identity` with the given words."""

    def __call__(self, *words: str, typed: str | None = None) -> Result:
        # Wide, so that a message is not broken into lines at an unlucky place.
        return CliRunner().invoke(main, words, input=typed, env={"COLUMNS": "200", "NO_COLOR": "1"})


def test_a_created_client_gets_tokens_with_the_secret_that_was_shown(run: Run, own_client: FlaskClient) -> None:
    done = run("create-client", *KIOSK, "--client-id", "cli_counter_7")
    shown = json.loads(done.stdout)
    assert (done.exit_code, shown["client_id"]) == (0, "cli_counter_7")
    assert "this once" in done.stderr
    assert body_of(ask_as(own_client, shown))["scope"] == "billers:read"


def test_an_officers_client_comes_with_its_officer(run: Run, own_client: FlaskClient, mongo: Mongo) -> None:
    post = ["--department", "revenue", "--designation", "Tehsildar", "--district", "102", "--district", "107"]
    shown = json.loads(run("create-client", *OFFICER, *post).stdout)
    assert shown["client_id"].startswith("cli_")
    assert ask_as(own_client, shown).status_code == 200
    person = mongo.db.people.find_one({"_id": shown["person_id"]})
    assert person is not None
    assert (person["role"], person["name"]) == ("officer", None)


def test_a_second_client_of_an_officer_acts_as_the_same_person(run: Run, own_client: FlaskClient, mongo: Mongo) -> None:
    post = [
        "--department",
        "revenue",
        "--designation",
        "Tehsildar",
        "--designation-hi",
        "तहसीलदार",
        "--district",
        "102",
    ]
    first = json.loads(run("create-client", *OFFICER, *post).stdout)
    second = json.loads(run("create-client", *OFFICER, *post, "--person-id", first["person_id"]).stdout)
    assert second["client_id"] != first["client_id"]
    people = set()
    for client in (first, second):
        token = body_of(ask_as(own_client, client))["access_token"]
        claims = jwt.decode(token, options={"verify_signature": False})
        people.add((claims["sub"], claims["person"]["id"], claims["person"]["designation_hi"]))
    assert people == {(first["person_id"], first["person_id"], "तहसीलदार")}
    assert mongo.db.people.count_documents({}) == 1


def test_a_client_of_a_person_whom_nobody_recorded_is_refused(run: Run, mongo: Mongo) -> None:
    post = ["--department", "revenue", "--designation", "Tehsildar", "--district", "102"]
    done = run("create-client", *OFFICER, *post, "--person-id", "per_nobody")
    assert (done.exit_code, "per_nobody" in done.stderr) == (1, True)
    assert mongo.db.people.count_documents({}) == mongo.db.clients.count_documents({}) == 0


def test_a_client_stored_before_designations_had_hindi_still_gets_tokens(
    run: Run, own_client: FlaskClient, mongo: Mongo
) -> None:
    post = ["--department", "revenue", "--designation", "Tehsildar", "--district", "102"]
    shown = json.loads(run("create-client", *OFFICER, *post).stdout)
    stored = mongo.db.clients.find_one({"_id": shown["client_id"]})
    assert stored is not None
    assert "designation_hi" not in stored["person"]
    claims = jwt.decode(body_of(ask_as(own_client, shown))["access_token"], options={"verify_signature": False})
    assert claims["person"]["designation"] == "Tehsildar"
    assert "designation_hi" not in claims["person"]


def test_an_id_is_given_once(run: Run, own_client: FlaskClient) -> None:
    first = json.loads(run("create-client", *KIOSK, "--client-id", "cli_counter_7").stdout)
    again = run("create-client", *KIOSK, "--client-id", "cli_counter_7")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "already exists" in again.stderr
    assert ask_as(own_client, first).status_code == 200


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["create-client"], 2, "--name"),
        (["create-client", *KIOSK, "--kind", "robot"], 2, "robot"),
        (["create-client", *KIOSK[:-2]], 1, "must be bound to one centre"),
        (["create-client", *KIOSK, "--scope", "everything"], 1, "resource:action"),
        (["create-client", *KIOSK, "--client-id", "Counter 7"], 1, "cli_jaipur_counter_7"),
        (["create-client", *KIOSK, "--district", "102"], 2, "--kind officer"),
        (["create-client", *OFFICER], 1, "must be bound to one officer"),
        (["create-client", *OFFICER, "--district", "Jaipur"], 1, "102 for Jaipur"),
        (["create-client", "--name", "\u2800", *KIOSK[2:]], 1, "the name: Must not be blank"),
        (["create-client", "--name", "=1+1", *KIOSK[2:]], 1, "spreadsheet"),
        (["create-client", *OFFICER, "--district", "102", "--designation", "Tehsil\u202edar"], 1, "the designation:"),
        (["revoke-client", "cli_nobody"], 1, "cli_nobody"),
        (["revoke-client"], 2, "client_id"),
        (["seed-sandbox"], 2, "--out"),
    ],
)
def test_a_command_that_cannot_be_carried_out_says_why(
    run: Run, mongo: Mongo, words: list[str], code: int, says: str
) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert says in done.stderr
    assert mongo.db.clients.count_documents({}) == 0


def test_a_revoked_client_gets_no_more_tokens(run: Run, own_client: FlaskClient) -> None:
    shown = json.loads(run("create-client", *KIOSK).stdout)
    for _ in range(2):
        done = run("revoke-client", shown["client_id"])
        assert (done.exit_code, "within seconds" in done.stdout) == (0, True)
    assert ask(own_client, GRANT, basic(shown["client_id"], shown["client_secret"])).status_code == 401


def test_an_app_has_no_secret_and_a_client_with_a_key_of_its_own_neither(run: Run, tmp_path: Path) -> None:
    app = ("--name", "App", "--kind", "app", "--scope", "kiosks:read", "--redirect-uri", "https://app.example/back")
    shown = run("create-client", *app)
    assert (shown.exit_code, "client_secret" in json.loads(shown.stdout)) == (0, False)
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({name: value for name, value in KEYS[0].items() if name != "d"}))
    machine = ("--name", "System", "--kind", "machine", "--scope", "billers:read", "--public-keys", str(keys))
    shown = run("create-client", *machine)
    assert (shown.exit_code, "client_secret" in json.loads(shown.stdout)) == (0, False)


def test_a_private_key_and_an_address_of_anybodys_are_refused_and_not_repeated(run: Run, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(KEYS[0]))
    machine = ("--name", "System", "--kind", "machine", "--scope", "billers:read", "--public-keys", str(keys))
    done = run("create-client", *machine)
    assert (done.exit_code, "private member" in done.stderr, KEYS[0]["d"] in done.output) == (1, True, False)
    app = ("--name", "App", "--kind", "app", "--scope", "kiosks:read", "--redirect-uri", "http://app.example/")
    done = run("create-client", *app)
    assert (done.exit_code, "https://" in done.stderr) == (1, True)


def test_seeding_says_how_many_and_shows_no_secret(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "sandbox.json"
    done = run("seed-sandbox", "--out", str(file))
    assert done.exit_code == 0, done.stderr
    assert "74 sandbox clients" in done.stdout
    assert json.loads(file.read_text())["clients"][0]["client_secret"] not in done.output


def test_seeding_is_refused_where_it_is_live(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "live")
    # Nothing is listening there; it is refused before anybody is asked.
    monkeypatch.setenv("MONGODB_URI", "mongodb://identity:k5vY0aQ2tZ@127.0.0.1:1/")
    monkeypatch.setenv("AMQP_URL", "amqp://identity:k5vY0aQ2tZ@127.0.0.1:1/")
    monkeypatch.setenv("PEOPLE_KEY", "k5vY0aQ2tZ" * 4)
    done = run("seed-sandbox", "--out", str(tmp_path / "sandbox.json"))
    assert (done.exit_code, "live" in done.stderr) == (1, True), done.stderr


def test_a_file_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    done = run("seed-sandbox", "--out", str(tmp_path / "taken" / "sandbox.json"))
    assert (done.exit_code, "taken" in done.stderr) == (1, True)
    # The clients were there by then; the next run gives them secrets that somebody has seen.
    done = run("seed-sandbox", "--out", str(tmp_path / "sandbox.json"))
    assert (done.exit_code, "72 with a new secret" in done.stdout) == (0, True)


def test_a_database_that_is_away_is_one_line_without_its_password(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://user:pa55word@127.0.0.1:1/?directConnection=true")
    done = run("revoke-client", "cli_1")
    assert done.exit_code == 69
    assert "MONGODB_URI" in done.stderr
    assert "pa55word" not in done.output


def test_rights_are_granted_suspended_reinstated_and_ended_by_command(run: Run, own_client: FlaskClient) -> None:
    assert own_client
    person = run("add-person", typed="98290 00077\n").stdout.strip()
    assert person == run("add-person", typed="+91 9829000077\n").stdout.strip()
    assert person.startswith("per_")
    why = ["--because", "Order 7", "--by", "per_admin"]
    right = run("grant-right", person, "--role", "operator", "--kiosk-id", "ksk_RJ10200001", *why).stdout.strip()
    assert run("suspend-right", person, right, *why).exit_code == 0
    assert run("reinstate-right", person, right, *why).exit_code == 0
    ended = run("end-right", person, right, *why, "--ends-at", "2099-01-01T00:00:00+05:30")
    assert ended.stdout == f"{right} ends at 2098-12-31T18:30:00.000Z\n"
    (shown,) = [json.loads(line) for line in run("show-person", person).stdout.splitlines()]
    assert (shown["id"], shown["role"], shown["kiosk_id"]) == (right, "operator", "ksk_RJ10200001")
    history = [(line["change"], line["by"], line["because"]) for line in shown["changes"]]
    assert history == [(done, "per_admin", "Order 7") for done in ("GRANTED", "SUSPENDED", "REINSTATED", "ENDED")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--role", "operator"], "operator needs: kiosk id"),
        (["--role", "officer", "--district", "Jaipur"], "officer needs: department; officer needs: designation"),
        (["--role", "citizen"], "everybody is a citizen"),
        (["--role", "auditor", "--by", "Ram Singh"], "such as per_0190ab12"),
        (["--role", "auditor", "--ends-at", "2020-01-01T00:00:00+05:30"], "before it begins"),
        (["--role", "auditor"], "Nobody has the id per_nobody"),
    ],
)
def test_a_right_that_cannot_be_is_refused_in_one_line(run: Run, words: list[str], says: str) -> None:
    done = run("grant-right", "per_nobody", "--because", "Order 7", *words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("identity: ")
    assert says in done.stderr


def test_a_number_that_is_none_records_nobody_and_is_not_repeated(run: Run, mongo: Mongo) -> None:
    done = run("add-person", typed="12345\n")
    assert done.exit_code == 1
    assert "no mobile number" in done.stderr
    assert "12345" not in done.stderr + done.stdout
    assert mongo.db.people.count_documents({}) == 0


def test_two_secrets_of_a_client_count_while_one_takes_the_place_of_the_other(
    run: Run, own_client: FlaskClient
) -> None:
    first = json.loads(run("create-client", *KIOSK, "--client-id", "cli_counter_7").stdout)
    done = run("rotate-client-secret", "cli_counter_7")
    second = json.loads(done.stdout)
    assert (done.exit_code, "this once" in done.stderr) == (0, True)
    assert second["client_secret"] != first["client_secret"]
    assert [ask_as(own_client, known).status_code for known in (first, second)] == [200, 200]
    third = json.loads(run("rotate-client-secret", "cli_counter_7").stdout)
    assert [ask_as(own_client, known).status_code for known in (first, second, third)] == [401, 200, 200]
    last = json.loads(run("rotate-client-secret", "cli_counter_7", "--overlap-hours", "0").stdout)
    assert [ask_as(own_client, known).status_code for known in (second, third, last)] == [401, 401, 200]


def test_a_secret_is_rotated_of_a_client_that_has_one_and_is_in_force(run: Run) -> None:
    app = ("--name", "App", "--kind", "app", "--scope", "kiosks:read", "--redirect-uri", "https://app.example/back")
    run("create-client", *app, "--client-id", "cli_app")
    run("create-client", *KIOSK, "--client-id", "cli_closed")
    run("revoke-client", "cli_closed")
    for client_id, says in (("cli_app", "has no secret"), ("cli_closed", "No client"), ("cli_nobody", "No client")):
        done = run("rotate-client-secret", client_id)
        assert (done.exit_code, says in done.stderr, done.stdout) == (1, True, ""), client_id
