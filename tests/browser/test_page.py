"""The phone in a real browser: what a person does there, and what they see."""

from __future__ import annotations

import re
import signal
from typing import Any

import gevent
import pytest
from playwright.sync_api import Page, expect
from running_process import LIMIT
from websockets.sync.client import connect

from relay_runtime.process.process import ExitCode

from .conftest import Phone, Serve
from .menu import PROMPT

pytestmark = [pytest.mark.slow, pytest.mark.proof]


LOOP = """
from relay_runtime.aio import RelayClient

client = RelayClient(contexts=["office"])

@client.on_call
async def serve(call):
    await call.answer()
    await (await call.play_tts("Hello from a loop.")).wait()
    await call.wait_for_ended(timeout=600)
"""


def dial(page: Page) -> None:
    page.get_by_role("button", name="Dial").click()
    expect(call(page)).to_contain_text("answers")


def call(page: Page, line: int = 1) -> Any:
    return page.get_by_role("article", name=re.compile(f"^Line {line}:")).first


def press(page: Page, key: str) -> None:
    page.get_by_role("group", name="Keypad").get_by_role("button", name=key, exact=True).click()


def comes_true(page: Page, expression: str) -> None:
    """Wait until something holds in the page, whose policy lets nobody evaluate a text there."""
    with gevent.Timeout(LIMIT, AssertionError(f"{expression} never came true: {page.evaluate('window.spoken')}")):
        while not page.evaluate(expression):
            gevent.sleep(0.05)


def test_a_call_is_dialled_heard_answered_by_keys_and_over(phone: Phone) -> None:
    page = phone.open()
    expect(page.get_by_text("No call yet")).to_be_visible()
    expect(page.locator("#keypad button").first).to_be_disabled()
    dial(page)
    expect(call(page).locator(".sounding")).to_contain_text(PROMPT)
    press(page, "1")
    expect(call(page)).to_contain_text("presses 1")
    expect(call(page)).to_contain_text("You pressed 1.")
    expect(call(page)).to_contain_text("is cut off")
    page.get_by_label("Say", exact=True).fill("good day")
    page.get_by_role("button", name="Say").click()
    expect(call(page)).to_contain_text("says 'good day'")
    expect(call(page).locator(".sounding")).to_contain_text(PROMPT)
    press(page, "0")
    expect(call(page)).to_contain_text("Goodbye.")
    expect(call(page).locator(".state")).to_contain_text("over after")
    expect(call(page).locator(".sounding")).to_have_count(0)
    expect(page.locator("#keypad button").first).to_be_disabled()
    phone.process.send(signal.SIGINT)
    assert phone.process.exit_code() == ExitCode.OK


def test_the_person_hangs_up(phone: Phone) -> None:
    page = phone.open()
    dial(page)
    call(page).get_by_role("button", name="Hang up").click()
    expect(call(page)).to_contain_text(re.compile(r"phone\s*hangs up"))


def test_another_number_and_context_can_be_dialled_and_one_that_nobody_serves_is_said_to_be_none(phone: Phone) -> None:
    page = phone.open()
    page.get_by_label("Number").fill("+15550107777")
    page.get_by_label("Context").fill("sales")
    page.get_by_role("button", name="Dial").click()
    expect(
        page.get_by_role("alert").filter(has_text="does not serve the context 'sales': it serves office")
    ).to_be_visible()
    page.get_by_label("Context").fill("office")
    dial(page)
    expect(call(page)).to_contain_text("To +15550107777")


def test_a_call_of_the_app_rings_and_is_taken_or_declined(phone: Phone) -> None:
    page = phone.open()
    dial(page)
    press(page, "3")
    ring = page.locator("#ringing")
    expect(ring).to_contain_text("Line 2: The app calls +15550100001")
    ring.get_by_role("button", name="Answer").click()
    expect(call(page, 2)).to_contain_text("This is your call back.")
    expect(ring).to_be_empty()
    call(page, 2).get_by_role("button", name="Hang up").click()
    expect(call(page, 2).locator(".state")).to_contain_text("over after")
    press(page, "3")
    ring.get_by_role("button", name="Decline").click()
    expect(ring).to_be_empty()
    expect(call(page, 2)).to_contain_text("unanswered")


