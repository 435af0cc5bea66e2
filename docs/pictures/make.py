"""Makes the pictures of papers, digest, plan and pages anew: make pictures.

They show the invented district of `init --demo`, as it stands on the day this runs.
"""

import re
import subprocess
import sys
import tempfile
from base64 import b64encode
from datetime import date
from pathlib import Path
from urllib.parse import quote

from starlette.testclient import TestClient

from dj_cadence import clock
from dj_cadence.bootstrap import open_site, template_folders
from dj_cadence.domain.dates import add_months
from dj_cadence.domain.paper import PaperKind
from dj_cadence.entrypoints.web import WebContext, make_app
from dj_cadence.errors import Refused
from dj_cadence.rendering.papers import render_paper
from dj_cadence.rendering.workbooks import digest_workbook
from dj_cadence.services.access import ADMINISTRATOR
from dj_cadence.services.applied import applied_catalogue
from dj_cadence.services.digest_request import as_message, requested_digest
from dj_cadence.services.pages import outbox, sent_letter
from dj_cadence.services.papers import paper
from dj_cadence.services.site import Site
from dj_cadence.store import orgs

HERE = Path(__file__).parent
TOP, BRANCH = "YX", "QH-1"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "demo"
        command = [sys.executable, "-m", "dj_cadence", "init", str(place), "--demo"]
        subprocess.run(command, check=True)
        site = open_site(place, {})
        work = Path(folder)
        _digest(site, work)
        _papers(site, work)
        _wall(site, work)
        _pages(site, work)
        site.database.engine.dispose()


def _digest(site: Site, work: Path) -> None:
    today = site.today(clock.now())
    with site.database.read() as session:
        above, rules = orgs.find_org(session, TOP), applied_catalogue(session)
        view = requested_digest(session, rules, site.settings, above, today=today)
        message = as_message(session, site, view, above)
    mail = work / "mail.html"
    mail.write_text(site.templates.render_message(message).html, encoding="utf-8")
    _phone(mail, HERE / "digest.png")
    book = work / "digest.xlsx"
    book.write_bytes(digest_workbook(view))
    _first_page(book, HERE / "digest-workbook.png")


def _papers(site: Site, work: Path) -> None:
    today = site.today(clock.now())
    _paper(site, work, PaperKind.REMINDER, TOP, "letter.png", today)
    _paper(site, work, PaperKind.YEAR_END, BRANCH, "year-end.png", today)


def _paper(site: Site, work: Path, kind: PaperKind, code: str, picture: str, today: date) -> None:
    """Of the first month from now in which there is something to write about."""
    with site.database.read() as session:
        found, rules = orgs.find_org(session, code), applied_catalogue(session)
        for months in range(60):
            month = add_months(today.replace(day=1), months)
            try:
                made = paper(session, rules, kind, found, today=today, month=month)
                break
            except Refused:
                continue
    file = work / f"{kind.value}.docx"
    file.write_bytes(render_paper(template_folders(site.settings), made))
    _first_page(file, HERE / picture)


def _client(site: Site) -> TestClient:
    """A browser at the machine itself, which is let in as administrator."""
    with site.database.read() as session:
        rules = applied_catalogue(session)
    context = WebContext(
        site.database, site.settings, template_folders(site.settings), lambda: rules, clock.now
    )
    return TestClient(
        make_app(context), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)
    )


def _wall(site: Site, work: Path) -> None:
    """The page as chromium prints it."""
    year = site.today(clock.now()).year + 1
    page = _fetched(_client(site), f"/orgs/{quote(BRANCH)}/wall?year={year}", work / "wall.html")
    paged = work / "wall.pdf"
    _chromium("--no-pdf-header-footer", f"--print-to-pdf={paged}", page.as_uri())
    _picture(paged, HERE / "wall.png")


def _pages(site: Site, work: Path) -> None:
    """An organization's page on a screen, and the last message with a month's list on a phone."""
    client = _client(site)
    page = _fetched(client, f"/orgs/{quote(BRANCH)}", work / "page.html")
    shot = HERE / "page.png"
    _chromium(f"--screenshot={shot}", "--window-size=760,800", "--hide-scrollbars", page.as_uri())
    with site.database.read() as session:
        lines = outbox(session, ADMINISTRATOR, site.today(clock.now()))
        shown = (sent_letter(session, ADMINISTRATOR, line.id, line.day) for line in lines)
        texts = [one.html for one in shown if one and one.line.kind == "bundle"]
    mail = work / "message.html"
    mail.write_text(max(texts, key=len), encoding="utf-8")
    _phone(mail, HERE / "message.png", 900)


def _fetched(client: TestClient, address: str, file: Path) -> Path:
    """A page with its style sheets in it, for a browser that has no server."""
    shown = client.get(address)
    shown.raise_for_status()

    def inlined(link: "re.Match[str]") -> str:
        return f"<style>{client.get(link[1]).text}</style>"

    text = re.sub(r'<link rel="stylesheet" href="([^"]+)">', inlined, shown.text)
    icon = b64encode(client.get("/static/icon.svg").content).decode()
    text = text.replace('src="/static/icon.svg"', f'src="data:image/svg+xml;base64,{icon}"')
    file.write_text(text, encoding="utf-8")
    return file


def _phone(page: Path, picture: Path, height: int = 1250) -> None:
    """As wide as a small phone: on paper, for a window is never narrower than 500 px."""
    sheet = f"@page {{ size: 360px {height}px; margin: 0 }} * {{ print-color-adjust: exact }}"
    narrow = f"<style>{sheet}</style>"
    mail = page.read_text(encoding="utf-8").replace("</head>", f"{narrow}</head>")
    page.write_text(mail, encoding="utf-8")
    paged = page.with_suffix(".pdf")
    _chromium("--no-pdf-header-footer", f"--print-to-pdf={paged}", page.as_uri())
    _picture(paged, picture, "-scale-to-x", "720", "-scale-to-y", "-1")


def _chromium(*arguments: str) -> None:
    command = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--lang=zh-CN",
        *arguments,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def _first_page(document: Path, picture: Path) -> None:
    command = [
        "soffice",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        document.parent,
        document,
    ]
    profile = f"-env:UserInstallation={(document.parent / 'profile').as_uri()}"
    command.insert(1, profile)
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    _picture(document.with_suffix(".pdf"), picture)


def _picture(paged: Path, picture: Path, *size: str) -> None:
    """The first page."""
    how = size or ("-r", "80")
    command = ["pdftoppm", "-png", *how, "-singlefile", paged, picture.with_suffix("")]
    subprocess.run(command, check=True, timeout=60)


if __name__ == "__main__":
    main()
