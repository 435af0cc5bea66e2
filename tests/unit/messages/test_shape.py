"""Names put into the marks of a shape."""

from dj_cadence.domain.messages.view import Rendered
from dj_cadence.services.delivery.skeletons import Skeleton, has_placeholder, placeholders


def test_names_go_where_their_marks_stand() -> None:
    first, second = placeholders(2)
    shape = Skeleton(f"{second}提醒{first}", f"{first}，{first}：{second}。", f"<b>{second}</b>")

    assert shape.filled(["李老师", "甲\n支部 <1>"]) == Rendered(
        subject="甲 支部 <1>提醒李老师",
        text="李老师，李老师：甲\n支部 <1>。",
        html="<b>甲\n支部 &lt;1&gt;</b>",
    )


def test_what_nobody_shares_stays_as_it_is() -> None:
    assert Skeleton("\ue000", "\ue001", "\uf8ff").filled(()) == Rendered(
        "\ue000", "\ue001", "\uf8ff"
    )


def test_marks_are_told_from_text() -> None:
    assert len(set(placeholders(1000))) == 1000
    assert all(map(has_placeholder, placeholders(1000)))
    assert not has_placeholder("李老师，https://dj.example.cn/t/abc 😀")
