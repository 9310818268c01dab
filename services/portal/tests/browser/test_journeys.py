"""What people come for, from the first page to the answer: without a script, and with the keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.browser.conftest import PHONE, picture
from tests.browser.test_pages import violations
from tests.support.fake_platform import APPLICATION_TOKEN, NUMBER, VALID_TEXT
from tests.support.pictures import qr_picture


@pytest.fixture
def plain(browser: Browser, site: str) -> Iterator[Page]:
    """A phone whose browser runs no script."""
    context = browser.new_context(base_url=site, viewport=PHONE, java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_a_service_is_found_in_latin_letters_and_read_without_a_script(plain: Page) -> None:
    plain.goto("/")
    plain.get_by_role("link", name="हिन्दी").first.click()
    plain.get_by_label("कौन-सी सेवा खोज रहे हैं?").fill("mool niwas praman patra")
    plain.get_by_role("button", name="खोजें").click()
    plain.get_by_role("link", name="मूल निवास प्रमाण पत्र").click()

    expect(plain.get_by_role("heading", level=1)).to_have_text("मूल निवास प्रमाण पत्र")
    expect(plain.get_by_text("₹50.00")).to_be_visible()


def test_the_language_changes_on_the_same_page_and_keeps_the_question(plain: Page) -> None:
    plain.goto("/hi/services?q=bijli+bill")
    plain.get_by_role("link", name="English").click()

    expect(plain.get_by_label("Which service are you looking for?")).to_have_value("bijli bill")
    expect(plain.get_by_role("link", name="Jaipur Vidyut Vitran Nigam")).to_be_visible()


def test_the_nearest_centre_is_found_without_a_script(plain: Page) -> None:
    plain.goto("/en")
    plain.get_by_role("link", name="Nearest centre").first.click()
    expect(plain.get_by_role("button", name="Use where I am")).to_be_hidden()
    plain.get_by_label("Your town or PIN code").fill("302001")
    plain.get_by_role("button", name="Show centres").first.click()

    expect(plain.get_by_role("listitem").filter(has_text="93 m, ")).to_be_visible()
    expect(plain.get_by_role("img", name="The centres of the list above")).to_be_visible()


def test_a_phone_that_knows_where_it_is_tells_it_to_a_kilometre(context: BrowserContext) -> None:
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": 26.912434, "longitude": 75.787271})
    page = context.new_page()
    page.goto("/en/centres")

    page.get_by_role("button", name="Use where I am").click()

    page.wait_for_url("**/en/centres?lat=26.91&lon=75.79")
    expect(page.get_by_text("Centres near this position")).to_be_visible()


def test_a_phone_that_does_not_tell_where_it_is_says_so(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/en/centres")

    page.get_by_role("button", name="Use where I am").click()

    expect(page.get_by_role("alert")).to_contain_text("Write a town or a PIN instead")


def test_a_service_is_found_with_the_keyboard_alone(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/en")
    page.get_by_label("Which service are you looking for?").focus()

    page.keyboard.type("janam praman patra")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/services?q=*")
    page.get_by_role("link", name="Birth certificate").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Birth certificate")


@pytest.mark.parametrize(
    ("language", "label", "button", "heading"),
    [("en", "Token", "Show", "It is IN_VERIFICATION"), ("hi", "टोकन", "दिखाएँ", "स्थिति IN_VERIFICATION")],
)
def test_an_application_is_followed_without_a_script(
    plain: Page, language: str, label: str, button: str, heading: str
) -> None:
    plain.goto(f"/{language}/track")
    plain.get_by_label(label).fill(APPLICATION_TOKEN.lower())
    plain.get_by_role("button", name=button).click()

    expect(plain.get_by_role("heading", level=1)).to_have_text(heading)
    assert APPLICATION_TOKEN not in plain.url.upper()


ANSWERS = [
    ("track", "token", APPLICATION_TOKEN),
    ("track", "token", "EM123"),
    ("verify", "text", VALID_TEXT),
    ("verify", "text", "no certificate"),
    ("verify", "text", ""),
    ("verify", "number", NUMBER),
    ("verify", "number", ""),
]


@pytest.mark.parametrize("language", ["hi", "en"])
@pytest.mark.parametrize(("place", "field", "text"), ANSWERS)
def test_axe_finds_nothing_on_what_a_form_shows(
    context: BrowserContext, axe: str, language: str, place: str, field: str, text: str
) -> None:
    page = context.new_page()
    page.goto(f"/{language}/{place}")
    page.locator(f"#{field}").fill(text)
    page.locator("form", has=page.locator(f"#{field}")).locator("button").click()
    page.evaluate(axe)
    picture(page, f"phone-{language}-{place}-{text[:12]}")

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_certificate_is_verified_by_its_text_without_a_script(plain: Page) -> None:
    plain.goto("/hi/verify")
    plain.get_by_label("प्रमाण पत्र का हस्ताक्षरित पाठ").fill(VALID_TEXT)
    plain.get_by_role("button", name="पाठ से जाँचें").click()

    expect(plain.get_by_role("heading", level=1)).to_have_text("यह प्रमाण पत्र मान्य है")


def test_a_certificate_is_verified_by_its_number_with_the_keyboard_alone(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/en/verify")
    page.get_by_label("Number of the certificate").focus()
    for typed in (NUMBER, "20", "11", "2026"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("This certificate is valid")
    expect(page.get_by_text("T. C. O.")).to_be_visible()
    assert NUMBER not in page.url


@pytest.mark.parametrize(
    ("text", "heading"),
    [(VALID_TEXT, "This certificate is valid"), ("https://example.com/valid", "This is something else")],
)
def test_a_certificate_is_verified_by_a_picture_without_a_script(plain: Page, text: str, heading: str) -> None:
    plain.goto("/en/verify")
    plain.get_by_label("Photo or screenshot").set_input_files(
        {"name": "qr.png", "mimeType": "image/png", "buffer": qr_picture(text)}
    )
    plain.get_by_role("button", name="Verify by picture").click()

    expect(plain.get_by_role("heading", level=1)).to_contain_text(heading)
    assert plain.url.endswith("/en/verify")


@pytest.mark.parametrize("language", ["hi", "en"])
def test_axe_finds_nothing_on_what_is_said_of_a_picture(context: BrowserContext, axe: str, language: str) -> None:
    page = context.new_page()
    page.goto(f"/{language}/verify")
    page.locator("#picture").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    page.locator("form", has=page.locator("#picture")).locator("button").click()
    expect(page.locator("#picture-error")).to_be_visible()
    page.evaluate(axe)
    picture(page, f"phone-{language}-verify-no-picture")

    assert violations(page) == []


def test_a_photo_that_is_too_large_is_told_at_its_field(plain: Page) -> None:
    plain.goto("/en/verify")
    plain.get_by_label("Photo or screenshot").set_input_files(
        {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": b"x" * 9_000_000}
    )
    plain.get_by_role("button", name="Verify by picture").click()

    expect(plain.locator("#picture-error")).to_contain_text("more than 8 MB")


def test_a_wrong_token_is_mended_by_the_keyboard_alone(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/en/track")
    page.get_by_label("Token").focus()
    page.keyboard.type("EM123")
    page.keyboard.press("Enter")

    page.get_by_role("link", name="A letter or a digit is wrong").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.type(APPLICATION_TOKEN)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("It is IN_VERIFICATION")
