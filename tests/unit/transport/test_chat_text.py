from hypothesis import given
from hypothesis import strategies as st

from dj_cadence.transport.chat_text import fit

TEXT = """\
您有4项待办。
https://dj.example.cn/t/x

【逾期】第一小学
· 甲
· 乙

【本月】第二小学
· 丙
· 丁
有疑问请联系教育工委
"""


def test_what_fits_is_left_alone() -> None:
    assert fit(TEXT, len(TEXT.encode())) == TEXT


def test_the_last_items_go_first_and_are_counted() -> None:
    assert (
        fit(TEXT, len(TEXT.encode()) - 1)
        == """\
您有4项待办。
https://dj.example.cn/t/x

【逾期】第一小学
· 甲
…另有 3 项
有疑问请联系教育工委
"""
    )


def test_headings_without_items_go_with_them() -> None:
    text = "您有2项待办。\n【逾期】第一小学\n· " + "甲" * 50 + "\n【本月】\n· 乙\n链接"

    assert fit(text, 80) == "您有2项待办。\n【逾期】第一小学\n…另有 2 项\n链接"


@given(st.text(max_size=60), st.integers(0, 120))
def test_no_text_is_longer_than_it_may_be_or_cut_inside_a_character(text: str, most: int) -> None:
    short = fit(text, most)

    assert len(short.encode()) <= most
    assert short in (text, "") or short.endswith("…") or "…另有 " in short
