"""The service, declared, and its command line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from pymongo.errors import PyMongoError

from identity import __version__
from identity.application.clients.create_client import CreateClient, OfficerPost
from identity.application.clients.revoke_client import RevokeClient
from identity.application.clients.rotate_client_secret import RotateClientSecret
from identity.application.clients.seed_sandbox import SeedSandbox
from identity.application.people.errors import CommandRefused
from identity.application.sign_in.give_number import GiveNumber
from identity.application.vault.errors import VaultClosed
from identity.bootstrap import INDEXES, PUBLISHES, Identity, bootstrap, read_public_keys
from identity.domain.clients.client import Algorithm, ClientKind
from identity.domain.clients.client_secrets import new_secret
from identity.domain.people.definitions import InvalidDefinition
from identity.entrypoints.consumers import CONSUMERS
from identity.entrypoints.http.assistance.not_me import not_me
from identity.entrypoints.http.assistance.routes import assistances
from identity.entrypoints.http.clients.routes import clients
from identity.entrypoints.http.officers.routes import officers
from identity.entrypoints.http.privacy.own_routes import own_data
from identity.entrypoints.http.privacy.register_routes import register
from identity.entrypoints.http.recovery.routes import recoveries
from identity.entrypoints.http.sign_in.factor_routes import second_steps
from identity.entrypoints.http.sign_in.routes import sign_ins
from identity.entrypoints.http.tokens.routes import tokens
from identity.entrypoints.http.vault.routes import vault
from identity.entrypoints.jobs import JOBS
from identity.entrypoints.people_commands import people_commands
from identity.entrypoints.privacy_commands import add_privacy_commands
from identity.entrypoints.signing_key_commands import signing_key_commands
from identity.entrypoints.vault_commands import vault_commands
from identity.settings import Settings
from servicekit import personal
from servicekit.ids import public_id
from servicekit.instants import rfc3339, utc_now
from servicekit.service import Service, command_line
from servicekit.service.processes import EXIT_UNAVAILABLE, load_settings

_SHOWN_ONCE = "The secret is shown this once; hand it over by a channel fit for secrets."

commands = typer.Typer()


@contextmanager
def _identity() -> Iterator[Identity]:
    """The application for one command; what goes wrong becomes one line and an exit code."""
    settings = load_settings(Settings)
    try:
        with SERVICE.connect(settings) as mongo:
            yield bootstrap(settings, mongo)
    except (CommandRefused, InvalidDefinition, VaultClosed) as error:
        typer.echo(f"identity: {error}", err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"identity: {error.filename}: {error.strerror}", err=True)
        raise typer.Exit(1) from None
    except PyMongoError as error:
        # Not the whole text: it can repeat the address, and with it the credentials, of the database.
        typer.echo(f"identity: the database did not answer ({type(error).__name__}); see MONGODB_URI", err=True)
        raise typer.Exit(EXIT_UNAVAILABLE) from None


@commands.command("create-client")
def create_client(
    name: Annotated[str, typer.Option(help="What it is, for people: no names of persons.")],
    kind: Annotated[ClientKind, typer.Option(help="What it is bound to: a centre, an officer, or nothing.")],
    scope: Annotated[list[str], typer.Option(help="One scope, such as payments:write; repeat for more.")],
    client_id: Annotated[str, typer.Option(help="cli_ and a name of your choice; minted without it.")] = "",
    kiosk_id: Annotated[str | None, typer.Option(help="For a kiosk: its centre, such as ksk_RJ10200001.")] = None,
    department: Annotated[str, typer.Option(help="For an officer: the department's slug, such as revenue.")] = "",
    designation: Annotated[str, typer.Option(help="For an officer: the post, such as Tehsildar.")] = "",
    designation_hi: Annotated[str, typer.Option(help="The post in Hindi, such as तहसीलदार.")] = "",
    person_id: Annotated[
        str, typer.Option(help="For one more client of an officer who has one: their per_ id; minted without it.")
    ] = "",
    district: Annotated[
        list[str] | None, typer.Option(help="For an officer: an LGD district code; repeat for more.")
    ] = None,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(help="For an app or a portal: where people come back to when they signed in; repeat for more."),
    ] = None,
    public_keys: Annotated[
        Path | None,
        typer.Option(
            help="A JWKS file of the client's own public keys, by which it proves itself (private_key_jwt) instead "
            "of by a secret.",
            dir_okay=False,
        ),
    ] = None,
    id_token_alg: Annotated[
        Algorithm, typer.Option(help="For an app or a portal: what its ID tokens are signed with.")
    ] = Algorithm.EDDSA,
) -> None:
    """Register a client and print its secret, this once: only a hash is kept."""
    officer = None
    if department or designation or designation_hi or person_id or district:
        if kind is not ClientKind.OFFICER:
            raise typer.BadParameter(
                "--department, --designation, --designation-hi, --person-id and --district go with --kind officer"
            )
        officer = OfficerPost(
            person_id=person_id or public_id("per"),
            second_client=bool(person_id),
            department=department,
            designation=designation,
            designation_hi=designation_hi or None,
            districts=district or [],
        )
    with _identity() as identity:
        secret = new_secret(identity.environment)
        client = identity.create_client(
            CreateClient(
                client_id=client_id or public_id("cli"),
                client_secret=secret,
                name=name,
                kind=kind,
                scopes=scope,
                kiosk_id=kiosk_id,
                officer=officer,
                redirect_uris=redirect_uri or [],
                public_keys=read_public_keys(public_keys.read_text(encoding="utf-8")) if public_keys else [],
                id_token_algorithm=id_token_alg,
                at=utc_now(),
            )
        )
    shown = {
        "client_id": client.id,
        **({"client_secret": secret} if client.has_secret else {}),
        "scopes": sorted(client.scopes),
    }
    if client.person:
        shown["person_id"] = client.person.id
    typer.echo(json.dumps(shown, indent=2))
    if client.has_secret:
        typer.echo(_SHOWN_ONCE, err=True)


@commands.command("rotate-client-secret")
def rotate_client_secret(
    client_id: Annotated[str, typer.Argument(help="The client's id.")],
    overlap_hours: Annotated[
        int, typer.Option(help="For how long the secret before counts beside it; 0 ends it now.", min=0, max=2160)
    ] = 168,
) -> None:
    """Give a client another secret and print it, this once. A third secret ends the first, whatever its time."""
    with _identity() as identity:
        secret = new_secret(identity.environment)
        until = identity.rotate_client_secret(
            RotateClientSecret(
                client_id=client_id, client_secret=secret, overlap=timedelta(hours=overlap_hours), at=utc_now()
            )
        )
    shown = {"client_id": client_id, "client_secret": secret, "earlier_secret_until": rfc3339(until)}
    typer.echo(json.dumps(shown, indent=2))
    typer.echo(_SHOWN_ONCE, err=True)


@commands.command("revoke-client")
def revoke_client(client_id: Annotated[str, typer.Argument(help="The client's id.")]) -> None:
    """End a client for good; a repeat changes nothing. The gateway refuses its tokens a few seconds later."""
    with _identity() as identity:
        identity.revoke_client(RevokeClient(client_id, utc_now()))
    typer.echo(f"{client_id} is revoked; the gateway refuses the tokens that it has within seconds")


@commands.command("seed-sandbox")
def seed_sandbox(
    out: Annotated[Path, typer.Option(help="File for the clients' ids and secrets (mode 0600).", dir_okay=False)],
) -> None:
    """Create the sandbox's clients and people; secrets that FILE still shows correctly are kept."""
    with _identity() as identity:
        done = identity.seed_sandbox(SeedSandbox(identity.sandbox_file(out), utc_now()))
    typer.echo(f"{done.clients} sandbox clients are there, {done.new_secrets} with a new secret; see {out}")


