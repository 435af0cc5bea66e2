"""letter, wall and the forms of the digest, typed as an operator types them."""

from pathlib import Path

from docx import Document

from dj_cadence.services.documents.letters import ELECTION
from tests.world.terminal import Terminal


def test_papers_and_wall_plans_are_written_to_files(look: Terminal, tmp_path: Path) -> None:
    for name, *command in (
        ("a.docx", "letter", "request", "--org", "QH-1"),
        ("b.docx", "letter", "year-end", "--org", "QH-1"),
        ("c.xlsx", "wall", "--org", "QH-1"),
        ("d.xlsx", "digest", "YX"),
    ):
        answer = look(*command, "--out", tmp_path / name)

        assert (answer.code, answer.out) == (0, f"已写到 {tmp_path / name}。\n")
        assert (tmp_path / name).read_bytes().startswith(b"PK")


def test_a_digest_for_a_chat_ends_with_its_address(look: Terminal) -> None:
    lines = look("digest", "YX", "--chat").out.strip().splitlines()

    assert lines[0].startswith("示例市云溪区教育工委 党建工作周报（")
    assert lines[-1].endswith("/orgs/YX/digest")


def test_an_unknown_paper_is_a_usage_error(look: Terminal, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "x")

    assert look("letter", "poem", "--org", "YX", *out).code == 2
    assert look("letter", "reminder", "--org", "YX", "--month", "2026-13", *out).code == 2
    assert look("letter", "reminder", "--org", "YX", "--month", "2019-01", *out).code == 1
    assert look("wall", "--org", "QH-1", "--year", "2019", *out).code == 1
    assert look("wall", "--org", "QH-1", "--out", tmp_path / "no" / "x.xlsx").code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_what_its_name_says(look: Terminal, tmp_path: Path) -> None:
    for name, *command in (
        ("a.pdf", "letter", "request", "--org", "QH-1"),
        ("b.docx", "wall", "--org", "QH-1"),
        ("c.pdf", "digest", "YX"),
    ):
        answer = look(*command, "--out", tmp_path / name)
        assert answer.code == 2
        assert f"{tmp_path / name} 的后缀应为 ." in answer.err
    assert look("digest", "YX", "--out", tmp_path / "D.XLSX").code == 0
    assert (tmp_path / "D.XLSX").read_bytes().startswith(b"PK")


def test_a_calendar_that_cannot_be_written_is_told(look: Terminal, tmp_path: Path) -> None:
    answer = look("feed", "QH-1", "--out", tmp_path / "no" / "x.ics")

    assert (answer.code, answer.err) == (
        1,
        f"{tmp_path / 'no' / 'x.ics'} 写不进去：没有这个文件夹或文件。\n",
    )


def test_a_letter_of_the_site_that_cannot_be_filled_in_is_a_fault_of_check(act: Terminal) -> None:
    own = act.site / "templates" / "letters" / "candidates-reply.docx"
    own.parent.mkdir(parents=True)
    document = Document()
    document.add_paragraph("{{ paper.form.owner }}：此复。")
    document.save(str(own))

    answer = act("check")

    assert answer.code == 1
    assert "templates/letters/candidates-reply.docx: 这个模板填不出来" in answer.out
    assert "owner" in answer.out


def test_each_paper_of_an_election_can_be_written(look: Terminal, tmp_path: Path) -> None:
    for kind in ELECTION:
        file = tmp_path / f"{kind}.docx"
        answer = look("letter", kind, "--org", "QH-1", "--out", file)
        assert (kind, answer.code, answer.err) == (kind, 0, "")
        assert Document(str(file)).paragraphs
