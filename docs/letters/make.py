"""Makes the shipped templates of papers anew: python docs/letters/make.py.

They are ordinary .docx files with jinja2 in them, which a site edits in Word; this script
only spares us keeping files that nobody can review.
"""

from pathlib import Path

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph

FOLDER = Path(__file__).parents[2] / "templates" / "letters"
BODY, TITLE, HEADING = "仿宋", "方正小标宋简体", "黑体"
"""As the format of official papers (GB/T 9704) asks; Word takes the nearest it has."""
LEFT, CENTER, RIGHT = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
LATELY = (
    "{% if line.completed_on %}{% if line.completed_on.year != paper.year %}"
    "{{ line.completed_on.year }}年{% endif %}"
    "{{ line.completed_on.month }}月{{ line.completed_on.day }}日{% endif %}"
)
"""When it was done; the year is said only where it is another."""
OTHERS = (
    '{% set waived = paper.lines | selectattr("state", "equalto", states.waived) | list | length %}'
    "{% if waived %}；经上级同意未办理{{ waived }}项{% endif %}"
    "{% set closed = [states.done, states.missed, states.waived] %}"
    '{% set open = paper.lines | rejectattr("state", "in", closed) | list | length %}'
    "{% if open %}；尚未办结{{ open }}项{% endif %}"
)
"""So that the numbers add up; what there is none of is not said."""
SUPERIOR = (
    "{% if paper.superior_name %}{{ paper.superior_name }}{% else %}（上级党组织）{% endif %}"
)


class Letter:
    """One page set as an official letter: title, addressee, body, signature, date."""

    def __init__(self) -> None:
        self.document = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.top_margin, section.bottom_margin = Cm(3.7), Cm(3.5)
        section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)

    def line(
        self,
        text: str,
        font: str = BODY,
        size: float = 16,
        align: WD_ALIGN_PARAGRAPH = LEFT,
        indent: float = 0,
    ) -> Paragraph:
        paragraph = self.document.add_paragraph()
        self._write(paragraph, text, font, size)
        style = paragraph.paragraph_format
        style.alignment, style.first_line_indent = align, Pt(indent * size)
        style.line_spacing_rule, style.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(28)
        style.space_before = style.space_after = Pt(0)
        return paragraph

    def _write(self, paragraph: Paragraph, text: str, font: str, size: float) -> None:
        run = paragraph.add_run(text)
        run.font.name, run.font.size = "Times New Roman", Pt(size)
        run._element.rPr.rFonts.set(qn("w:eastAsia"), font)  # noqa: SLF001 - no public way

    def title(self, text: str) -> None:
        self.line("")
        self.line(text, TITLE, 22, CENTER).paragraph_format.line_spacing = Pt(36)
        self.line("")

    def body(self, *paragraphs: str) -> None:
        for text in paragraphs:
            self.line(text, indent=2)

    def table(
        self,
        headers: list[str],
        widths: list[float],
        over: str,
        cells: list[str],
        size: float = 10,
    ) -> None:
        """A row for each thing in `over`."""
        self.document.paragraphs[-1].paragraph_format.space_after = Pt(8)
        table = self.document.add_table(rows=4, cols=len(headers))
        table.style, table.autofit = "Table Grid", False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
        rows = [headers, [f"{{%tr for {over} %}}"], cells, ["{%tr endfor %}"]]
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = Cm(width)
            for cell, text in zip(row.cells, texts, strict=False):
                font = HEADING if texts is headers else BODY
                self._write(cell.paragraphs[0], text, font, size)
                style = cell.paragraphs[0].paragraph_format
                style.space_before = style.space_after = Pt(size / 4)

    def signed(self, who: str) -> None:
        """Who and when, on the same page as the last words: a date alone dates nothing."""
        said = self.document.paragraphs[-1]
        lines = [self.line(""), self.line(""), self.line(f"{who}　　", align=RIGHT)]
        for paragraph in (said, *lines):
            paragraph.paragraph_format.keep_with_next = True
        self.line("{{ paper.day | day }}　　", align=RIGHT)

    def save(self, name: str) -> None:
        self.document.core_properties.author = ""
        self.document.save(FOLDER / f"{name}.docx")


