"""E-mail addresses and telephone numbers as people write them."""

import pytest

from dj_cadence.domain.roster.contact_text import (
    email_address,
    email_fault,
    is_own_phone,
    phone_fault,
    phone_number,
)
from dj_cadence.mail_address import is_address


@pytest.mark.parametrize(
    "written",
    [
        "wang.fang@qinghe.example",
        "Wang.Fang@QingHe.example",
        "王芳<wang.fang@qinghe.example>",
        "王芳 ＜wang.fang@qinghe.example＞",
        '"王 芳" <wang.fang@qinghe.example>;',
        "王芳 wang.fang@qinghe.example",
        "wang.fang@qinghe.example（备用）",
        "mailto:wang.fang@qinghe.example",
        "MAILTO:wang.fang@qinghe.example?subject=x",
        "邮箱：wang.fang@qinghe.example",
        "王芳:wang.fang@qinghe.example",
        "Wang Fang: wang.fang@qinghe.example",
        "ｗａｎｇ．ｆａｎｇ＠ｑｉｎｇｈｅ．ｅｘａｍｐｌｅ",
        "wang.fang @ qinghe.example",
        "wang.fang@qinghe。example",
        "wang.fang@qinghe.example。",
        "wang.fang@qinghe.example；",
        "wang.fang@qinghe.example,",
        "\ufeffwang.fang@\u200bqinghe.example\u00a0",
        "“wang.fang@qinghe.example”",
    ],
)
def test_one_address_however_it_is_written(written: str) -> None:
    assert email_address(written) == "wang.fang@qinghe.example"
    assert email_fault(written) == ""


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("a@b.cn c@d.cn", "邮箱“a@b.cn c@d.cn”里不止一个地址，请只写一个。"),
        ("a@b.cn；c@d.cn", "邮箱“a@b.cn；c@d.cn”里不止一个地址，请只写一个。"),
        ("王@qinghe.cn", "邮箱“王@qinghe.cn”里有邮件服务器不认的字，应如 name@example.org。"),
        ("wang@青禾.中国", "邮箱“wang@青禾.中国”里有邮件服务器不认的字，应如 name@example.org。"),
        ("wang@qinghe", "邮箱“wang@qinghe”写法不对，应如 name@example.org。"),
        ("wang..fang@qinghe.cn", "邮箱“wang..fang@qinghe.cn”写法不对，应如 name@example.org。"),
        (".wang@qinghe.-cn", "邮箱“.wang@qinghe.-cn”写法不对，应如 name@example.org。"),
        ("见通讯录", "邮箱“见通讯录”写法不对，应如 name@example.org。"),
        ("@qinghe.cn", "邮箱“@qinghe.cn”写法不对，应如 name@example.org。"),
    ],
)
def test_what_no_mail_can_be_sent_to(written: str, fault: str) -> None:
    assert email_fault(written) == fault


def test_the_longest_name_is_the_senders_own_limit() -> None:
    fits, too_long = f"{'a' * 64}@b.cn", f"{'a' * 65}@b.cn"
    assert (is_address(fits), email_fault(fits)) == (True, "")
    assert is_address(too_long) is False
    assert email_fault(too_long) == f"邮箱“{too_long}”写法不对，应如 name@example.org。"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800138000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("(+86)13800138000", "13800138000"),
        ("013800138000", "13800138000"),
        ("手机：13800138000", "13800138000"),
        ("13800138000（微信同号）", "13800138000"),
        ("13800138000(王)", "13800138000"),
        ("13800138000.0", "13800138000"),
        ("０５３２－85881234 （办公室）", "053285881234"),
        ("0532-85881234", "053285881234"),
        ("（0532）8588 1234", "053285881234"),
        ("+86-532-85881234", "053285881234"),
        ("010—62881234", "01062881234"),
        ("0535-6688123", "05356688123"),
        ("0532-85881234-801", "053285881234转801"),
        ("053285881234转 12", "053285881234转12"),
        ("85881234", "85881234"),
        ("+852 9123 4567", "+85291234567"),
    ],
)
def test_a_number_as_it_is_dialled(written: str, number: str) -> None:
    assert (phone_number(written), phone_fault(written)) == (number, "")
    assert (phone_number(number), phone_fault(number)) == (number, "")


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        (
            "1380013800",
            "手机“1380013800”有10位数字：手机号码是11位，座机要写区号，如 0532-85881234。",
        ),
        (
            "12800138000",
            "手机“12800138000”有11位数字：手机号码是11位，座机要写区号，如 0532-85881234。",
        ),
        ("661234", "手机“661234”有6位数字：手机号码是11位，座机要写区号，如 0532-85881234。"),
        ("138OO138000", "手机“138OO138000”写法不对，请只写一个号码。"),
        ("打办公室", "手机“打办公室”写法不对，请只写一个号码。"),
        ("13800138000/13900139000", "手机“13800138000/13900139000”里不止一个号码，请只写一个。"),
        ("1.38E+10", "手机“1.38E+10”被表格改写过，请把这一列设为文本，重新输入号码。"),
    ],
)
def test_what_nobody_can_dial(written: str, fault: str) -> None:
    assert phone_fault(written) == fault


def test_a_landline_is_nobodys_own() -> None:
    numbers = ("13800138000", "+85291234567", "053285881234", "85881234")
    assert [is_own_phone(number) for number in numbers] == [True, True, False, False]


def test_a_cell_of_endless_text_is_refused_at_once() -> None:
    assert email_fault("a@" * 20_000) == "邮箱一格有40000个字，请只写一个地址。"
    assert phone_fault("1" * 30_000) == "手机一格有30000个字，请只写一个号码。"
