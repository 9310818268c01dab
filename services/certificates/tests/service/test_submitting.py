"""A citizen applies, at a centre or on the portal."""

from tests.support.builders import birth_form, caste_form, domicile_form, marriage_form
from tests.support.world import KIOSK, KIOSK_CLIENT, World, json_of, new_key, problem, read

from servicekit.testing import published


def test_a_submitted_application_says_what_is_due_and_how_to_pay_it(world: World) -> None:
    answer = world.kiosk().apply()
    application = json_of(answer, 201)
    assert application["state"] == "FEE_DUE"
    assert application["due_on"] is None
    fee = application["fee"]
    assert (fee["amount"], fee["currency"]) == (5000, "INR")
    assert fee["order"] == "Government form fee, order effective 2020-09-01"
    assert fee["order_hi"] == "शासकीय आवेदन शुल्क, 2020-09-01 से प्रभावी आदेश"
    assert fee["pay_with"] == {
        "biller_id": "EMITRA-FEES",
        "customer_params": {"application_id": application["application_id"]},
    }
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"/v1/applications/{application['application_id']}"


def test_submitting_tells_the_others_once_and_never_who_applied(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    (event,) = published(world.mongo)
    assert event["type"] == "org.emitra.application.submitted.v1"
    assert event["sequence"] == "1"
    assert event["data"]["application_id"] == application["application_id"]
    assert event["data"]["fee"] == {"amount": 5000, "currency": "INR"}
    assert event["data"]["fee_order_hi"] == "शासकीय आवेदन शुल्क, 2020-09-01 से प्रभावी आदेश"
    assert (event["data"]["kiosk_id"], event["data"]["client_id"]) == (KIOSK, KIOSK_CLIENT)
    assert not [value for value in domicile_form().values() if value in str(event)]


def test_an_application_without_a_fee_goes_to_verification_at_once(world: World) -> None:
    application = json_of(world.portal().apply("birth", birth_form()), 201)
    assert application["state"] == "IN_VERIFICATION"
    assert application["due_on"] is not None
    assert application["fee"]["amount"] == 0
    assert application["fee"]["pay_with"] is None


def test_a_late_report_has_the_fee_of_its_delay(world: World) -> None:
    application = json_of(world.kiosk().apply("birth", birth_form(25)), 201)
    fee = application["fee"]
    assert (application["state"], fee["amount"]) == ("FEE_DUE", 2_000)
    assert "after 21 days" in fee["order"]
    assert "21 दिन के बाद" in fee["order_hi"]
    described = json_of(world.kiosk().get("/v1/application-types/birth"), 200)
    assert described["fee"]["amount"] == 0
    assert [(late["after_days"], late["amount"]) for late in described["late_fees"]] == [
        (21, 2_000),
        (30, 5_000),
        (365, 10_000),
    ]
    world.paid(application)
    read = json_of(world.kiosk().get(f"/v1/applications/{application['application_id']}"), 200)
    assert (read["state"], read["fee"]["order"]) == ("IN_VERIFICATION", fee["order"])


def test_what_breaks_a_rule_of_the_type_is_refused_in_both_languages(world: World) -> None:
    married_first = marriage_form(wife_date_of_birth="2021-05-01", filed_by_name="Test Parent")
    refused = problem(world.kiosk().apply("marriage", married_first), 422)
    (error,) = refused["errors"]
    assert (error["pointer"], error["code"]) == ("/applicant/married_on", "too-early")
    assert error["detail"] == "The marriage cannot be before the wife's birth"
    assert error["detail_hi"] == "विवाह वधू के जन्म से पहले नहीं हो सकता"
    refused = problem(world.kiosk().apply("birth", birth_form(date_of_birth="1875-01-01")), 422)
    assert [error["pointer"] for error in refused["errors"]] == ["/applicant/late_report_permission"]
    assert world.mongo.db["applications"].count_documents({}) == 0


def test_a_fact_that_somebody_does_not_have_is_marked_for_the_officer_and_on_the_paper(world: World) -> None:
    form = caste_form(father_name=None, father_name_absent="not-named", mother_name="Test Mother")
    application_id = world.awaiting_decision("caste", applicant=form)["application_id"]
    json_of(world.officer().decide(application_id), 201)
    shown = json_of(world.sdo().get(f"/v1/applications/{application_id}"), 200)["applicant"]
    assert shown["father_name_absent"] == "not-named"
    decided = json_of(world.sdo().decide(application_id), 201)
    certificate = json_of(world.kiosk().get(f"/v1/certificates/{decided['certificate_id']}"), 200)
    holder = read(certificate["document"])["holder"]
    assert (holder["father_name_absent"], holder["mother_name"]) == ("not-named", "Test Mother")
    assert "father_name" not in holder


def test_a_type_says_what_stands_in_for_what_and_its_rules(world: World) -> None:
    described = json_of(world.kiosk().get("/v1/application-types/caste"), 200)
    fields = {field["name"]: field for field in described["form"]["fields"]}
    assert fields["father_name_absent"]["instead_of"] == ["father_name"]
    assert "instead_of" not in fields["father_name"]
    assert all(rule["en"] and rule["hi"] for rule in described["rules"])
    assert described["rules"]


def test_a_repeat_with_the_same_key_gives_the_first_application(world: World) -> None:
    key = new_key()
    first, again = world.kiosk().apply(key=key), world.kiosk().apply(key=key)
    assert json_of(again, 201)["application_id"] == json_of(first, 201)["application_id"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert world.mongo.db["applications"].count_documents({}) == 1
    assert len(published(world.mongo)) == 1


def test_a_key_used_for_another_form_is_refused(world: World) -> None:
    key = new_key()
    json_of(world.kiosk().apply(key=key), 201)
    answer = world.kiosk().apply(applicant=domicile_form(name="Test Citizen Two"), key=key)
    assert problem(answer, 422)["code"] == "idempotency-key-reused"


def test_submitting_writes_the_audit_trail(world: World) -> None:
    application = json_of(world.kiosk().apply(), 201)
    (line,) = world.history(application["application_id"])
    assert (line["what"], line["state_after"]) == ("submitted", "FEE_DUE")


def test_the_form_is_kept_as_it_was_given_but_tidied(world: World) -> None:
    untidy = domicile_form(name="  Test Citizen One ", years_of_residence=12)
    application = json_of(world.kiosk().apply(applicant=untidy), 201)
    assert application["applicant"] == domicile_form(years_of_residence=12)


def test_every_shipped_type_is_listed_with_todays_fee(world: World) -> None:
    listed = json_of(world.kiosk().get("/v1/application-types"), 200)
    fees = {line["application_type"]: line["fee"]["amount"] for line in listed["items"]}
    assert fees == {
        "birth": 0,
        "caste": 5000,
        "character": 20_000,
        "death": 0,
        "domicile": 5000,
        "employer-registration": 5000,
        "extra-copy": 5000,
        "income": 5000,
        "job-seeker-registration": 5000,
        "marriage": 5000,
        "name-addition": 5000,
        "record-correction": 5000,
        "record-search": 2000,
        "still-birth": 0,
        "unemployment-allowance": 5000,
    }
    assert listed["next"] is None


def test_a_type_describes_its_form_in_both_languages(world: World) -> None:
    described = json_of(world.kiosk().get("/v1/application-types/caste"), 200)
    fields = {field["name"]: field for field in described["form"]["fields"]}
    assert fields["name"]["label"] == {"en": "Applicant's name", "hi": "आवेदक का नाम (अंग्रेज़ी में)"}
    assert fields["category"]["choices"][0] == {
        "value": "SC",
        "label": {"en": "Scheduled Caste", "hi": "अनुसूचित जाति"},
    }
    assert [(step["name"], step["posts"]) for step in described["steps"]] == [
        ("verification", [{"en": "Tehsildar", "hi": "तहसीलदार", "order": None}]),
        ("approval", [{"en": "Sub-Divisional Officer", "hi": "उपखण्ड अधिकारी", "order": None}]),
    ]
    assert described["signer"] == {"en": "Sub-Divisional Officer", "hi": "उपखण्ड अधिकारी"}
    assert "facts-not-confirmed" in [reason["code"] for reason in described["refusal_reasons"]]


def test_a_type_that_does_not_exist_is_not_found(world: World) -> None:
    assert problem(world.kiosk().get("/v1/application-types/passport"), 404)["code"] == "application-type-not-found"
