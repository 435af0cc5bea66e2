"""Who hears of something an office must do."""

from dj_cadence.domain.reminders.notice import Addressee, Holder, addressee, digest_reader

SECRETARY = Holder(1, "王书记", acting=False)
LEADER = Holder(2, "李老师", acting=False)
CLERK = Holder(3, "赵老师", acting=False)


def test_the_holder_of_the_office_is_written_to() -> None:
    holders = {"书记": SECRETARY, "党小组长": LEADER}

    assert addressee("党小组长", holders, {1, 2}) == Addressee(2, "李老师")


def test_an_office_never_filled_falls_quietly_to_the_secretary() -> None:
    assert addressee("党小组长", {"书记": SECRETARY}, {1}) == Addressee(1, "王书记")


def test_someone_without_an_address_is_told_by_the_secretary() -> None:
    holders = {"书记": SECRETARY, "党小组长": LEADER}

    assert addressee("党小组长", holders, {1}) == Addressee(1, "王书记", relay="党小组长李老师")


def test_a_vacant_or_unreachable_secretary_is_nobody() -> None:
    assert addressee("书记", {}, {1}) is None
    assert addressee("书记", {"书记": SECRETARY}, set()) is None
    assert addressee("党小组长", {"党小组长": LEADER}, set()) is None


def test_a_digest_is_read_by_the_clerk_else_by_the_secretary() -> None:
    both = {"书记": SECRETARY, "党务工作者": CLERK}

    assert digest_reader(both, {1, 3}) == Addressee(3, "赵老师")
    assert digest_reader(both, {1}) == Addressee(1, "王书记")
    assert digest_reader({"书记": SECRETARY}, {1}) == Addressee(1, "王书记")
    assert digest_reader(both, set()) is None
