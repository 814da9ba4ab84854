"""Take the README's pictures anew from a running demo: `python tools/screenshots.py http://127.0.0.1:8000 var/demo`."""

import json
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parent.parent / "docs" / "images"
SHOTS = [
    ("board-390", "member", "/", 390, "light"),
    ("post-390", "member", "/posts/{升了 2.2 蓝牙天天断}", 390, "light"),
    ("themes-1280", "pm", "/themes", 1280, "light"),
    ("roadmap-1280", "member", "/roadmap", 1280, "light"),
    ("voice-390", "member", "/me/voice/{一早上断三回}", 390, "light"),
    ("release-390", "member", "/releases", 390, "light"),
    ("search-1280", "member", "/search?q=lanya duanlian", 1280, "light"),
    ("duplicates-1280", "pm", "/moderation/duplicates", 1280, "light"),
    ("screen-1280", "host", "/host/HX7K2M/screen", 1280, "dark"),
    ("host-390", "host", "/host/HX7K2M", 390, "dark"),
]


def main(url: str, home: Path) -> None:
    """One picture per line of SHOTS, in the demo's language and zone."""
    links = json.loads((home / "demo.json").read_text(encoding="utf-8"))["links"]
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, role, wanted, width, scheme in SHOTS:
            context = browser.new_context(
                viewport={"width": width, "height": 844 if width < 500 else 800},
                color_scheme="dark" if scheme == "dark" else "light",
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                has_touch=width < 500,
            )
            page, path = context.new_page(), wanted
            token = next(link["token"] for link in links if link["role"] == role)
            page.goto(f"{url}/in/{token}")
            page.locator("main form button").first.click()
            if "{" in path:  # a post by its title: ids follow the seeds
                title = path.split("{")[1].rstrip("}")
                hits = page.request.get(f"{url}/api/v1/search", params={"q": title}).json()["hits"]
                found = next(hit["id"] for hit in hits if hit["title"] == title)
                path = path.split("{")[0] + str(found)
            page.goto(url + path, wait_until="networkidle")
            page.locator(".theme-first").wait_for(state="detached")  # the pane beside the queue follows by itself
            page.screenshot(path=IMAGES / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), Path(sys.argv[2]))
