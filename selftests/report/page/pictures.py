"""Takes README's pictures anew: ``python -m selftests.report.page.pictures``; needs Chromium.

One is the page of ``pytest --demo=faulty``, the other that of a fleet that was made up.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from selftests.report.conftest import CHROMIUM
from selftests.report.page.conftest import rendered
from selftests.report.page.fleet import fleet
from selftests.suite_run import ROOT

DOCS = ROOT / "docs"


def take_pictures() -> None:
    """Write docs/report.png and docs/report-fleet.png."""
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder)
        command = [sys.executable, "-m", "pytest", "--demo=faulty", f"--report-dir={reports}"]
        subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
        made_up = reports / "fleet.html"
        made_up.write_text(rendered(fleet(30)), encoding="utf-8")
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
            for page, name, height in (
                (reports / "report.html", "report.png", 900),
                (made_up, "report-fleet.png", 1100),
            ):
                window = browser.new_page(viewport={"width": 1280, "height": height})
                window.goto(page.as_uri())
                window.screenshot(path=DOCS / name)
            browser.close()


if __name__ == "__main__":
    take_pictures()
