"""Which test shows that an attack on tokens and sign-in fails: a row for each, and the tests have to be there."""

import ast
from functools import cache

import pytest

from tests.conftest import ROOT

TOKENS = "shared/servicekit/tests/unit/test_attacks_on_tokens.py"
GATEWAY = "services/gateway/tests/unit/test_access_tokens.py"
KEYS = "services/gateway/tests/service/test_authentication.py"
ASSERTIONS = "services/identity/tests/service/test_client_assertions.py"
GIVEN = "services/identity/tests/service/test_attacks_on_tokens.py"
SIGN_IN = "services/identity/tests/service/test_attacks_on_sign_in.py"
# What somebody would try, and the tests of it: `file::function`.
ATTACKS: dict[str, list[str]] = {
    "algorithm confusion": [
        f"{TOKENS}::test_our_public_key_is_nobodys_shared_secret",
        f"{TOKENS}::test_an_algorithm_that_was_not_agreed_on_is_refused_by_its_name",
        f"{TOKENS}::test_an_algorithm_that_was_agreed_on_is_refused_with_a_key_of_another_kind",
        f"{TOKENS}::test_a_token_of_an_rsa_key_in_the_same_key_set_is_none_for_us",
        f"{GATEWAY}::test_a_token_signed_with_the_public_key_as_a_shared_secret_is_invalid",
        "services/identity/tests/service/test_openid.py"
        "::test_an_id_token_of_rs256_is_no_access_token_whatever_its_type_says",
    ],
    "none": [
        f"{TOKENS}::test_an_unsigned_token_is_none_however_it_spells_none",
        f"{ASSERTIONS}::test_a_forged_assertion_is_one_answer",
    ],
    "wrong typ": [
        f"{TOKENS}::test_a_token_of_another_type_is_none_of_this_one",
        f"{GIVEN}::test_an_id_token_is_no_access_token",
    ],
    "wrong iss or aud": [
        f"{TOKENS}::test_another_issuer_or_audience_is_refused_however_near",
        f"{GATEWAY}::test_a_token_with_a_wrong_or_missing_claim_is_invalid",
        f"{KEYS}::test_a_callers_own_internal_headers_and_tokens_change_nothing",
    ],
    "embedded keys": [f"{TOKENS}::test_a_key_that_comes_with_the_token_is_not_looked_at"],
    "kid tricks": [
        f"{TOKENS}::test_a_kid_names_one_of_our_keys_exactly_or_none",
        f"{TOKENS}::test_a_kid_of_another_key_of_ours_does_not_do",
    ],
    "kid floods": [
        f"{TOKENS}::test_a_flood_of_unknown_kids_costs_each_a_refusal_and_is_remembered_nowhere",
        f"{KEYS}::test_unknown_keys_cause_one_look_in_ten_seconds_however_many_come",
    ],
    "absurd times": [
        f"{TOKENS}::test_a_rightly_signed_token_with_an_absurd_end_is_a_refusal_and_no_error",
        f"{TOKENS}::test_a_number_that_json_has_not_is_no_time",
        f"{KEYS}::test_a_rightly_signed_token_with_an_absurd_end_is_a_401",
    ],
    "duplicate claims": [f"{TOKENS}::test_a_member_that_is_there_twice_is_refused_though_the_signature_is_right"],
    "non-canonical signatures": [
        f"{TOKENS}::test_a_signature_plus_the_groups_order_is_no_second_signature",
        f"{TOKENS}::test_a_token_has_one_spelling",
    ],
    "oversized tokens": [
        f"{TOKENS}::test_large_and_deep_texts_are_a_refusal_at_once",
        "shared/servicekit/tests/unit/test_tokens.py::test_another_key_algorithm_type_or_length_is_refused",
    ],
    "refresh replay": [
        f"{GIVEN}::test_a_refresh_token_counts_once_and_its_second_use_ends_the_sign_in",
        f"{GIVEN}::test_of_two_that_renew_at_once_one_is_a_thief_and_neither_goes_on",
    ],
    "code replay": [
        f"{GIVEN}::test_a_code_counts_once_and_its_second_use_ends_what_the_first_gave",
        f"{GIVEN}::test_of_many_that_redeem_a_code_at_once_one_gets_tokens_and_they_do_not_last",
        f"{ASSERTIONS}::test_an_assertion_counts_once",
    ],
    "PKCE downgrade": [
        f"{SIGN_IN}::test_an_app_that_asks_for_less_safety_gets_its_error_back",
        f"{GIVEN}::test_a_code_counts_with_its_verifier_and_redirect_uri_alone",
        f"{GIVEN}::test_the_challenge_itself_is_no_verifier",
    ],
    "redirect-URI tricks": [
        f"{SIGN_IN}::test_nobody_is_sent_to_an_address_that_is_not_the_apps_own",
        f"{SIGN_IN}::test_a_parameter_that_is_there_twice_is_refused",
    ],
    "mix-up": [
        f"{GIVEN}::test_a_code_of_one_client_is_nothing_to_another",
        "services/identity/tests/service/test_signing_in.py::test_somebody_signs_in_and_the_app_gets_tokens_of_a_citizen",
    ],
    "CSRF": [
        f"{SIGN_IN}::test_a_form_counts_only_in_the_browser_that_opened_the_page",
        f"{SIGN_IN}::test_a_form_without_a_token_of_ours_is_refused",
    ],
    "session fixation": [f"{SIGN_IN}::test_a_planted_cookie_is_worth_nothing_after_the_sign_in"],
    "OTP guessing": [
        f"{SIGN_IN}::test_a_code_has_five_tries_and_then_not_even_the_right_one_counts",
        f"{SIGN_IN}::test_guesses_at_the_same_instant_are_counted_too",
    ],
    "OTP flooding": [
        f"{SIGN_IN}::test_strangers_cannot_have_a_phone_ring_all_day_nor_lock_its_owner_out",
        f"{SIGN_IN}::test_one_browser_cannot_try_numbers_all_day",
    ],
    "enumeration": [
        f"{SIGN_IN}::test_known_and_unknown_numbers_get_the_same_page",
        "services/identity/tests/service/test_token_endpoint.py"
        "::test_an_unknown_client_a_wrong_secret_and_a_revoked_client_are_one_answer",
    ],
    "enumeration by time": [
        "services/identity/tests/service/test_enumeration.py::test_known_and_unknown_clients",
        "services/identity/tests/service/test_enumeration.py::test_known_and_unknown_numbers",
    ],
}


@cache
def functions_of(file: str) -> set[str]:
    return {node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_has_a_test_that_shows_it_fail(attack: str) -> None:
    for shown in ATTACKS[attack]:
        file, _, function = shown.partition("::")
        assert function in functions_of(file), f"{file}: {function} is gone, which showed that {attack} fails"
