#!/usr/bin/env python3
"""Takes pictures of the first screens of pages, for the documentation.

    scripts/readme-picture/screens.py PAGE[#FRAGMENT] PICTURE SCHEME [PAGE PICTURE SCHEME]...

SCHEME is light or dark. Needs Debian's chromium and chromium-driver.
"""
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "check-page"))
from browser import Browser

SIZE = (1280, 900)

wanted = [sys.argv[at:at + 3] for at in range(1, len(sys.argv), 3)]
with tempfile.TemporaryDirectory() as downloads:
    browser = Browser(downloads)
    try:
        for page, picture, scheme in wanted:
            browser.size(*SIZE)
            browser.media(scheme=scheme)
            path, _, fragment = page.partition("#")
            browser.go(pathlib.Path(path).resolve().as_uri() + (f"#{fragment}" if fragment else ""))
            time.sleep(1.5)
            browser.screenshot(pathlib.Path(picture))
    finally:
        browser.close()