def test_text_messages_go_both_ways(phone: Phone) -> None:
    page = phone.open()
    page.get_by_label("Message", exact=True).fill("are you there?")
    page.get_by_role("button", name="Send").click()
    thread = page.get_by_role("log", name="Messages")
    expect(thread.locator("li.ours")).to_contain_text("are you there?")
    expect(thread).to_contain_text("You wrote: are you there?")
    expect(thread).to_contain_text("from the app to +15550100001: delivered")
    dial(page)
    press(page, "2")
    expect(thread).to_contain_text("Hello from the app")


def test_two_browsers_see_the_same_phone(phone: Phone) -> None:
    one = phone.open()
    dial(one)
    two = phone.open()
    expect(call(two)).to_contain_text(PROMPT)
    press(two, "1")
    for page in (one, two):
        expect(call(page)).to_contain_text("You pressed 1.")
    call(one).get_by_role("button", name="Hang up").click()
    expect(call(two).locator(".state")).to_contain_text("over after")


def test_the_page_can_be_loaded_again_and_shows_what_was(phone: Phone) -> None:
    page = phone.open()
    assert page.url.endswith("/")  # without the token
    dial(page)
    page.reload()
    expect(call(page)).to_contain_text(PROMPT)
    press(page, "1")
    expect(call(page)).to_contain_text("You pressed 1.")


def test_a_page_that_has_lost_its_connection_comes_back_and_shows_what_it_missed(phone: Phone) -> None:
    context = phone.context()
    page = context.new_page()
    opened: list[Any] = []
    away: list[bool] = []

    def pass_on(way: Any) -> None:
        opened.append(way)
        if away:
            way.close()
        else:
            way.connect_to_server()

    page.route_web_socket(re.compile("/socket$"), pass_on)
    page.goto(phone.url())
    phone._opened += 1
    expect(page.locator("#connection")).to_contain_text("this phone is")
    dial(page)
    other = phone.open()
    away.append(True)
    opened[0].close()
    expect(page.locator("#connection")).to_contain_text("No answer: trying again")
    page.get_by_role("button", name="Send").click()
    press(other, "1")
    expect(call(other)).to_contain_text("You pressed 1.")
    away.clear()
    expect(page.locator("#connection")).to_contain_text("this phone is")
    expect(call(page)).to_contain_text("You pressed 1.")
    expect(page.locator("#calls article")).to_have_count(1)


def test_an_app_lives_through_a_cut_and_the_live_view_shows_it(phone: Phone) -> None:
    page = phone.open()
    dial(page)
    app = page.locator("#apps .app")
    expect(app).to_contain_text("app:Menu")
    expect(app).to_contain_text(re.compile(r"reconnects\s*0"))
    row = page.locator("#live-calls tr").first
    expect(row).to_contain_text("answered")
    expect(row).to_contain_text("calling.play_and_collect")
    expect(row).to_contain_text(re.compile(r"app\.py:\d+ in Menu\.run"))
    row.get_by_role("button").click()
    expect(page.locator("#timeline")).to_contain_text(f"hears '{PROMPT}'")
    page.get_by_role("button", name="Cut").click()
    expect(app).to_contain_text(re.compile(r"reconnects\s*1"))
    expect(page.locator("#counters")).to_contain_text(re.compile(r"resumes\s*1"))
    press(page, "1")
    expect(call(page)).to_contain_text("You pressed 1.")


def test_faults_are_armed_by_a_click_and_calmed(phone: Phone) -> None:
    page = phone.open()
    armed = page.locator("#armed")
    expect(armed).to_have_text("Nothing is armed.")
    page.get_by_role("button", name="Refuse").click()
    expect(armed).to_have_text("the next 3 connections are refused.")
    page.get_by_role("button", name="Delay frames").click()
    expect(armed).to_contain_text("every frame is 0.5 s late")
    page.get_by_role("button", name="Calm").click()
    expect(armed).to_have_text("Nothing is armed.")
    page.get_by_label("connections").fill("1")
    page.get_by_role("button", name="Refuse").click()
    expect(armed).to_contain_text("refused")
    page.get_by_role("button", name="Cut").click()
    expect(page.locator("#apps")).to_contain_text(re.compile(r"reconnects\s*1"))
    page.get_by_label("s", exact=True).first.fill("1")
    page.get_by_role("button", name="Stall").click()
    expect(armed).to_contain_text("the connection is stalled")
    dial(page)  # answered behind the stall
    page.get_by_role("button", name="Half-open").click()
    expect(armed).to_contain_text("the connection is half-open")
    page.get_by_role("button", name="Cut").click()
    expect(page.locator("#apps")).to_contain_text(re.compile(r"reconnects\s*2"))
    press(page, "1")
    expect(call(page)).to_contain_text("You pressed 1.")


