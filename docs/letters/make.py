"""Makes the shipped templates of papers anew: python docs/letters/make.py.

They are ordinary .docx files with jinja2 in them, which a site edits in Word; this script
only spares us keeping files that nobody can review.
"""

import re
from pathlib import Path

from docx import Document
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph

FOLDER = Path(__file__).parents[2] / "templates" / "letters"
BODY, TITLE, HEADING = "仿宋", "方正小标宋简体", "黑体"
"""As the format of official papers (GB/T 9704) asks; Word takes the nearest it has."""
LEFT, CENTER, RIGHT = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
JUSTIFY = WD_ALIGN_PARAGRAPH.JUSTIFY
LATELY = (
    "{% if line.completed_on %}{% if line.completed_on.year != paper.year %}"
    "{{ line.completed_on.year }}年{% endif %}"
    "{{ line.completed_on.month }}月{{ line.completed_on.day }}日{% endif %}"
)
"""When it was done; the year is said only where it is another."""
COUNTS = (
    '{% set done = paper.lines | selectattr("state", "equalto", states.done) | list | length %}'
    '{% set late = paper.lines | selectattr("late_days") | list | length %}'
    '{% set missed = paper.lines | selectattr("state", "equalto", states.missed) | list | length %}'
    '{% set waived = paper.lines | selectattr("state", "equalto", states.waived) | list | length %}'
    "{% set open = (paper.lines | length) - done - missed - waived %}"
    "已完成{{ done }}项{% if late %}（其中超期完成{{ late }}项）{% endif %}"
    "{% if missed %}，未按期开展{{ missed }}项{% endif %}"
    "{% if waived %}，经上级同意未办理{{ waived }}项{% endif %}"
    "{% if open %}，尚未办结{{ open }}项{% endif %}"
)
"""So that the numbers add up; what there is none of is not said."""
SUPERIOR = (
    "{% if paper.superior_name %}{{ paper.superior_name }}{% else %}（上级党组织）{% endif %}"
)
RULES = "《中国共产党章程》《中国共产党基层组织选举工作条例》等有关规定"
ON_A_DAY = "【　　】年【　】月【　】日"
FULL = "{{ paper.full_members or '【　】' }}"
ON_PROBATION = "{{ paper.probationary_members or '【　】' }}"
NAME = "【　　　】"
NAMES = "【　　　、　　　、　　　】"


_BLANK = re.compile("【[　、]+】")


def _unbroken(blank: re.Match[str]) -> str:
    """A blank to be filled in that stays on one line."""
    return blank[0].replace("　", "\u00a0" * 4)


def either(with_committee: str, without: str) -> str:
    """The first where a committee is elected, the second for a branch that has none."""
    return f"{{% if paper.form.committee %}}{with_committee}{{% else %}}{without}{{% endif %}}"


def for_party_committee(text: str, otherwise: str = "") -> str:
    """Only for a 党委."""
    other = f"{{% else %}}{otherwise}" if otherwise else ""
    return f'{{% if paper.form.own == "党委" %}}{text}{other}{{% endif %}}'


STUDIED = for_party_committee(
    "经党委会议研究", either("经{{ paper.form.committee }}会议研究", "经研究")
)
MEETING = "{{ paper.form.meeting }}" + for_party_committee("\n")
"""In a title; with its two names it needs a line."""


def quoted(title: str) -> str:
    """A letter that is quoted by its title and number."""
    return f"《{{{{ paper.titles.{title} }}}}》（【发文字号】）"


