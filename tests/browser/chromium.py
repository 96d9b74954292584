"""`python -m tests.browser.chromium`: get a Chromium for the browser tests, or say that there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OWN = Path(__file__).resolve().parents[2] / ".chromium"  # where Playwright puts its own


def find() -> str | None:
    """The program to start, of the system or our own."""
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(OWN))
    for name in NAMES:
        if path := shutil.which(name):
            return path
    if not OWN.is_dir():
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def attempts() -> list[list[str]]:
    """What might get one, gentlest first."""
    playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
    if shutil.which("apt-get") and os.geteuid() == 0:
        apt = "apt-get -qq update && apt-get -qq install --yes --no-install-recommends chromium"
        return [["sh", "-c", apt], playwright]
    return [playwright]


def main() -> None:
    if find():
        return
    for command in attempts():
        print("No Chromium found; trying:", " ".join(command), flush=True)
        subprocess.run(command, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        if find():
            return
    print("No Chromium could be installed: the browser tests are skipped. Install one: apt install chromium")


if __name__ == "__main__":
    main()
