"""The dashboard in a real browser, in front of a real gateway whose real upstreams fail on demand."""

import json
import re
import urllib.request

import pytest

from tests.support.browser import chromium, page_of
from tests.support.gateways import gateway_process
from tests.support.processes import mock_services, running, until
from tests.support.traffic import traffic

TOKEN = "the operator's token"
CONFIG = """
server: {{ access_log: off }}
upstreams:
  users:  {{ url: "http://127.0.0.1:{users}" }}
  orders: {{ url: "http://127.0.0.1:{orders}", timeout: 200ms, breaker: {{ open_for: 30s }} }}
  recs:   {{ url: "http://127.0.0.1:{recommendations}" }}
routes:
  GET /user/profile/{{user_id:int}}:
    time_limit: 1s
    steps:
      basic_info:      {{ get: "users/internal/users/{{user_id}}", required: true }}
      order_summary:   {{ get: "orders/internal/orders?user_id={{user_id}}&limit=5" }}
      recommendations: {{ get: "recs/internal/recommend/{{basic_info.segment}}", fallback: [] }}
  GET /orders/{{user_id:int}}:
    summary: "<img src=x onerror=alert(1)>"
    steps: {{ orders: {{ get: "orders/internal/orders?user_id={{user_id}}&limit=1" }} }}
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def services(browser):
    with mock_services() as ports:
        yield ports


@pytest.fixture(scope="module")
def process(services, tmp_path_factory):
    text, folder = CONFIG.format(**services), tmp_path_factory.mktemp("gateway")
    with (
        gateway_process(text, folder, env={"GATEWAY_OPERATOR_TOKEN": TOKEN}) as process,
        traffic(process.port, ["/user/profile/7", "/user/profile/8", "/orders/7"]),
    ):
        process.home = f"http://127.0.0.1:{process.admin_port}/"
        yield process


@pytest.fixture(autouse=True)
def well(process, services):
    """Every test begins with nothing wrong."""
    fault(services, None)
    for upstream in ("users", "orders", "recs"):
        send("POST", f"{process.home}upstreams/{upstream}/breaker", {"action": "reset"})


@pytest.fixture
def page(browser, process):
    with page_of(browser, process.home) as page:
        page.locator(".link[data-is=live]").wait_for()
        yield page


def fault(services, described):
    """Let *orders* misbehave as *described*, or not at all."""
    send("PUT" if described else "DELETE", f"http://127.0.0.1:{services['orders']}/__faults", described)


def send(method, url, body):
    headers = {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}
    data = json.dumps(body).encode() if body else None
    urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=5).close()


def tile(page, upstream):
    return page.locator(f".tile[data-upstream={upstream}]")


def becomes(page, upstream, state):
    page.locator(f".tile[data-upstream={upstream}][data-state={state}]").wait_for(timeout=15_000)


def order(page, upstream, button, token=None):
    """Give an order, with *token* where it is asked for."""
    tile(page, upstream).get_by_role("button", name=button).click()
    if token is not None:
        page.get_by_label("Operator token").fill(token)
    page.locator("#order-go").click()


def test_tile_turns_when_its_upstream_fails_and_says_so_to_who_cannot_see(page, services):
    becomes(page, "orders", "closed")
    fault(services, {"mode": "hang"})
    becomes(page, "orders", "open")

    orders = tile(page, "orders")
    assert orders.locator(".state").inner_text() == "✕ open"
    assert re.fullmatch(r"probes in \d+ s", orders.locator(".countdown").inner_text())
    assert "timeout" in orders.locator(".why").inner_text()
    assert "orders is open" in page.locator("#told").inner_text()
    assert page.locator("#status .word").inner_text() == "degraded"
    assert tile(page, "users").get_attribute("data-state") == "closed"


def test_countdown_counts_down(page, services):
    fault(services, {"status": 503})
    becomes(page, "orders", "open")
    countdown = tile(page, "orders").locator(".countdown")
    first = int(re.search(r"\d+", countdown.inner_text())[0])

    page.wait_for_function(
        "([selector, first]) => parseInt(document.querySelector(selector).textContent.match(/\\d+/)) < first",
        arg=["[data-upstream=orders] .countdown", first],
    )


def test_numbers_move_with_the_traffic(page):
    page.locator(".tile[data-upstream=users] .rate strong", has_text=re.compile(r"[1-9]\d*/s")).wait_for()
    page.locator(".tile[data-upstream=users] .p99 strong", has_text=re.compile(r"\d ms")).wait_for()
    page.locator(".tile[data-upstream=users] .l50[d^=M]").wait_for(state="attached")
    page.locator("#rows tr", has_text="/user/profile").locator(
        ".rate", has_text=re.compile(r"[1-9]")
    ).wait_for()


def test_waterfall_of_a_degraded_request_opens_with_a_click_and_with_enter(page, services):
    fault(services, {"mode": "hang"})
    rows = page.locator(".request", has_text="order_summary: timeout")
    rows.first.wait_for(timeout=15_000)
    opener = rows.first.locator(".open")
    request = page.locator(f".request[data-id='{rows.first.get_attribute('data-id')}']")
    opener.click()

    details = request.locator(".details")
    details.wait_for()
    steps = details.locator("tbody tr")
    assert [step.locator("th").inner_text().split()[0] for step in steps.all()] == [
        "basic_info", "order_summary", "recommendations",
    ]  # fmt: skip
    assert "timeout" in steps.nth(1).inner_text()
    assert "no answer within 200 ms" in steps.nth(1).inner_text()
    assert steps.nth(1).locator(".piece").bounding_box()["width"] > 200
    assert re.fullmatch(r"[0-9a-f]{32}", details.locator(".tid").inner_text())

    request.locator(".open").focus()
    page.keyboard.press("Enter")
    assert details.is_hidden()
    page.keyboard.press("Enter")
    assert details.is_visible()
    assert request.locator(".open").get_attribute("aria-expanded") == "true"


def test_opened_waterfall_stays_while_newer_requests_push_it_out(page, services):
    fault(services, {"mode": "hang"})
    row = page.locator(".request", has_text="order_summary: timeout").first
    row.wait_for(timeout=15_000)
    opened = page.locator(f".request[data-id='{row.get_attribute('data-id')}']")
    opened.locator(".open").click()
    number = opened.get_attribute("data-id")

    page.wait_for_function(
        "async (id) => !(await (await fetch('feed.json')).json()).problems.some((each) => each.id === id)",
        arg=int(number),
    )
    page.wait_for_timeout(1500)

    assert opened.locator(".details").is_visible()


def test_force_open_works_only_with_the_token(page, process):
    becomes(page, "users", "closed")
    order(page, "users", "Force open", "")
    assert "missing" in page.locator("#order-fault").inner_text()

    page.get_by_label("Operator token").fill("a wrong one")
    page.locator("#order-go").click()
    page.locator("#order-fault", has_text="does not know this token").wait_for()
    assert state_in_feed(process, "users") == "closed"

    page.get_by_label("Operator token").fill(TOKEN)
    page.keyboard.press("Enter")
    becomes(page, "users", "forced_open")
    assert state_in_feed(process, "users") == "forced_open"
    assert not page.locator("#order").is_visible()
    assert tile(page, "users").locator(".state").inner_text() == "■ forced open"

    order(page, "users", "Reset")  # the token is remembered…
    becomes(page, "users", "closed")
    assert TOKEN not in page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")

    page.get_by_role("button", name="Forget token").click()  # …until it is forgotten
    tile(page, "users").get_by_role("button", name="Force open").click()
    assert page.get_by_label("Operator token").is_visible()


def state_in_feed(process, upstream):
    with urllib.request.urlopen(f"{process.home}feed.json", timeout=5) as answer:
        return next(each["state"] for each in json.load(answer)["upstreams"] if each["name"] == upstream)


def test_graph_is_drawn_for_the_route_that_is_chosen(page):
    page.locator("#rows button", has_text="/user/profile").click()
    steps = page.locator("#drawing [data-step]")

    assert [each.get_attribute("data-step") for each in steps.all()] == [
        "basic_info", "order_summary", "recommendations",
    ]  # fmt: skip
    assert steps.nth(2).bounding_box()["x"] > steps.nth(0).bounding_box()["x"]
    steps.nth(0).locator("text", has_text=re.compile(r"p50 .* ms")).wait_for()
    assert "recommendations after basic_info" in page.locator("#drawing").get_attribute("aria-label")


def test_names_from_the_configuration_are_text(page):
    page.locator("#rows button", has_text="/orders").click()

    page.locator("#graph-hint", has_text="<img src=x onerror=alert(1)>").wait_for()
    assert page.locator("img").count() == 0


def test_page_breaks_no_rule_of_its_own_policy(page, services):
    fault(services, {"mode": "hang"})
    page.locator(".request .open").first.wait_for(timeout=15_000)
    page.locator(".request .open").first.click()

    assert page.console == []


def test_it_says_when_the_gateway_is_gone_and_comes_back_by_itself(browser, services, tmp_path):
    with gateway_process(CONFIG.format(**services), tmp_path) as first:
        ports = ["--port", str(first.port), "--admin-port", str(first.admin_port)]
        with page_of(browser, f"http://127.0.0.1:{first.admin_port}/") as page:
            page.locator(".link[data-is=live]").wait_for()
            first.terminate()
            page.locator(".link[data-is=lost]", has_text="disconnected").wait_for(timeout=15_000)
            assert page.locator("#lost").is_visible()
            until(lambda: first.poll() is not None, what="the end of the gateway")
            assert first.returncode == 0

            config = str(tmp_path / "gateway.yaml")
            with running("-m", "gateway", "run", config, *ports, ports=[first.admin_port]):
                page.locator(".link[data-is=live]").wait_for(timeout=15_000)
                assert page.locator("#lost").is_hidden()


def test_everything_is_reached_with_the_keyboard_and_focus_is_seen(page):
    page.locator(".request .open").first.wait_for(timeout=15_000)
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(FOCUSED)
        seen.add(name)
        assert outline != "none" or name == "BODY", name  # past the last one is the browser itself

    assert {"skip", "pause", "theme", "force", "reset", "scroll", "open"} <= seen


def test_paused_page_stands_still(page):
    page.get_by_role("button", name="Pause").click()
    before = page.locator("#tiles").inner_html()
    page.wait_for_timeout(2500)

    assert page.locator("#tiles").inner_html() == before
    assert page.locator("#link .word").inner_text() == "paused"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_and_fits_a_telephone(browser, process, services, scheme):
    fault(services, {"mode": "hang"})
    with page_of(browser, process.home, width=400, color_scheme=scheme, reduced_motion="reduce") as page:
        becomes(page, "orders", "open")
        page.locator(".request .open").first.click()

        assert page.evaluate("document.documentElement.scrollWidth") == 400
        assert page.evaluate("getComputedStyle(document.querySelector('.lever')).transitionDuration") == "0s"
        assert page.evaluate(FAINT_TEXT) == []


FOCUSED = """() => {
  const element = document.activeElement;
  return [element.className || element.id || element.tagName, getComputedStyle(element).outlineStyle];
}"""

FAINT_TEXT = """() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [x, y, z] = [r, g, b].map((v) => linear(v / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const found = parse(getComputedStyle(each).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || element.closest("svg, template, noscript, .unseen") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element), a = light(parse(style.color)), b = light(ground(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const name = element.className || element.id || element.tagName;
    if (ratio < 4.5 && !element.disabled) faint.push(`${name}: ${ratio.toFixed(2)}`);
  }
  return faint;
}"""