class Letter:
    """One page set as an official letter: title, addressee, body, signature, date."""

    def __init__(self, spacing: float = 28) -> None:
        self.spacing = spacing
        self.document = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.top_margin, section.bottom_margin = Cm(3.7), Cm(3.5)
        section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
        self._number(section.footer.paragraphs[0])

    def _number(self, paragraph: Paragraph) -> None:
        """— 1 — below each page."""
        paragraph.paragraph_format.alignment = CENTER
        for kind, text in (("", "— "), ("begin", ""), ("", "PAGE"), ("end", ""), ("", " —")):
            run = paragraph.add_run("" if text == "PAGE" else text)
            run.font.name, run.font.size = "宋体", Pt(14)
            if kind:
                field = OxmlElement("w:fldChar")
                field.set(qn("w:fldCharType"), kind)
                run._element.append(field)  # noqa: SLF001 - no public way
            elif text == "PAGE":
                code = OxmlElement("w:instrText")
                code.text = text
                run._element.append(code)  # noqa: SLF001

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
        style.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        style.line_spacing = Pt(self.spacing)
        style.space_before = style.space_after = Pt(0)
        style.widow_control = False
        return paragraph

    def _write(self, paragraph: Paragraph, text: str, font: str, size: float) -> None:
        run = paragraph.add_run(_BLANK.sub(_unbroken, text))
        run.font.name = font if font == TITLE else "Times New Roman"
        run.font.size = Pt(size)
        run._element.rPr.rFonts.set(qn("w:eastAsia"), font)  # noqa: SLF001 - no public way

    def title(self, text: str) -> None:
        style = self.line(text, TITLE, 22, CENTER).paragraph_format
        style.line_spacing, style.space_after = Pt(36), Pt(18)

    def body(self, *paragraphs: str) -> None:
        for text in paragraphs:
            self.line(text, align=JUSTIFY, indent=2)

    def point(self, heading: str, text: str = "") -> None:
        """一、… in 黑体, with what follows it in the same paragraph."""
        paragraph = self.line(heading, HEADING, align=JUSTIFY, indent=2)
        if text:
            self._write(paragraph, text, BODY, 16)

    def only(self, condition: str, *paragraphs: str) -> None:
        """Paragraphs that stand there only under a condition."""
        self.line(f"{{%p if {condition} %}}")
        self.body(*paragraphs)
        self.line("{%p endif %}")

    def table(
        self, headers: list[str], widths: list[float], over: str, cells: list[str], size: float = 10
    ) -> None:
        """A row for each thing in `over`."""
        self.document.paragraphs[-1].paragraph_format.space_after = Pt(8)
        table = self.document.add_table(rows=4, cols=len(headers))
        table.style, table.autofit, table.alignment = "Table Grid", False, WD_TABLE_ALIGNMENT.CENTER
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

    def blank_rows(self, headers: list[str], widths: list[float], rows: int) -> None:
        """A table to be filled in by hand."""
        self.document.paragraphs[-1].paragraph_format.space_after = Pt(8)
        table = self.document.add_table(rows=rows + 1, cols=len(headers))
        table.style, table.autofit, table.alignment = "Table Grid", False, WD_TABLE_ALIGNMENT.CENTER
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
        for number, row in enumerate(table.rows):
            row.height = Cm(0.8)
            for cell, width, header in zip(row.cells, widths, headers, strict=True):
                cell.width = Cm(width)
                cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
                self._write(cell.paragraphs[0], "" if number else header, HEADING, 12)
                cell.paragraphs[0].paragraph_format.alignment = CENTER

    def signed(self, who: str) -> None:
        """Who and when, on the same page as the last words: a date alone dates nothing."""
        said = self.document.paragraphs[-1]
        sender = self.line(who, align=RIGHT)
        for paragraph in (said, sender):
            paragraph.paragraph_format.keep_with_next = True
        style = sender.paragraph_format
        style.space_before, style.right_indent = Pt(22), Pt(2 * 16)
        self.line("{{ paper.day | day }}", align=RIGHT).paragraph_format.right_indent = Pt(4 * 16)

    def whom_to_call(self) -> None:
        """The last line of what asks for something, or may be asked about."""
        self.document.paragraphs[-1].paragraph_format.keep_with_next = True
        who = f"{{{{ paper.contact.person or '{NAME}' }}}}"
        phone = f"{{{{ paper.contact.phone or '{NAME}' }}}}"
        apart = "{% if paper.contact.person | length > 8 %}\n　　　{% else %}　{% endif %}"
        line = self.line(f"（联系人：{who}{apart}电话：{phone}）", indent=2)
        line.paragraph_format.keep_together = True

    def save(self, name: str) -> None:
        self.document.core_properties.author = ""
        self.document.save(FOLDER / f"{name}.docx")


def reminder() -> None:
    letter = Letter()
    letter.title("关于做好党组织换届选举工作的提醒函")
    letter.line(
        "{% if paper.terms | length > 5 %}各有关党组织{% else %}"
        "{% for term in paper.terms %}{{ term.org_name }}{% if not loop.last %}、{% endif %}{% endfor %}"
        "{% endif %}："
    )
    letter.body(
        "根据《中国共产党章程》《中国共产党支部工作条例（试行）》《中国共产党基层组织选举工作条例》"
        "《关于党的基层组织任期的意见》等有关规定，党的基层组织任期届满应当按期进行换届选举。经核对，"
        "{% if paper.terms | length > 1 %}你们（各党组织）{% else %}你{{ paper.terms[0].form.short }}{% endif %}"
        "本届任期{% if paper.terms[-1].ends < paper.day %}已于{% else %}将于{% endif %}"
        "{{ paper.month.year }}年{{ paper.month.month }}月届满，具体如下："
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
        "请提前研究部署换届选举工作，按程序向我{{ paper.we }}报送换届选举请示。需要延期或者提前换届选举的，"
        "应当报上级党组织批准，延长或者提前期限一般不超过1年。",
        "特此函告。",
    )
    letter.signed("{{ paper.org_name }}")
    letter.whom_to_call()
    letter.save("reminder")


