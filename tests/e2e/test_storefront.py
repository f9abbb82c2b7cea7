"""The shop as people meet it, in a browser, from the CDN: nothing may be said on the console meanwhile."""

from __future__ import annotations

import itertools
import re
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from scripts.local.people import PASSWORD, add_person
from tests.e2e.browser import HEIGHT, WIDTH, browsing
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, ConsoleMessage

    from tests.e2e.conftest import Stack

GOOD, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"
NARROW = 360
HOUSE = (52.52, 13.405)  # of the shop, on its map

Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, stack: Stack) -> Iterator[Callable[..., Page]]:
    """Opens pages of the shop, each for somebody of their own; fails where the console says anything."""
    complaints: list[str] = []
    contexts = []
    site = stack.address("site")

    def open_page(address: str = "", *, width: int = WIDTH, scheme: Scheme = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.on("console", lambda message: complaints.extend(_complaint(message)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{site}/{address}")
        return page

    yield open_page
    said = list(complaints)  # before pages are cut off from what they wait for
    for context in contexts:
        context.close()
    assert said == []


def _complaint(message: ConsoleMessage) -> list[str]:
    """Return what a message complains of; an answer that is a refusal, the browser reports as an error."""
    is_refusal = re.search(r"status of (401|402|503)|ERR_INTERNET_DISCONNECTED", message.text)
    return [message.text] if message.type in ("error", "warning") and not is_refusal else []


def sign_in(page: Page, email: str) -> None:
    """Fill the open dialog."""
    page.locator("#login-email").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.locator("#login .primary").click()
    expect(page.locator("#account")).to_be_hidden()


def signed_in(page: Page, email: str) -> Page:
    page.locator("#open-account").click()
    sign_in(page, email)
    return page


def put_into_bag(page: Page, product: int) -> None:
    page.goto(f"{page.url.split('#')[0]}#/product/{product}")
    page.get_by_role("button", name="Put into the bag").click()
    expect(page.locator("#said")).to_contain_text("in your bag")


def pay_with(page: Page, card: str, button: str) -> None:
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name=button).click()


@pytest.fixture
def customer(stack: Stack) -> str:
    """The address of somebody who has bought nothing yet."""
    cognito = stack.aws("cognito-idp")
    [pool] = cognito.list_user_pools(MaxResults=10)["UserPools"]
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    add_person(cognito, pool["Id"], email)
    return email


@contextmanager
def courier(stack: Stack) -> Iterator[tuple[str, Callable[[float, float], None]]]:
    """The id of a courier, and what reports where they are."""
    with httpx.Client(base_url=stack.address("site"), timeout=PATIENCE) as client:
        account = {"email": "courier@example.com", "password": PASSWORD}
        token = client.post("/accounts/sign-in", json=account).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        subject = client.get("/accounts/me").json()["subject"]

        def report(latitude: float, longitude: float) -> None:
            position = {"latitude": latitude, "longitude": longitude}
            client.post(f"/couriers/{subject}/positions", json=position).raise_for_status()

        yield subject, report


def test_from_a_search_to_the_courier_at_the_door(
    visit: Callable[..., Page], stack: Stack, customer: str
) -> None:
    page = visit()
    products = page.get_by_role("list", name="Products")
    expect(products.get_by_role("listitem")).to_have_count(24)
    page.get_by_label("Search products").press_sequentially("cobalt vas")
    expect(page.locator("mark").first).to_be_visible()
    products.get_by_role("link", name="Cobalt vase").click()
    expect(page.locator(".about h1")).to_have_text("Cobalt vase")
    address = page.url
    onlooker = visit(address.split("/", 3)[3])
    stock = onlooker.locator(".count b")
    expect(stock).to_have_text(re.compile(r"\d"))
    before = int(stock.inner_text())

    review(page, customer)
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Put into the bag").click()
    page.locator("#open-bag").click()
    page.get_by_role("link", name="To the checkout").click()
    pay_with(page, DECLINED, "Order and pay")
    expect(page.get_by_role("alert").filter(has_text="declined")).to_contain_text("try another card")
    expect(page.locator("#count")).to_have_text("0")
    pay_with(page, GOOD, "Pay €")
    state = page.locator(".order > header .state")
    expect(state).to_have_text("Paid, being packed")

    with courier(stack) as (subject, report):
        report(*HOUSE)
        staff = signed_in(visit(page.url.split("/", 3)[3], scheme="dark"), "support@example.com")
        expect(staff.locator(f"#courier option[value='{subject}']")).to_be_attached()
        staff.locator("#courier").select_option(subject)
        staff.get_by_role("button", name="Ship it").click()
        expect(state).to_have_text("On its way")
        marker = page.locator(".courier")
        drawn = set()
        for latitude in (52.522, 52.526):
            report(latitude, 13.41)
            expect(page.locator(f".map[data-latitude='{latitude}']")).to_be_visible()
            drawn.add(marker.get_attribute("style"))
        assert len(drawn) == 2
    staff.get_by_role("button", name="It has arrived").click()
    expect(state).to_have_text("Delivered")
    expect(page.locator(".map")).to_contain_text("It has arrived")
    expect(stock).to_have_text(str(before - 2))  # nobody has touched that page meanwhile
    page.goto(address)
    expect(page.locator(".said-of-it")).to_contain_text("Blue as promised")


def review(page: Page, customer: str) -> None:
    """Say something of a product before signing in: what was typed is there afterwards."""
    page.get_by_label("Name, for all to see").fill("Ada")
    page.get_by_label("In one line").fill("Blue as promised")
    page.locator(".rating label").nth(4).click()
    page.get_by_role("button", name="Say it").click()
    expect(page.locator("#why")).to_contain_text("It waits here")
    sign_in(page, customer)
    page.get_by_role("button", name="Say it").click()
    expect(page.locator(".said-of-it")).to_contain_text("Blue as promised")
    expect(page.locator(".ratings")).to_contain_text("5.0")


def test_who_registers_confirms_by_the_mailed_code_and_is_signed_in(
    visit: Callable[..., Page], stack: Stack
) -> None:
    page, email = visit(), f"{uuid.uuid4().hex[:12]}@example.com"
    page.locator("#open-account").click()
    page.locator("#login-email").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    expect(page.locator("#account .trouble")).to_contain_text("a code is on its way")
    [mail] = [mail for mail in stack.mailbox() if email in mail["destinations"]]
    [code] = re.findall(r"\b\d{6}\b", mail["body"])
    page.locator("#code").fill(code)
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#open-account")).to_have_text("Account")
    page.locator("#open-account").click()
    expect(page.locator("#who")).to_have_text(email)
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#open-account")).to_have_text("Sign in")


def test_a_customer_and_the_support_talk_and_what_was_written_offline_goes_out_afterwards(
    visit: Callable[..., Page], customer: str
) -> None:
    page = signed_in(visit(), customer)
    page.get_by_role("button", name="Ask us").click()
    page.get_by_label("Your message").fill("Does the vase hold water?")
    page.get_by_label("Your message").press("Enter")
    staff = signed_in(visit("#/desk", scheme="dark"), "support@example.com")
    staff.get_by_role("button", name="Does the vase hold water?").first.click()
    expect(page.locator(".there")).to_contain_text("Support is here")
    staff.get_by_label("Your message").fill("It does.")
    staff.get_by_role("button", name="Send").click()
    expect(page.locator(".log")).to_contain_text("It does.")

    page.context.set_offline(True)
    page.get_by_label("Your message").fill("Thank you!")
    page.get_by_label("Your message").press("Enter")
    expect(page.locator(".log .waiting")).to_contain_text("Thank you!")
    page.context.set_offline(False)

    expect(staff.locator(".log")).to_contain_text("Thank you!")
    expect(page.locator(".log .waiting")).to_have_count(0)
    assert page.locator(".log > div", has_text="Thank you!").count() == 1


def test_a_bag_is_the_accounts_and_what_was_chosen_before_comes_on_top(
    visit: Callable[..., Page], customer: str
) -> None:
    first, second = visit(), visit()
    put_into_bag(first, 31)
    signed_in(first, customer)
    with first.expect_response(lambda answer: "/cart/lines/31" in answer.url):
        put_into_bag(first, 31)

    put_into_bag(second, 31)
    put_into_bag(second, 32)
    signed_in(second, customer)

    expect(second.locator("#count")).to_have_text("4")
    second.locator("#open-bag").click()
    expect(second.locator("#lines .quantity").first).to_contain_text("3")
    with second.expect_response(lambda it: it.request.method == "DELETE" and it.url.endswith("/32")):
        for _ in range(4):
            second.get_by_role("button", name="One less of").first.click()
    expect(second.locator("#lines")).to_contain_text("Nothing in it yet")
    first.reload()
    expect(first.locator("#count")).to_have_text("0")


def test_trouble_is_told_in_plain_words_and_nothing_typed_is_lost(
    visit: Callable[..., Page], customer: str
) -> None:
    page = visit()
    put_into_bag(page, 41)
    signed_in(page, customer)
    page.goto(f"{page.url.split('#')[0]}#/checkout")
    page.locator("#email").fill("elsewhere@example.com")

    busy = {"status": 503, "title": "Service Unavailable", "detail": "the database is down"}
    page.route("**/orders", lambda route: _refuse(route, busy, {"retry-after": "7"}))
    pay_with(page, GOOD, "Order and pay")
    expect(page.locator("#main .trouble")).to_have_text(
        "This part of the shop has its hands full. Try again in 7 s."
    )
    page.unroute("**/orders")
    page.context.set_offline(True)
    page.get_by_role("button", name="Order and pay").click()
    expect(page.locator("#main .trouble")).to_contain_text("You are offline")
    page.context.set_offline(False)
    expect(page.locator("#email")).to_have_value("elsewhere@example.com")
    expect(page.get_by_label("Card number")).to_have_value(GOOD)

    expire(page)
    page.get_by_role("button", name="Order and pay").click()
    expect(page.locator(".order > header .state")).to_have_text("Paid, being packed")
    expect(page.locator(".slip")).to_contain_text("elsewhere@example.com")


def _refuse(route: Route, problem: dict[str, Any], headers: dict[str, str]) -> None:
    route.fulfill(
        status=problem["status"], json=problem, headers=headers, content_type="application/problem+json"
    )


def expire(page: Page) -> None:
    """Have the shop take the next request's token for one that has expired."""
    seen = itertools.count()

    def refuse_once(route: Route) -> None:
        if next(seen):
            route.continue_()
        else:
            _refuse(route, {"status": 401, "title": "Unauthorized", "detail": "The token has expired."}, {})

    page.route("**/cart", refuse_once)


def test_the_keyboard_is_enough(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.get_by_role("list", name="Products").get_by_role("listitem")).to_have_count(24)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    tab_to(page, page.get_by_label("Search products"))
    page.keyboard.type("lamp")
    expect(page.locator("main h1")).to_have_text("“lamp”")
    link = page.get_by_role("list", name="Products").get_by_role("link").first
    expect(page.locator("mark").first).to_be_visible()
    tab_to(page, link)
    page.keyboard.press("Enter")
    expect(page.locator(".about h1")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Put into the bag"))
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_have_text("1")
    tab_to(page, page.locator("#open-bag"), key="Shift+Tab")
    page.keyboard.press("Enter")
    more = page.get_by_role("button", name="One more of")
    tab_to(page, more)
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_have_text("2")
    expect(more).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#bag")).to_be_hidden()
    expect(page.locator("#open-bag")).to_be_focused()


def tab_to(page: Page, target: Any, key: str = "Tab") -> None:
    for _ in range(60):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} does not lead to {target}")


@pytest.mark.parametrize(("width", "scheme"), [(NARROW, "dark"), (WIDTH, "light")])
def test_every_page_fits_its_screen_and_serves_who_hears_it_or_sees_little(
    visit: Callable[..., Page], customer: str, width: int, scheme: Scheme
) -> None:
    page = visit(width=width, scheme=scheme)
    put_into_bag(page, 51)
    signed_in(page, customer)
    page.goto(f"{page.url.split('#')[0]}#/checkout")
    pay_with(page, DECLINED, "Order and pay")
    expect(page.locator(".order")).to_be_visible()
    order = page.url.split("#")[1]
    put_into_bag(page, 52)
    for address in ("/", "/?q=vas", "/product/52", "/checkout", "/orders", order, "/nowhere"):
        page.goto(f"{page.url.split('#')[0]}#{address}")
        expect(page.locator(f'#main[data-shown="{address}"] h1')).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        check(page, address)
    page.locator("#open-bag").click()
    check(page, "the bag")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ask us").click()
    expect(page.locator(".there")).to_contain_text("at the desk")
    check(page, "the chat")


def check(page: Page, where: str) -> None:
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), f"{where} is too wide"
    found = Axe().run(page)
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"