def test_frames_pass_masked_and_open_by_a_click(phone: Phone) -> None:
    page = phone.open()
    dial(page)
    frames = page.locator("#frames")
    expect(frames).to_contain_text("app → signalwire.connect")
    expect(frames).to_contain_text("→ app calling.call.receive")
    frames.locator("summary").filter(has_text="→ app calling.call.receive").click()
    opened = frames.locator("details[open] pre")
    expect(opened).to_contain_text('"from_number": "***"')
    assert "+1555" not in opened.inner_text()


def test_all_of_it_can_be_done_by_the_keyboard_alone(phone: Phone) -> None:
    page = phone.open()

    def tab_to(what: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent + (document.activeElement.name ?? '')").startswith(
                what
            ):
                return
        raise AssertionError(f"{what!r} is not to be reached")

    tab_to("Dial")
    page.keyboard.press("Enter")
    expect(call(page).locator(".sounding")).to_contain_text(PROMPT)
    page.keyboard.press("3")
    expect(call(page)).to_contain_text("presses 3")
    expect(page.locator("#ringing button").first).to_be_visible()
    tab_to("Answer")
    page.keyboard.press("Enter")
    expect(call(page, 2)).to_contain_text("This is your call back.")
    tab_to("words")
    page.keyboard.type("route 66#")
    page.keyboard.press("Enter")
    expect(call(page, 2)).to_contain_text("says 'route 66#'")
    tab_to("Hang up")
    page.keyboard.press("Enter")
    expect(call(page, 2).locator(".state")).to_contain_text("over after")
    tab_to("Cut")
    page.keyboard.press("Enter")
    expect(page.locator("#apps")).to_contain_text(re.compile(r"reconnects\s*1"))
    page.get_by_label("Hold the list").check()
    page.get_by_role("region", name="Frames").focus()
    for key in ("ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#frames details[open]")).to_have_count(1)


def test_prompts_are_spoken_while_they_last_if_that_is_wanted(phone: Phone) -> None:
    context = phone.context()
    context.add_init_script(
        """
        window.spoken = [];
        const voice = {
          speak: (utterance) => window.spoken.push(utterance.text),
          cancel: () => window.spoken.push("(cancel)"),
          pause: () => {}, resume: () => {}, getVoices: () => [1],
        };
        Object.defineProperty(window, "speechSynthesis", { value: voice });
        """
    )
    page = phone.open(context)
    dial(page)
    assert PROMPT not in page.evaluate("window.spoken")
    page.get_by_label("Speak prompts aloud").check()
    press(page, "1")
    comes_true(page, "window.spoken.includes('You pressed 1.')")
    comes_true(page, f"window.spoken.at(-1) === '{PROMPT}'")
    press(page, "5")  # barged into: the voice stops, and goes on with what comes
    comes_true(page, f"window.spoken.slice(window.spoken.lastIndexOf('{PROMPT}')).includes('(cancel)')")
    comes_true(page, "window.spoken.includes('You pressed 5.')")
    call(page).get_by_role("button", name="Hang up").click()
    comes_true(page, "window.spoken.at(-1) === '(cancel)'")


def test_a_crash_of_the_app_is_shown_and_is_the_exit_code(phone: Phone) -> None:
    page = phone.open()
    dial(page)
    press(page, "9")
    crash = call(page).locator("details").filter(has_text="crashes")
    crash.locator("summary").click()
    expect(crash).to_contain_text("ValueError: the app is broken")
    expect(call(page)).to_contain_text(re.compile(r"app\s*hangs up: error"))
    phone.process.send(signal.SIGINT)
    assert phone.process.exit_code() == ExitCode.FAILED


