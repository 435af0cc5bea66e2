"""What the reminders ask of an organization, and the text to copy into a chat."""

from tests.world.web_district import ALICE, BOB, CHARLIE, District


def test_the_page_counts_and_names_whom_to_call(district: District) -> None:
    page = district.login(ALICE).get("/orgs/S1/people")

    assert page.status_code == 200
    assert "<h2>基层负担情况</h2>" in page.text
    assert "需电话通知人员" in page.text
    assert "<script>" not in page.text


def test_the_burden_page_is_hidden_from_strangers(district: District) -> None:
    assert district.login(CHARLIE).get("/orgs/S1/people").status_code == 404


def test_a_task_has_a_text_to_copy_that_names_nobody_late(district: District) -> None:
    page = district.login(BOB).get("/orgs/S1-1")

    copied = [part.split("</textarea>")[0] for part in page.text.split("<textarea")[1:]]
    assert copied
    for text in copied:
        assert "办完请登录登记：" in text
        assert "/orgs/S1-1#task-" in text
        assert "逾期" not in text
        assert "/t/" not in text