def reminder() -> None:
    letter = Letter()
    letter.title("关于做好换届选举工作的提醒函")
    letter.line(
        "{% for term in paper.terms %}{{ term.org_name }}{% if not loop.last %}、{% endif %}{% endfor %}："
    )
    letter.body(
        "根据《中国共产党基层组织选举工作条例》《关于党的基层组织任期的意见》等有关规定，"
        "党的基层组织任期届满应当按期进行换届选举。经核对，你单位本届任期将于"
        "{{ paper.month.year }}年{{ paper.month.month }}月届满，具体如下：",
    )
    letter.table(
        ["序号", "党组织", "上次换届日期", "任期届满日期"],
        [1.4, 6.2, 4.0, 4.0],
        "term in paper.terms",
        [
            "{{ loop.index }}",
            "{{ term.org_name }}",
            "{{ term.elected | day }}",
            "{{ term.ends | day }}",
        ],
        size=12,
    )
    letter.body(
        "请提前研究部署换届工作，按程序向上级党组织报送换届请示。需要延期或者提前换届的，"
        "应当报上级党组织批准，延长期限不超过1年。",
        "特此函告。",
    )
    letter.signed("{{ paper.org_name }}")
    letter.save("reminder")


def request() -> None:
    letter = Letter()
    letter.title("{{ paper.org_name }}\n关于换届选举的请示")
    letter.line(f"{SUPERIOR}：")
    letter.body(
        "我单位本届【委员会／支部委员会】于{{ paper.terms[0].elected | day }}选举产生，任期将于"
        "{{ paper.terms[0].ends | day }}届满。根据《中国共产党基层组织选举工作条例》有关规定，经研究，拟于"
        "【　　】年【　】月【　】日召开【党员大会／党员代表大会】，进行换届选举。现将有关事项请示如下：",
        "一、大会的指导思想和主要议程：【　　　　　　　　】",
        "二、下届委员会拟由委员【　】名组成，其中书记【　】名、副书记【　】名。",
        "三、委员候选人【　】名，差额【　】名；书记、副书记的产生办法：【　　　　　　】",
        "四、应到会有选举权的正式党员【　】名。",
        "妥否，请批示。",
    )
    letter.signed("{{ paper.org_name }}")
    letter.line("（联系人：【　　　】　电话：【　　　　　】）", indent=2)
    letter.save("request")


def reply() -> None:
    letter = Letter()
    letter.title("关于同意{{ paper.org_name }}\n换届选举的批复")
    letter.line("{{ paper.org_name }}：")
    letter.body(
        "你单位《关于换届选举的请示》收悉。经研究，现批复如下：",
        "一、同意你单位召开【党员大会／党员代表大会】进行换届选举。",
        "二、同意下届委员会由委员【　】名组成，其中书记【　】名、副书记【　】名。",
        "三、请按照《中国共产党基层组织选举工作条例》的规定组织选举。选举结果及时报送我单位："
        "委员备案，书记、副书记批准。",
        "此复。",
    )
    letter.signed(SUPERIOR)
    letter.save("reply")


def year_end() -> None:
    letter = Letter()
    letter.title("{{ paper.org_name }}\n{{ paper.year }}年度党建工作办理情况")
    letter.body(
        "{{ paper.year }}年到期任务共{{ paper.lines | length }}项：已完成"
        '{{ paper.lines | selectattr("state", "equalto", states.done) | list | length }}项，其中逾期后完成'
        '{{ paper.lines | selectattr("late_days") | list | length }}项；未按期开展'
        '{{ paper.lines | selectattr("state", "equalto", states.missed) | list | length }}项'
        f"{OTHERS}。逐项情况如下：",
    )
    letter.table(
        ["任务", "周期", "最迟", "办理日期", "情况", "记录与说明"],
        [3.2, 3.2, 2.2, 2.2, 2.0, 2.8],
        "line in paper.lines",
        [
            "{{ line.title }}",
            "{{ line.period }}",
            "{{ line.due.month }}月{{ line.due.day }}日",
            LATELY,
            "{{ line.state }}{% if line.late_days %}，迟{{ line.late_days }}天{% endif %}",
            "{{ line.remark }}",
        ],
    )
    letter.signed("{{ paper.org_name }}")
    letter.save("year-end")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for make in (reminder, request, reply, year_end):
        make()