def test_a_crash_outside_of_calls_is_shown_too_and_in_no_call(phone: Phone) -> None:
    page = phone.open()
    dial(page)
    page.get_by_label("Message", exact=True).fill("boom")
    page.get_by_role("button", name="Send").click()
    crash = page.locator("#crashes details")
    crash.locator("summary").click()
    expect(crash).to_contain_text("LookupError: the handler is broken")
    expect(call(page)).not_to_contain_text("crashes")


def is_in_sight(page: Page, text: str) -> bool:
    """Whether the end of what holds a text is in the part of its log that is seen."""
    return bool(
        page.evaluate(
            """(text) => {
                const found = [...document.querySelectorAll("#messages li, .call .what > span > span:nth-child(2)")];
                const shown = found.filter((each) => each.closest("li").textContent.includes(text)).at(-1);
                const [log, its] = [shown.closest(".log"), shown].map((each) => each.getBoundingClientRect());
                return its.bottom <= log.bottom + 1 && its.bottom >= log.top;
            }""",
            text,
        )
    )


def test_what_is_new_is_in_sight_also_in_the_middle_of_a_long_prompt(phone: Phone) -> None:
    page = phone.open()
    for number in range(8):
        page.get_by_label("Message", exact=True).fill(f"text {number}")
        page.get_by_role("button", name="Send").click()
        expect(page.locator("#messages")).to_contain_text(f"You wrote: text {number}")
    assert is_in_sight(page, "You wrote: text 7")
    dial(page)
    press(page, "4")
    expect(call(page).locator(".sounding")).to_contain_text("And so on.")
    assert is_in_sight(page, "And so on.")
    page.wait_for_timeout(1500)  # some words are spoken
    assert is_in_sight(page, "And so on.")


def test_digits_are_keys_wherever_the_focus_is_but_in_a_field(phone: Phone) -> None:
    page = phone.open()
    dial(page)
    presses = 0
    for name in ("Calm", "Phone", "Hold the list", "Speak prompts aloud"):
        page.get_by_role("button", name=name).or_(page.get_by_label(name)).first.evaluate("each => each.focus()")
        page.keyboard.press("1")
        presses += 1
        expect(call(page).get_by_text("presses 1")).to_have_count(presses)
    page.get_by_label("Number").focus()
    page.keyboard.press("1")
    page.get_by_label("Digits, * and # on the keyboard are keys").uncheck()
    page.get_by_role("button", name="Calm").focus()
    page.keyboard.press("1")
    press(page, "2")
    expect(call(page)).to_contain_text("presses 2")
    expect(call(page).get_by_text("presses 1")).to_have_count(presses)
    page.get_by_label("Number").press("Enter")
    expect(page.get_by_role("button", name="Dial")).to_be_focused()


def test_an_app_of_asyncio_has_the_page_too(serve: Serve, tmp_path: Any) -> None:
    (tmp_path / "loop.py").write_text(LOOP)
    phone = serve("phone", "loop:client", "--web", "--asyncio")
    page = phone.open()
    dial(page)
    expect(call(page)).to_contain_text("Hello from a loop.")
    expect(page.locator("#live-calls")).to_contain_text("loop.py")
    phone.process.send(signal.SIGINT)
    assert phone.process.exit_code() == ExitCode.OK
    assert "Traceback" not in phone.process.stderr


def test_a_file_that_cannot_be_loaded_again_is_said_on_the_page(serve: Serve, tmp_path: Any) -> None:
    phone = serve("phone", "app:Menu", "--web", "--reload")
    page = phone.open()
    app = tmp_path / "app.py"
    app.write_text(f"def x(:\n{app.read_text()}")
    crash = page.locator("#crashes details").first
    expect(crash).to_contain_text("the app can't be loaded; what was there before goes on")
    crash.locator("summary").click()
    expect(crash).to_contain_text("SyntaxError")
    dial(page)


def test_a_sandbox_alone_has_the_phone_too(serve: Serve) -> None:
    sandbox = serve("sandbox", "--web", "--any-credentials")
    page = sandbox.open()
    page.get_by_label("Context").fill("office")
    page.get_by_role("button", name="Dial").click()
    expect(page.locator("#complaint")).to_contain_text("it has subscribed to none")
    told = [line.split()[1] for line in sandbox.process.lines["stdout"] if line.startswith("  export ")]
    app = serve("start", "app:Menu", "--context", "office", environ=dict(each.split("=", 1) for each in told))
    app.process.wait_for_line("connection connected")
    dial(page)
    press(page, "2")
    expect(page.locator("#messages")).to_contain_text("Hello from the app")
    expect(page.locator("#apps")).to_contain_text("app:Menu")
    expect(page.locator("#live-calls")).to_contain_text("in Menu.run")


