"""A client behind a proxy, a process of its own: every connection leads through it, and no log shows its password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
import trustme
from connect_proxy import ConnectProxy
from doubles.awaited import client_of as awaited_client_of
from doubles.awaited import run
from doubles.awaited import until as until_awaited
from doubles.client import LIMIT, QUICK, THEM
from doubles.threaded_sandbox import ThreadedSandbox
from running_process import relay_runtime

from relay_runtime import Call, ConnectFailed, RelayClient, RelayTimeout, Timing
from relay_runtime.sandbox import Caller, Sandbox

pytestmark = pytest.mark.scenario

PASSWORD = "s/ecret:pa%ss"
ENCODED = "s%2Fecret%3Apa%25ss"
NAME = "relay.example.invalid"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory with an authority and a certificate for `NAME`, in the form that a sandbox takes."""
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME, "localhost")
    for part in certificate.cert_chain_pems:
        part.write_to_path(str(tmp_path / "cert.pem"), append=True)
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path


@pytest.fixture
def sandbox(files: Path) -> Iterator[Sandbox]:
    with Sandbox(cert=str(files / "cert.pem"), key=str(files / "key.pem"), time_scale=0.01) as running:
        yield running


@pytest.fixture
def proxy(sandbox: Sandbox, files: Path) -> Iterator[ConnectProxy]:
    """A proxy that wants credentials, and for which every name is the sandbox."""
    port = int(sandbox.url.rpartition(":")[2])
    with ConnectProxy(files, credentials=f"me:{PASSWORD}", to=("127.0.0.1", port)) as running:
        yield running


@pytest.fixture
def trusted(files: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Set variables of the environment; the authority of the sandbox is trusted."""
    monkeypatch.setenv("SIGNALWIRE_RELAY_CA_FILE", str(files / "ca.pem"))
    return monkeypatch.setenv


def client_of(sandbox: Sandbox, host: str = NAME, **arguments: object) -> RelayClient:
    given: dict[str, object] = {"project": sandbox.project, "token": sandbox.token, "host": host, "timing": QUICK}
    return RelayClient(**{**given, "contexts": ["office"], **arguments})  # type: ignore[arg-type]


def until(condition: Callable[[], object]) -> None:
    with gevent.Timeout(LIMIT):
        while not condition():
            gevent.sleep(0.005)


def test_every_connection_leads_through_the_proxy_of_the_environment(
    sandbox: Sandbox, proxy: ConnectProxy, trusted: Callable[[str, str], None], log_lines: list[str]
) -> None:
    trusted("HTTPS_PROXY", f"http://me:{ENCODED}@{proxy.address}")
    client = client_of(sandbox)

    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        call.play_tts("Hello.").wait(LIMIT)
        call.hangup()

    with client:
        assert client.state == "connected"
        sandbox.cut()
        until(lambda: client.stats.connections == 2)
        assert sandbox.place(Caller(THEM).dials("office").waits_for_hangup()).wait(LIMIT).heard == ("Hello.",)
        shown = [repr(client), repr(client.status()), *log_lines]
    proxy.wait_for_asked(2)
    assert proxy.asked == [f"{NAME}:443 open"] * 2
    assert not any(word in line for line in [*shown, *log_lines] for word in (PASSWORD, ENCODED))


def test_an_exempt_server_is_connected_to_without_it(
    sandbox: Sandbox, proxy: ConnectProxy, trusted: Callable[[str, str], None]
) -> None:
    trusted("https_proxy", f"http://{proxy.address}")
    trusted("NO_PROXY", "example.com,localhost")
    with client_of(sandbox, host=f"localhost:{sandbox.url.rpartition(':')[2]}"):
        assert proxy.asked == []


@pytest.mark.parametrize("off", [None, "off"])
def test_the_proxy_of_the_environment_is_switched_off(
    sandbox: Sandbox, proxy: ConnectProxy, trusted: Callable[[str, str], None], off: str | None
) -> None:
    trusted("HTTPS_PROXY", f"http://{proxy.address}")
    with client_of(sandbox, host=f"localhost:{sandbox.url.rpartition(':')[2]}", proxy=off):
        assert proxy.asked == []


def test_wrong_credentials_end_connect_and_name_the_proxy(
    sandbox: Sandbox, proxy: ConnectProxy, log_lines: list[str]
) -> None:
    client = client_of(sandbox, proxy=f"http://me:WRONG-SECRET@{proxy.address}")
    with pytest.raises(ConnectFailed, match=f"the proxy {proxy.address}: .*407.*refuses the credentials") as caught:
        client.connect(timeout=LIMIT)
    proxy.wait_for_asked(3)
    assert proxy.asked == [f"{NAME}:443 407"] * 3
    assert not any("WRONG-SECRET" in line for line in [*log_lines, str(caught.value), repr(client)])


def test_a_proxy_that_says_nothing_is_named_when_the_time_for_a_login_is_over(
    sandbox: Sandbox, proxy: ConnectProxy
) -> None:
    timing = Timing(connect_timeout=0.5, backoff_first=0.002, backoff_limit=0.01)
    client = client_of(sandbox, host="silent.invalid", proxy=f"http://me:{ENCODED}@{proxy.address}", timing=timing)
    with pytest.raises(RelayTimeout, match=f"the answer of the proxy {proxy.address} did not end within 0.45 s"):
        client.connect(timeout=3)


def test_a_client_of_asyncio_goes_by_it_too(tmp_path: Path) -> None:
    async def main(threaded: ThreadedSandbox, proxy: ConnectProxy) -> None:
        async with awaited_client_of(threaded, proxy=f"http://me:pass@{proxy.address}") as client:
            threaded.do(threaded.sandbox.cut)
            await until_awaited(lambda: client.stats.connections == 2)

    with ThreadedSandbox() as threaded, ConnectProxy(tmp_path, credentials="me:pass") as proxy:
        run(main(threaded, proxy))
        proxy.wait_for_asked(2)
        assert set(proxy.asked) == {f"{threaded.sandbox.url.removeprefix('ws://')} open"}


APP = """
from relay_runtime import CallActor

class Receptionist(CallActor):
    def run(self):
        self.answer()
        self.hangup()
"""


@pytest.mark.proof
def test_a_process_goes_by_the_proxy_of_its_settings(sandbox: Sandbox, proxy: ConnectProxy, files: Path) -> None:
    (files / "app.py").write_text(APP)
    (files / "relay.toml").write_text(f'proxy = "http://me:{ENCODED}@{proxy.address}"\n')
    (files / "relay.toml").chmod(0o600)
    environ = {
        "SIGNALWIRE_PROJECT_ID": sandbox.project,
        "SIGNALWIRE_API_TOKEN": sandbox.token,
        "SIGNALWIRE_SPACE": NAME,
        "SIGNALWIRE_RELAY_CA_FILE": str(files / "ca.pem"),
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    with relay_runtime("start", "app", "-c", "office", "--log-level", "trace", cwd=files, environ=environ) as process:
        process.wait_for_line("connection connected")
        proxy.wait_for_asked(1)
        assert proxy.asked == [f"{NAME}:443 open"]
        assert not any(word in process.stderr + process.stdout for word in (PASSWORD, ENCODED))


@pytest.mark.proof
def test_the_sandbox_of_a_process_needs_no_proxy(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    dead = {"HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "socks5://127.0.0.1:9", "RELAY_PROXY": "http://a.invalid"}
    with relay_runtime("start", "app", "--sandbox", "--sandbox-callers", "1", cwd=tmp_path, environ=dead) as process:
        process.wait_for_line("^caller 1: ", "stdout")
