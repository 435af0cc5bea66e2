"""A roster as a school would send it: a 上级机关, a 党总支 and two branches."""

from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]

ORGANIZATIONS = """\
组织代码,组织名称,类别,上级组织代码,正式党员数,党小组数,上次换届日期
A,云溪区委教育工委,上级机关,,,,
G,青禾中学党总支,党总支,A,20,,2024-03-01
B1,青禾中学第一党支部,党支部,G,12,2,2024-05-10
B2,青禾中学第二党支部,党支部,G,5,,2026-03-01
"""
APPOINTMENTS = """\
组织代码,职务,姓名,邮箱,手机,任职日期
A,党务工作者,钱芳,qian@example.cn,0531-81230001,2020-01-01
G,书记,赵敏,zhao@example.cn,13800000002,2024-03-01
B1,书记,李强,li@example.cn,13800000003,2024-05-10
B1,组织委员,周洁,zhou@example.cn,13800000004,2024-05-10
B2,书记,孙丽,sun@example.cn,13800000005,2026-03-01
"""


def write_roster(path: Path) -> Path:
    """The workbook, as the reference describes it."""
    with xlsxwriter.Workbook(path) as book:
        for title, text in (("组织", ORGANIZATIONS), ("任职", APPOINTMENTS)):
            sheet = book.add_worksheet(title)
            for number, line in enumerate(text.splitlines()):
                sheet.write_row(number, 0, line.split(","))
    return path