def request() -> None:
    letter = Letter(spacing=26)  # so that a branch's stands on one page
    letter.title("{{ paper.org_name }}\n关于召开" + MEETING + "进行换届选举的请示")
    letter.line(f"{SUPERIOR}：")
    letter.body(
        f"我{{{{ paper.form.own }}}}本届{either('委员会', '书记、副书记')}"
        "于{{ paper.terms[0].elected | day }}选举产生，任期"
        "{% if paper.terms[0].ends < paper.day %}已于{% else %}将于{% endif %}"
        f"{{{{ paper.terms[0].ends | day }}}}届满。根据{RULES}，"
        f"{STUDIED}，"
        f"拟于{ON_A_DAY}召开{{{{ paper.form.meeting }}}}进行换届选举。现将有关事项请示如下："
    )
    letter.point(f"一、{for_party_committee('大会的指导思想和主要议程', '大会的主要任务和议程')}")
    letter.only('paper.form.own == "党委"', "指导思想：【　　　　　　　　　　　　】。")
    letter.body(
        for_party_committee("主要议程：")
        + f"（一）听取和审查{either('本届{{ paper.form.committee }}', '本届支部')}工作报告；"
        + "（二）审查党费收缴、使用和管理情况报告；"
        + for_party_committee(
            "（三）【审查纪律检查委员会工作报告，不设纪委的删去】；（四）", "（三）"
        )
        + either("选举新一届委员会。", "选举新一届书记、副书记。")
    )
    letter.point(
        f"二、{either('新一届委员会的组成', '新一届书记、副书记职数')}：",
        either(
            "拟由委员【　】名组成，其中书记1名、副书记【　】名。",
            "不设支部委员会，拟设书记1名、副书记【　】名。",
        ),
    )
    letter.point(
        "三、选举办法：",
        either(
            "拟提名委员候选人【　】名，差额【　】名，由大会以无记名投票方式差额选举产生；"
            "书记、副书记由新一届{{ paper.form.committee }}第一次全体会议选举产生。",
            "拟提名书记候选人1名、副书记候选人【　】名，由党员大会以无记名投票方式直接选举产生。",
        ),
    )
    letter.point(
        "四、党员情况：",
        f"现有正式党员{FULL}名、预备党员{ON_PROBATION}名，应到会有选举权的党员【　】名。"
        + for_party_committee("【召开党员代表大会的，写明代表名额和产生办法】"),
    )
    letter.body("妥否，请批示。")
    letter.signed("{{ paper.org_name }}")
    letter.whom_to_call()
    letter.save("request")


def reply() -> None:
    letter = Letter()
    letter.title("关于同意{{ paper.org_name }}\n召开" + MEETING + "进行换届选举的批复")
    letter.line("{{ paper.org_name }}：")
    letter.body(
        f"你{{{{ paper.form.short }}}}{quoted('request')}收悉。经研究，现批复如下：",
        f"一、同意你{{{{ paper.form.short }}}}于{ON_A_DAY}召开{{{{ paper.form.meeting }}}}进行换届选举。",
        either(
            "二、同意新一届{{ paper.form.committee }}由委员【　】名组成，其中书记1名、副书记【　】名。",
            "二、同意新一届设书记1名、副书记【　】名。",
        ),
        f"三、请按照{RULES}，严格程序、严肃纪律，认真组织选举。候选人预备人选应当报我{{{{ paper.we }}}}"
        "审查同意后提交大会。选举结果请及时上报，"
        + either("委员报备案，书记、副书记报批准。", "书记、副书记报批准。"),
        "此复。",
    )
    letter.signed(SUPERIOR)
    letter.save("reply")


def candidates() -> None:
    letter = Letter()
    letter.title("{{ paper.org_name }}\n关于{{ paper.form.elected }}候选人预备人选的请示")
    letter.line(f"{SUPERIOR}：")
    letter.body(
        f"根据{quoted('reply')}和{RULES}，我{{{{ paper.form.own }}}}组织党员酝酿推荐，集中多数党员的意见，"
        + STUDIED
        + "，提出"
        + either(
            "下一届{{ paper.form.committee }}委员候选人预备人选【　】名（应选【　】名，差额【　】名），"
            "书记候选人预备人选1名，副书记候选人预备人选【　】名",
            "下一届书记候选人预备人选1名，副书记候选人预备人选【　】名",
        )
        + "，名单如下："
    )
    letter.blank_rows(
        ["姓名", "性别", "出生年月", "学历", "入党时间", "现任职务", "提名职务"],
        [2.2, 1.3, 2.3, 1.8, 2.3, 2.9, 2.8],
        5,
    )
    letter.body("妥否，请批示。")
    letter.signed("{{ paper.org_name }}")
    letter.whom_to_call()
    letter.save("candidates")


