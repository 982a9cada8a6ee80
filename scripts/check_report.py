#!/usr/bin/env python3
"""Opens pages of `seg report` in a headless Chromium and fails unless each is whole by itself.

    check_report.py REPORT.html... [--screenshots FOLDER] [--chromium PROGRAM]

Each page is copied into an empty folder and loaded from there. Then no request may leave it (by the
browser's own log of the network; that the log would show one is tried first), every section must say
that it was drawn, every chart must have coloured pixels, pictures must lie in the page, the cells of the
cross-validation's tables must be the numbers of the page's content, and every slice must be reached. A page
with volumes must show each of them.
"""
import argparse
import html.parser
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-extensions",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000", "--window-size=1280,4000",
         "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
OWN = ("data:", "chrome:", "chrome-extension:", "devtools:", "about:")
# Moves every slider to every slice and every choice to every option, and says what came of it.
HANDS = """<script>
  const errors = [];
  addEventListener("error", (event) => errors.push(event.message));
  document.body.dataset.slices = [...document.querySelectorAll(".case")].map((card) => {
    const slider = card.querySelector("input"), seen = new Set([card.querySelector("img").src]);
    for (let i = 0; slider && i <= Number(slider.max); ++i) {
      slider.value = i;
      slider.dispatchEvent(new Event("input"));
      seen.add(card.querySelector("img").src);
    }
    return seen.size;
  }).join(" ");
  for (const select of document.querySelectorAll("select"))
    for (const option of select.options) {
      select.value = option.value;
      select.dispatchEvent(new Event("change"));
    }
  document.body.dataset.errors = errors.join(" ");
</script></body>"""
CONTROL = '<!doctype html><body><img src="http://asked-for.invalid/picture.png">'


class Page(html.parser.HTMLParser):
    """What the check needs of a drawn page."""

    def __init__(self, text):
        super().__init__()
        self.sections, self.canvases, self.pictures, self.tables = {}, [], [], []
        self.content, self.into, self.body, self.volumes = "", None, {}, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "body":
            self.body = attributes
        elif tag == "section":
            self.sections[attributes["id"]] = attributes.get("data-rendered")
        elif tag == "canvas":
            self.canvases.append(int(attributes.get("data-painted", 0)))
            if attributes.get("class") == "volume":
                self.volumes = attributes
        elif tag == "img":
            self.pictures.append(attributes.get("src", ""))
        elif tag == "script" and attributes.get("id") == "content":
            self.into = "content"
        elif tag == "table" and attributes.get("class") == "validation":
            self.tables.append([])
            self.into = "table"
        elif tag in ("td", "th") and self.into == "table":
            self.tables[-1].append("")
            self.into = "cell"

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self.into == "cell":
            self.into = "table"
        elif tag in ("table", "script"):
            self.into = None

    def handle_data(self, data):
        if self.into == "content":
            self.content += data
        elif self.into == "cell":
            self.tables[-1][-1] += data


def visit(chromium, page, log, *flags):
    """Loads a page; returns its elements after its script ran."""
    command = [chromium, *FLAGS, f"--log-net-log={log}", f"--user-data-dir={log}.profile", *flags, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=True).stdout


def requests_that_left(log):
    """Addresses that a page asked for. Those that the browser wants for itself have no origin."""
    text = log.read_text()
    try:
        events = json.loads(text)
    except json.JSONDecodeError:  # the browser ended before it closed the list
        events = json.loads(text.rstrip().rstrip(",") + "]}")
    starts = [event["params"] for event in events["events"] if "initiator" in event.get("params", {})]
    addresses = {start["url"] for start in starts if start["initiator"] != "not an origin"}
    return sorted(address for address in addresses if not address.startswith(OWN))


def number(value):
    return f"{value:.4f}" if value is not None else "–"


def missing_numbers(page):
    """Means of the content that the drawn tables lack."""
    content = json.loads(page.content)
    for evaluation, cells in zip(content["evaluations"], page.tables):
        for group in evaluation["groups"]:
            for value in [*group["mean"]["Dice"], group["foreground_mean"]["Dice"]]:
                if number(value) not in cells:
                    yield f"{evaluation['name']}, {group['name']}: {value}"


def faults(drawn, log):
    page = Page(drawn)
    yield from (f"asks for {address}" for address in requests_that_left(log))
    if len(page.sections) < 8:
        yield f"has the sections {', '.join(page.sections)} only"
    yield from (f"section {name} is not drawn" for name, state in page.sections.items() if state != "true")
    yield from ("has an empty chart" for painted in page.canvases if painted < 500)
    yield from (f"has a picture from elsewhere: {source[:80]}" for source in page.pictures
                if not source.startswith("data:image/png;base64,"))
    if len(page.tables) != len(json.loads(page.content)["evaluations"]):
        yield "has not a table for each evaluation"
    yield from (f"does not show {what}" for what in missing_numbers(page))


def faults_in_use(drawn):
    """Of a page whose sliders and choices were moved."""
    page = Page(drawn)
    shown = [one for pictures in json.loads(page.content)["pictures"] for one in pictures["cases"]]
    wanted = " ".join(str(len({part["image"] for part in one["slices"]})) for one in shown)
    if page.body.get("data-slices") != wanted:
        yield f"shows {page.body.get('data-slices')} slices of its cases, not {wanted}"
    if page.body.get("data-errors") != "":
        yield f"fails when its choices are used: {page.body.get('data-errors')}"
    cases = sum(bool(one.get("volumes")) for one in shown)
    if cases and page.volumes.get("data-shown") != str(cases + 2):  # of the last one reference and scan, too
        yield f"shows {page.volumes.get('data-shown')} volumes, not {cases + 2}: {page.volumes.get('data-failed')}"
    yield from ("has an empty chart after a choice" for painted in page.canvases if painted < 500)


def check_control(chromium, folder):
    """The log must show a request, where a page makes one."""
    page, log = folder / "control.html", folder / "control.json"
    page.write_text(CONTROL)
    visit(chromium, page, log, "--dump-dom")
    if not any("asked-for.invalid" in address for address in requests_that_left(log)):
        sys.exit("check_report: the browser's log does not show requests, so nothing can be said")


def check(chromium, report, screenshots):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_control(chromium, folder)
        page, log = folder / "page" / "report.html", folder / "log.json"
        page.parent.mkdir()
        shutil.copy(report, page)
        drawn = visit(chromium, page, log, "--dump-dom")
        if screenshots:
            picture = screenshots / (report.stem + ".png")
            visit(chromium, page, folder / "picture.json", f"--screenshot={picture}")
        used = page.with_name("used.html")
        used.write_text(HANDS.join(report.read_text().rsplit("</body>", 1)))
        found = [*faults(drawn, log), *faults_in_use(visit(chromium, used, folder / "used.json", "--dump-dom"))]
        if not found:
            page = Page(drawn)
            print(f"{report}: {report.stat().st_size / 1e6:.1f} MB, {len(page.sections)} sections, {len(page.canvases)} charts, "
                  f"{len(page.pictures)} pictures, no request")
        return [f"{report}: {fault}" for fault in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="+", type=pathlib.Path, metavar="REPORT.html")
    parser.add_argument("--screenshots", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--chromium", default=shutil.which("chromium") or "chromium-browser")
    options = parser.parse_args()
    if options.screenshots:
        options.screenshots = options.screenshots.resolve()
        options.screenshots.mkdir(parents=True, exist_ok=True)
    found = [fault for report in options.reports for fault in check(options.chromium, report.resolve(), options.screenshots)]
    for fault in found:
        print(f"check_report: {fault}", file=sys.stderr)
    sys.exit(1 if found else 0)


main()
