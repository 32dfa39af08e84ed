"""The studio in a real browser: every page is drawn without a fault or overflow at two widths; screenshots are kept."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from environments.browse.chromium import find_chromium

pytest.importorskip("streamlit")
playwright = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).parents[3]
SCREENS = ROOT / "screenshots" / "studio"
VIEWS = ("", "experiment", "trajectory", "side_by_side", "memories", "population", "data")
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address(made_runs: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ("address=127.0.0.1", f"port={port}", "headless=true", "fileWatcherType=none")
    words = [f"--server.{option}" for option in options]
    app = str(ROOT / "ui" / "studio" / "app.py")
    environment = {**os.environ, "TWINFEED_RUNS": str(made_runs)}
    command = [sys.executable, "-m", "streamlit", "run", app, *words, "--client.toolbarMode=minimal"]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    try:
        yield _when_healthy(f"http://127.0.0.1:{port}")
    finally:
        child.terminate()
        child.wait(20)


def _when_healthy(address: str) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2)
        except OSError:
            time.sleep(0.2)
        else:
            return address
    raise TimeoutError(f"the studio did not start at {address}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 820])
@pytest.mark.parametrize("view", VIEWS)
def test_every_page_is_drawn_without_fault_or_overflow(
    address: str, chromium: object, view: str, width: int, scheme: str
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 1100}, color_scheme=scheme)  # type: ignore[attr-defined]
    page.goto(f"{address}/{view}?run=toy-1")
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_selector("[data-testid=stDataFrame]", state="attached", timeout=60_000)
    page.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton]')", timeout=60_000)
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENS / f"{view or 'runs'}_{width}_{scheme}.png"), full_page=True)
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.close()


def test_a_click_through_the_pages_ends_at_a_trajectory(address: str, chromium: object) -> None:
    page = chromium.new_page(viewport={"width": 1440, "height": 1100})  # type: ignore[attr-defined]
    page.goto(f"{address}/?run=toy-1")
    page.wait_for_selector("[data-testid=stDataFrame]", state="attached", timeout=60_000)
    for name in ("Experiment", "Twins", "Trajectory"):
        page.get_by_role("link", name=name).click()
        page.wait_for_selector("[data-testid=stDataFrame]", state="attached", timeout=60_000)
        assert page.locator("[data-testid=stException]").count() == 0
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_url("**step=1**", timeout=60_000)
    page.close()