def candidates_reply() -> None:
    letter = Letter()
    letter.title("关于{{ paper.org_name }}\n{{ paper.form.elected }}候选人预备人选的批复")
    letter.line("{{ paper.org_name }}：")
    chosen = (f"同意{NAME}同志为书记候选人预备人选。", f"同意{NAME}同志为副书记候选人预备人选。")
    voted = "请按照规定程序提交{{ paper.form.meeting }}，经充分酝酿讨论后进行选举。"
    named = f"同意{NAMES}等【　】名同志为下一届{{{{ paper.form.committee }}}}委员候选人预备人选。"
    letter.body(
        f"你{{{{ paper.form.short }}}}{quoted('candidates')}收悉。经研究，现批复如下：",
        either(f"一、{named}", f"一、{chosen[0]}"),
        either(f"二、{chosen[0]}", f"二、{chosen[1]}"),
        either(f"三、{chosen[1]}", f"三、{voted}"),
    )
    letter.only("paper.form.committee", f"四、{voted}")
    letter.body("此复。")
    letter.signed(SUPERIOR)
    letter.save("candidates-reply")


def result() -> None:
    letter = Letter()
    letter.title("{{ paper.org_name }}\n关于选举结果的报告")
    letter.line(f"{SUPERIOR}：")
    held = f"{{% if paper.elected_on %}}{{{{ paper.elected_on | day }}}}{{% else %}}{ON_A_DAY}{{% endif %}}"
    letter.body(
        f"根据{quoted('reply')}，我{{{{ paper.form.own }}}}于{held}召开{{{{ paper.form.meeting }}}}进行换届选举。"
        "大会应到有选举权的党员【　】名，实到【　】名，到会人数符合规定。",
        either(
            "大会以无记名投票方式，选举产生新一届{{ paper.form.committee }}委员【　】名。"
            "新一届{{ paper.form.committee }}第一次全体会议选举产生书记、副书记。",
            "大会以无记名投票方式，选举产生书记、副书记。",
        )
        + "当选人员和得票情况如下：",
    )
    letter.blank_rows(
        ["姓名", "当选职务", "发出选票", "有效选票", "赞成票", "备注"],
        [2.6, 3.2, 2.4, 2.4, 2.4, 2.6],
        5,
    )
    letter.body(
        "特此报告。" + either("委员请予备案，书记、副书记请予批准。", "书记、副书记请予批准。")
    )
    letter.signed("{{ paper.org_name }}")
    letter.whom_to_call()
    letter.save("result")


def result_reply() -> None:
    letter = Letter()
    letter.title("关于{{ paper.org_name }}\n选举结果的批复")
    letter.line("{{ paper.org_name }}：")
    letter.body(
        f"你{{{{ paper.form.short }}}}{quoted('result')}收悉。经研究，"
        f"同意{NAME}同志任{{{{ paper.org_name }}}}书记，{NAME}同志任副书记。"
        + either(f"委员{NAMES}予以备案。", ""),
        "此复。",
    )
    letter.signed(SUPERIOR)
    letter.save("result-reply")


def year_end() -> None:
    letter = Letter()
    letter.title("{{ paper.org_name }}\n{{ paper.year }}年度党建工作任务完成情况")
    letter.body(
        "{{ paper.year }}年到期任务共{{ paper.lines | length }}项，" + COUNTS + "。具体情况如下："
    )
    letter.table(
        ["工作任务", "周期", "完成时限", "完成时间", "完成情况", "备注"],
        [3.2, 3.0, 2.2, 2.2, 2.2, 2.8],
        "line in paper.lines",
        [
            "{{ line.title }}",
            "{{ line.period }}",
            "{{ line.due.month }}月{{ line.due.day }}日",
            LATELY,
            "{{ line.state }}{% if line.late_days %}，超期{{ line.late_days }}天{% endif %}",
            "{{ line.remark }}",
        ],
    )
    letter.signed("{{ paper.org_name }}")
    letter.save("year-end")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for make in (
        *(reminder, request, reply, candidates, candidates_reply, result, result_reply),
        year_end,
    ):
        make()