@commands.command("give-number")
def give_number(
    person_id: Annotated[str, typer.Argument(help="Whose number it will be, such as per_….")],
    mobile: Annotated[
        str, typer.Option(prompt="Mobile number", help="Asked for without it, so that no list of processes shows it.")
    ],
) -> None:
    """Have a person, such as an officer, sign in with a mobile number, and with no other."""
    with _identity() as identity:
        shown = identity.give_number(GiveNumber(person_id=person_id, mobile=mobile, at=utc_now()))
    typer.echo(f"{person_id} signs in with {shown}")


signing_key_commands(commands, _identity)
add_privacy_commands(commands, _identity)
SERVICE = Service(
    name="identity",
    version=__version__,
    settings=Settings,
    bootstrap=bootstrap,
    blueprints=[
        tokens,
        sign_ins,
        second_steps,
        recoveries,
        clients,
        officers,
        vault,
        assistances,
        not_me,
        own_data,
        register,
    ],
    publishes=PUBLISHES,
    consumes=CONSUMERS,
    jobs=JOBS,
    indexes=INDEXES,
    commands=commands,
    ids={
        "ast_": "an assistance: what a person agreed to that somebody else does for them",
        "brc_": "a breach of personal data",
        "cas_": "a case",
        "cli_": "a client",
        "cns_": "a consent",
        "era_": "a person's request to be erased",
        "gra_": "a grant, with all that was issued on it",
        "per_": "a person",
        "rcv_": "a recovery of somebody's number or second factor",
        "rdg_": "a reading of a number in the vault",
        "req_": "a request or a command, as the gateway shares it",
        "rgt_": "a right: what somebody may act as",
        "tok_": "an access token",
        "inv_": "an invitation of an operator",
        "vlt_": "a number in the vault",
    },
    shares=personal.SHARES,
)
main = command_line(SERVICE)
main.add_typer(people_commands(_identity))
main.add_typer(vault_commands(_identity), name="vault")
