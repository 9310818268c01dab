"""`certificates verify-qr`: a QR is verified with published keys alone, without a line and without the service."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.builders import jwk, signing_key
from typer.testing import CliRunner

from certificates.adapters.signatures.jws_signatures import JwsSignatures
from certificates.application.certificates.ports import QR
from certificates.entrypoints.service import main
from servicekit.keys import read_signing_key

SIGNATURES = JwsSignatures(read_signing_key(jwk()), [])
CONTENT = {"number": "DOM-7K2M9QX4TB-T", "issued_on": "2026-11-23", "holder": {"name": "क्षत्रिय"}}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """What GET /v1/certificate-keys answers, in a file."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(SIGNATURES.public_keys()), encoding="utf-8")
    return file


def verify(keys: Path, text: str, **options: Any) -> tuple[int, str]:
    outcome = CliRunner().invoke(main, ["verify-qr", "--keys", str(keys), text], env={}, **options)
    return outcome.exit_code, outcome.output


def signed(**changed: Any) -> str:
    return SIGNATURES.sign({**CONTENT, **changed}, QR)


def test_what_a_genuine_qr_says_is_printed_to_be_compared_with_the_paper(keys: Path) -> None:
    code, told = verify(keys, signed())
    assert code == 0
    assert "क्षत्रिय" in told
    assert "valid, unless it was revoked since" in told
    assert "मान्य" in told


def test_the_text_may_come_from_a_scanner_with_white_space_in_it(keys: Path) -> None:
    text = signed()
    assert verify(keys, f" {text[:40]} \r\n{text[40:]}\n")[0] == 0
    piped = CliRunner().invoke(main, ["verify-qr", "--keys", str(keys)], input=f"{text}\n")
    assert piped.exit_code == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://emitra-verify.example/DOM-7K2M9QX4TB-T", "link"),
        ("emitra-verify.example", "link"),
        ("upi://pay?pa=someone@bank", "link"),
        ("राम", "not-a-certificate"),
        ("x" * 20_000, "not-a-certificate"),
        (JwsSignatures(read_signing_key(jwk(signing_key())), []).sign(CONTENT, QR), "unknown-key"),
        (signed()[:-8] + "AAAAAAAA", "signature-invalid"),
        (signed(issued_on="2020-01-01", valid_until="2021-01-01"), "expired"),
        (signed(issued_on="2999-01-01"), "clock"),
        (signed(issued_on="yesterday"), "not-a-certificate"),
        (signed(issued_on=7), "not-a-certificate"),
    ],
)
def test_whatever_is_not_valid_is_told_with_its_reason_in_both_languages(keys: Path, text: str, reason: str) -> None:
    code, told = verify(keys, text)
    assert code == 1
    assert f"not valid ({reason})" in told
    assert "मान्य नहीं" in told


@pytest.mark.parametrize("content", [None, "", "{}", '{"keys": [{"kty": "oct"}]}', "\udcff"])
def test_a_file_that_holds_no_keys_is_told(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "keys.json"
    if content is not None:
        file.write_bytes(content.encode("utf-8", "surrogateescape"))
    code, told = verify(file, signed())
    assert code == 2
    assert "keys.json" in told
