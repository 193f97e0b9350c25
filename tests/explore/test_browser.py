"""The explorer in a browser without a window: `bash ci/explore` installs Debian's chromium and its driver."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from werkzeug.serving import make_server

from bloqs.cli import app
from bloqs.explore import explorer_app

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None,
        reason="Chromium and its driver are no Python packages: bash ci/explore",
    ),
]

selenium = pytest.importorskip("selenium")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = make_server("127.0.0.1", port, explorer_app("digits-1").server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}/"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    profile = tmp_path_factory.mktemp("profile")
    for flag in ("headless=new", "no-sandbox", "disable-gpu", f"user-data-dir={profile}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = Chrome(options=options, service=Service(str(DRIVER)))
    yield found
    found.quit()


def wait(driver: Any, ready: Callable[[Any], Any]) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 60).until(ready)


def text(driver: Any, name: str) -> str:
    return str(
        driver.execute_script(f"return document.getElementById({name!r})?.textContent || ''")
    )


def command(driver: Any, *words: str) -> str:
    """The command that the page shows once it holds the words."""
    return str(
        wait(
            driver,
            lambda d: (found := text(d, "command")) and all(w in found for w in words) and found,
        )
    )


def exact(driver: Any, name: str) -> str:
    return str(driver.find_element("id", f"tile-{name}").get_attribute("title"))


def equals_the_command_line(driver: Any, words: str) -> None:
    done = CliRunner().invoke(app, [*words.split()[1:], "--json"])
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert f"{told['cost']['t_count']:,} T gates" in exact(driver, "total-t")
    assert f"{told['cost']['logical_qubits']:,}" == exact(driver, "logical-qubits")
    assert f"{told['cost']['t_depth_upper_bound']:,} layers" in exact(driver, "sequential-t-depth")
    assert f"{told['footprint']['physical_qubits']:,}, by" in exact(driver, "physical-qubits")
    assert f"{told['footprint']['hours']:.6g} h" in exact(driver, "time-of-a-run")


def no_complaints(driver: Any, address: str) -> None:
    """Nothing on the console, and no request to another host."""
    assert driver.get_log("browser") == []
    messages = [json.loads(one["message"])["message"] for one in driver.get_log("performance")]
    asked = [
        one["params"]["request"]["url"]
        for one in messages
        if one["method"] == "Network.requestWillBeSent"
    ]
    assert any(url.startswith(address) for url in asked)
    # The browser's own first page is a `chrome:`.
    hosts = [url for url in asked if url.startswith(("http", "ws"))]
    assert [url for url in hosts if not url.startswith(address)] == []


@pytest.mark.parametrize("width", [1400, 390])
def test_loads_and_fits(driver: Any, address: str, width: int, tmp_path: Path) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get(address)
    equals_the_command_line(driver, command(driver, "digits-1"))
    wait(
        driver,
        lambda d: len(d.find_elements("css selector", ".js-plotly-plot .plot-container")) == 2,
    )
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    no_complaints(driver, address)


def test_a_slider_moves_and_the_link_brings_it_back(driver: Any, address: str) -> None:
    from selenium.webdriver.common.keys import Keys

    driver.get(address)
    command(driver, "digits-1")
    before = exact(driver, "total-t")
    thumb = driver.find_element("css selector", "#epsilon [role=slider]")
    thumb.send_keys(Keys.ARROW_RIGHT)
    shown = command(driver, "--epsilon 0.02")
    assert exact(driver, "total-t") != before
    equals_the_command_line(driver, shown)
    after = exact(driver, "total-t")
    driver.get(text(driver, "link"))
    assert command(driver, "--epsilon 0.02") == shown
    assert exact(driver, "total-t") == after
    no_complaints(driver, address)


@pytest.mark.parametrize("width", [1400, 390])
def test_the_published_circuits(driver: Any, address: str, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get(f"{address}?form=published&min_degree=3&loading=qram&qram=oracle&query_error=1e-14")
    shown = command(driver, "--form published", "--min-degree 3", "--query-error 1e-14")
    equals_the_command_line(driver, shown)
    assert text(driver, "patience") == ""
    assert "form='published', min_degree=3" in text(driver, "python")
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    no_complaints(driver, address)


def test_what_takes_long_says_so_before_it_is_there(driver: Any, address: str) -> None:
    driver.get(f"{address}?form=published&size=4&kernel=1")
    wait(driver, lambda d: "may take a minute or two" in text(d, "patience"))
    command(driver, "--shape 4 4", "--form published")
    driver.get(f"{address}?size=4")
    command(driver, "--shape 4 4")
    assert text(driver, "patience") == ""
    no_complaints(driver, address)


def test_the_critical_path_is_a_button(driver: Any, address: str) -> None:
    driver.get(f"{address}?epsilon=0.1")
    command(driver, "--epsilon 0.1")
    assert text(driver, "path") == ""
    driver.find_element("id", "find-path").click()
    wait(driver, lambda d: "layers of T on" in text(d, "path"))
    no_complaints(driver, address)


@pytest.mark.parametrize(
    "query",
    [
        "epsilon=<script>document.title='taken'</script>",
        "model=javascript:alert(1)",
        "loading=__import__('os').system('true')",
        "constructor=1",
    ],
)
def test_a_hostile_link_is_refused(driver: Any, address: str, query: str) -> None:
    driver.get(f"{address}?{query}")
    wait(driver, lambda d: "This link was refused" in text(d, "refused"))
    assert command(driver, "digits-1") == "resnet-bloqs estimate digits-1"
    assert driver.title == "Cost explorer"
    no_complaints(driver, address)
