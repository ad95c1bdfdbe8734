"""Make the committed pictures: screenshots of the simulated demonstration in Debian's Chromium.

Run `python docs/make_pictures.py FOLDER`, where FOLDER is what `hotspots demo` wrote.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parent / "images"
CAMDEN = "E09000007"
SIZE = {"width": 1280, "height": 800}


def main(folder: Path) -> None:
    """Take the picture of the map with one hotspot open."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed (Debian: apt-get install chromium)")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.goto((folder / "index.html").resolve().as_uri())
        page.locator(f'details[data-area="{CAMDEN}"] summary').click()
        page.locator(f'details[data-area="{CAMDEN}"] button').first.click()
        page.wait_for_timeout(1000)
        page.screenshot(path=IMAGES / "map.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