def test_a_frame_may_be_anything(serve: Serve) -> None:
    sandbox = serve("sandbox", "--web")
    page = sandbox.open()
    url = sandbox.process.wait_for_line(r"^sandbox +(ws://\S+)", "stdout")[1]
    odd = '{"toString": 1, "valueOf": 1, "__proto__": {"x": "<img src=x onerror=alert(1)>"}}'
    with connect(url) as client:
        for frame in (
            "null",
            "5",
            "[]",
            '"<b>"',
            odd,
            f'{{"method": {odd}}}',
            f'{{"id": {odd}, "error": {{"code": {odd}}}}}',
        ):
            client.send(frame)
        client.send('{"id": "1", "method": "signalwire.event", "params": null}')
        client.send('{"id": "2", "method": "the.last"}')
        expect(page.locator("#frames")).to_contain_text("the.last")
        page.reload()
        expect(page.locator("#connection")).to_contain_text("this phone is")
        expect(page.locator("#frames")).to_contain_text("the.last")


def test_when_the_app_is_loaded_again_the_page_goes_on(serve: Serve, tmp_path: Any) -> None:
    phone = serve("phone", "app:Menu", "--web", "--reload")
    page = phone.open()
    dial(page)
    app = tmp_path / "app.py"
    app.write_text(app.read_text().replace("You pressed", "You have pressed"))
    expect(call(page).locator(".state")).to_contain_text("over after")
    expect(page.locator("#apps")).to_contain_text(re.compile(r"connection\s*connected"))
    dial(page)
    press(page, "7")
    expect(call(page)).to_contain_text("You have pressed 7.")


def test_the_browser_refuses_what_the_policy_forbids_and_the_server_whoever_was_not_let_in(serve: Serve) -> None:
    phone = serve("phone", "app:Menu", "--web", faultless=False)
    page = phone.open()
    here = page.url.removesuffix("/")
    port = here.rsplit(":", 1)[1]
    assert page.evaluate("fetch('/main.js').then((answer) => answer.status)") == 200
    # A name that its owner points here, in a browser that was let in and in one that has the token.
    page.goto(f"http://other.test:{port}/")
    expect(page.locator("body")).to_contain_text("the header Host must be")
    page.goto(phone.url().replace("127.0.0.1", "other.test"))
    expect(page.locator("body")).to_contain_text("the header Host must be")
    # A page of another origin, in the browser that was let in.
    page.route("http://elsewhere.test/", lambda route: route.fulfill(body="<p>elsewhere</p>", content_type="text/html"))
    page.goto("http://elsewhere.test/")
    opens = """(url) => new Promise((done) => {
        const socket = new WebSocket(url);
        socket.onopen = () => done("opened");
        socket.onerror = () => done("refused");
    })"""
    assert page.evaluate(opens, f"ws://127.0.0.1:{port}/socket") == "refused"
    assert page.evaluate("(url) => fetch(url).then(() => 'read', () => 'refused')", f"{here}/main.js") == "refused"
    # A browser without the cookie.
    stranger = phone.context().new_page()
    stranger.goto(here)
    expect(stranger.locator("body")).to_contain_text("open the URL that was printed last")
    page.goto(here)
    assert page.evaluate(opens, f"ws://127.0.0.1:{port}/socket") == "opened"


def test_it_is_usable_at_the_width_of_a_telephone(phone: Phone) -> None:
    page = phone.open(viewport={"width": 360, "height": 700}, reduced_motion="reduce")
    dial(page)
    press(page, "3")
    expect(page.locator("#ringing .ring")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("getComputedStyle(document.querySelector('.ring')).animationName") == "none"
    page.get_by_role("button", name="Live").click()
    expect(page.locator("#live-calls")).to_contain_text("answered")
    expect(page.locator("#phone")).to_be_hidden()
    expect(page.get_by_role("button", name="Answer")).to_be_visible()
    expect(page).to_have_title("A call rings · Phone · relay-runtime")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
