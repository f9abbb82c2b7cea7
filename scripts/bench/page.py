"""`page`: what the storefront weighs, and how soon it is there, on a desk and on a phone.

A browser that has nothing yet opens the pages from the CDN of a local stack. The phone is Lighthouse's: a
slow 4G connection and a quarter of the processor (Lighthouse, "Throttling"). Timings are the browser's own:
first and largest contentful paint, layout shifts, and what long tasks have beyond 50 ms each, as in
Lighthouse's total blocking time. Goals are what web.dev calls good for each; those of bytes are this
project's.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from scripts.bench.figure import Figure, Goal
from scripts.bench.up import blueprint
from scripts.browser import running_browser
from scripts.local.status import read_status

RUNS = 5
PAGES = {"catalogue": "", "product": "#/product/7"}
PICTURE = "main :is(.frame, .measured) img"  # of a product: with it the page has what it is about
QUIET = 1_500  # milliseconds after the last answer, in which late shifts and tasks are seen

OBSERVE = """
window.seen = { fcp: 0, lcp: 0, cls: 0, tbt: 0 };
const observe = (type, hear) =>
  new PerformanceObserver((list) => list.getEntries().forEach(hear)).observe({ type, buffered: true });
observe("paint", (it) => { if (it.name === "first-contentful-paint") seen.fcp = it.startTime; });
observe("largest-contentful-paint", (it) => { seen.lcp = it.startTime; });
observe("layout-shift", (it) => { if (!it.hadRecentInput) seen.cls += it.value; });
observe("longtask", (it) => { seen.tbt += Math.max(0, it.duration - 50); });
"""
READ = """() => {
  const files = [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")];
  const sum = (some, member) => some.reduce((total, it) => total + it[member], 0);
  const scripts = files.filter((it) => it.name.endsWith(".js"));
  const weight = sum(files, "transferSize") / 1000;
  return { ...window.seen, weight, script: sum(scripts, "decodedBodySize") / 1000 };
}"""


@dataclass(frozen=True)
class Device:
    """A screen, its connection (milliseconds, bytes a second) and how much slower its processor is."""

    name: str
    width: int
    height: int
    slowdown: float = 1
    latency: float = 0
    throughput: float = -1  # as Chromium has no limit


DESK = Device("desk", 1440, 900)
PHONE = Device("phone", 412, 823, slowdown=4, latency=150, throughput=1_638_400 / 8)

# What is read, by its name in the browser: name, unit, and the most that is good (web.dev, "Web Vitals").
MEASURES: Mapping[str, tuple[str, str, float]] = {
    "fcp": ("first contentful paint", "ms", 1_800),
    "lcp": ("largest contentful paint", "ms", 2_500),
    "tbt": ("total blocking time", "ms", 200),
    "cls": ("cumulative layout shift", "", 0.1),
    "weight": ("bytes sent, compressed", "KB", 300),
    "script": ("script, uncompressed", "KB", 100),
}


def measure() -> list[Figure]:
    """Return the figures of each page on each device."""
    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as state, running_browser() as browser:
        blueprint("up", "--json", "--state", state)
        try:
            site = read_status(Path(state))["addresses"]["site"]
            return [
                figure
                for name, path in PAGES.items()
                for device in (DESK, PHONE)
                for figure in figures(f"page: {name} on a {device.name}", browser, f"{site}/{path}", device)
            ]
        finally:
            blueprint("down", "--state", state)


def figures(name: str, browser: Browser, address: str, device: Device) -> list[Figure]:
    """Open a page `RUNS` times, once more before so that the CDN has its files; return its figures."""
    runs = [_opened(browser, address, device) for _ in range(1 + RUNS)][1:]
    return [
        Figure(
            name=f"{name}: {told}",
            unit=unit,
            samples=[round(run[measure], 3) for run in runs],
            goal=Goal(limit=limit),
        )
        for measure, (told, unit, limit) in MEASURES.items()
    ]


def _opened(browser: Browser, address: str, device: Device) -> dict[str, float]:
    context = browser.new_context(viewport={"width": device.width, "height": device.height})
    try:
        page = context.new_page()
        page.add_init_script(OBSERVE)
        _slow_down(page, device)
        page.goto(address)
        page.locator(PICTURE).first.wait_for()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(QUIET)
        read: dict[str, Any] = page.evaluate(READ)
        return read
    finally:
        context.close()


def _slow_down(page: Page, device: Device) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": device.slowdown})
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": device.latency,
            "downloadThroughput": device.throughput,
            "uploadThroughput": device.throughput,
        },
    )
