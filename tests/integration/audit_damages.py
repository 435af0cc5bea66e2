"""What can happen to a site's data, in SQL, and what the auditor says of each.

The SQL is that of both databases, on the world of `audit_world` walked to LAST.
"""

from dataclasses import dataclass
from datetime import date

LAST = date(2026, 5, 12)


@dataclass(frozen=True)
class Damage:
    """What is done, and what the audit says of it."""

    name: str
    kinds: str
    """Of the findings; with an asterisk those that a person has to see to."""
    sql: tuple[str, ...]

    @property
    def expected(self) -> set[tuple[str, bool]]:
        return {(kind.rstrip("*"), not kind.endswith("*")) for kind in self.kinds.split()}


def task(where: str, change: str) -> str:
    """Change the first task of a kind."""
    return f"UPDATE task SET {change} WHERE id = (SELECT min(id) FROM task WHERE {where})"


def message(change: str, where: str = "kind = 'bundle'") -> str:
    return f"UPDATE message SET {change} WHERE id = (SELECT min(id) FROM message WHERE {where})"


def notice(change: str, where: str = "outcome = 'sent'") -> str:
    return f"UPDATE notice SET {change} WHERE id = (SELECT min(id) FROM notice WHERE {where})"


FUTURE = "'2099-01-01'"
LATER = "'2099-01-01T00:00:00.000000Z'"
FIRST_MESSAGE = "(SELECT min(id) FROM message WHERE kind = 'bundle')"
LATE_TASK = "state = 'overdue' AND step = '' AND due_revision = 0 AND instance = 0"

DAMAGES = (
    # --- the site ------------------------------------------------------------------------
    Damage("its name in Message-IDs is gone", "site_unnamed*", ("UPDATE site SET uid = ''",)),
    Damage("it starts in 2099", "site_start*", (f"UPDATE site SET starts_on = {FUTURE}",)),
    Damage(
        "sending and held", "site_held_and_sending", ("UPDATE site SET held_on = '2026-04-01'",)
    ),
    Damage(
        "held in 2099",
        "site_held_ahead",
        (f"UPDATE site SET sending = false, held_on = {FUTURE}",),
    ),
    Damage(
        "digests made for 2099", "site_digest_week", ("UPDATE site SET digest_week = '2099-W01'",)
    ),
    Damage(
        "a digest week that is none", "site_digest_week", ("UPDATE site SET digest_week = 'x'",)
    ),
    Damage(
        "the data's version fell back", "site_data_version", ("UPDATE site SET data_version = 0",)
    ),
    Damage("bundled in 2099", "instant_ahead", (f"UPDATE site SET bundled_at = {LATER}",)),
    Damage(
        "passes counted below nothing", "site_counters", ("UPDATE site SET shown_version = -3",)
    ),
    Damage("a pass in 2099", "clock_behind*", (f"UPDATE site SET last_tick = {LATER}",)),
    # --- the roster ----------------------------------------------------------------------
    Damage(
        "a branch without its superior",
        "org_supervisor",
        ("UPDATE org SET supervisor_id = NULL WHERE code = 'B1'",),
    ),
    Damage(
        "a branch below another",
        "org_supervisor",
        ("UPDATE org SET supervisor_id = (SELECT id FROM org WHERE code = 'T') WHERE code = 'B1'",),
    ),
    Damage(
        "a circle that the roster knows nothing of",
        "org_circle*",
        (
            "UPDATE org SET roster = '{}' WHERE code IN ('S', 'B1')",
            (
                "UPDATE org SET supervisor_id = "
                "(SELECT id FROM org WHERE code = 'B1') WHERE code = 'S'"
            ),
        ),
    ),
    Damage(
        "a wrong place in the tree",
        "org_position",
        ("UPDATE org SET position = 40 WHERE code = 'S'",),
    ),
    Damage(
        "a subtree cut short", "org_position", ("UPDATE org SET subtree_end = 2 WHERE code = 'E'",)
    ),
    Damage("an unknown kind", "org_kind*", ("UPDATE org SET kind = 'club' WHERE code = 'T'",)),
    Damage("a name is gone", "org_nameless*", ("UPDATE org SET name = ' ' WHERE code = 'T'",)),
    Damage(
        "handed over without an end",
        "org_handed_over",
        ("UPDATE org SET handed_over = '2026-04-01' WHERE code = 'T'",),
    ),
    Damage(
        "a superior that is not there",
        "reference_lost*",
        ("UPDATE org SET approver_id = 999999 WHERE code = 'T'",),
    ),
    Damage(
        "a person's name is gone", "person_nameless*", ("UPDATE person SET name = '' WHERE id = 1",)
    ),
    Damage(
        "an unknown state of an address", "address_state", ("UPDATE address SET state = 'odd'",)
    ),
    Damage(
        "refused since nobody knows when",
        "address_bad_since",
        ("UPDATE address SET state = 'bad'",),
    ),
    Damage(
        "an office that is none",
        "appointment_office*",
        ("UPDATE appointment SET office = '队长' WHERE id = 1",),
    ),
    Damage(
        "an office that ended before it began",
        "appointment_backwards*",
        ("UPDATE appointment SET since = '2026-04-01', until = '2025-01-01' WHERE id = 1",),
    ),
    Damage(
        "somebody in office who is not there",
        "reference_lost*",
        ("UPDATE appointment SET person_id = 999999 WHERE id = 1",),
    ),
    Damage(
        "welcomed in 2099",
        "appointment_welcomed",
        (f"UPDATE appointment SET welcomed_on = {FUTURE} WHERE id = 1",),
    ),
    Damage(
        "a facts' hash that is another",
        "profile_facts*",
        ("UPDATE profile SET hash = 'x' || hash WHERE id = 1",),
    ),
    Damage(
        "an election without a running term",
        "anchor_none_running",
        ("UPDATE anchor SET current = false WHERE kind = 'election'",),
    ),
    Damage(
        "an election in 2099",
        "anchor_ahead*",
        (f"UPDATE anchor SET day = {FUTURE} WHERE id = 1",),
    ),
    # --- rules and the plan --------------------------------------------------------------
    Damage(
        "no rules in force", "catalogue_none_in_force*", ("UPDATE catalogue SET current = false",)
    ),
    Damage(
        "rules that cannot be read", "catalogue_content*", ("UPDATE catalogue SET content = '{'",)
    ),
    Damage(
        "rules that are not those of their hash",
        "catalogue_content*",
        ("UPDATE catalogue SET hash = 'x' || hash",),
    ),
    Damage(
        "two versions in force",
        "catalogue_twice_in_force",
        (
            (
                "INSERT INTO catalogue (id, hash, content, applied_at, applied_by, current) "
                "SELECT 0, 'older', content, applied_at, applied_by, true FROM catalogue"
            ),
        ),
    ),
    Damage(
        "a reminder plan that is another", "chain_content", ("UPDATE chain SET content = '{}'",)
    ),
    Damage(
        "a period that ends before it begins",
        "slot_dates*",
        ("UPDATE slot SET opens = '2027-12-31' WHERE id = (SELECT min(id) FROM slot)",),
    ),
    Damage("a duty planned to 2099", "plan_run_window", (f"UPDATE plan_run SET until = {FUTURE}",)),
    Damage(
        "a task is gone",
        "plan_differs",
        (
            (
                "DELETE FROM task WHERE id = (SELECT min(id) FROM task WHERE state = 'planned' "
                "AND step = '' AND duty = 'theme_party_day')"
            ),
        ),
    ),
    Damage(
        "a due date that is another",
        "plan_differs",
        (
            task(
                "state = 'planned' AND step = '' AND duty = 'theme_party_day'", "due = '2026-08-09'"
            ),
        ),
    ),
    # --- tasks ---------------------------------------------------------------------------
    Damage(
        "looked at in 2099",
        "task_next_day_late",
        (task("state = 'planned'", f"next_on = {FUTURE}"),),
    ),
    Damage(
        "looked at some days late",
        "task_next_day_late",
        (task("state = 'planned' AND next_on = opens", "next_on = '2027-05-30'"),),
    ),
    Damage(
        "never looked at", "task_without_next_day", (task("state = 'planned'", "next_on = NULL"),)
    ),
    Damage("reminded up to 2099", "task_ahead", (task(LATE_TASK, f"raised_to = {FUTURE}"),)),
    Damage("an unknown state", "task_state", (task("state = 'planned'", "state = 'lost'"),)),
    Damage(
        "overdue before its day",
        "task_state",
        (task("state = 'planned' AND opens > '2026-06-01'", "state = 'overdue'"),),
    ),
    Damage(
        "planned though long open",
        "task_state",
        (task(LATE_TASK, "state = 'planned', next_on = '2026-05-18'"),),
    ),
    Damage(
        "settled without an instant",
        "task_settled_without_instant",
        (task("state = 'done'", "settled_at = NULL"),),
    ),
    Damage(
        "settled though nobody did it",
        "task_settled_without_act*",
        (
            task(
                "state = 'planned'",
                "state = 'waived', next_on = NULL, settled_at = '2026-04-01T00:00:00.000000Z'",
            ),
        ),
    ),
    Damage(
        "open though it was done",
        "task_open_against_act*",
        (
            task(
                "state = 'done' AND step = ''",
                "state = 'open', settled_at = NULL, next_on = '2026-05-12'",
            ),
        ),
    ),
    Damage(
        "done and still to come",
        "task_settled_with_next_day",
        (task("state = 'done'", "next_on = '2026-05-01'"),),
    ),
    Damage("done in 2099", "task_done_day", (task("state = 'done'", f"completed_on = {FUTURE}"),)),
    Damage("done on no day", "task_done_day", (task("state = 'done'", "completed_on = NULL"),)),
    Damage("counted too little", "task_amount", (task("state = 'done'", "amount = -2"),)),
    Damage(
        "records that the plan may take back",
        "task_untouched",
        ("UPDATE task SET touched = false",),
    ),
    Damage(
        "an hour that is none", "task_hour", (task("state = 'planned'", "planned_time = 'noon'"),)
    ),
    Damage(
        "dated anew in 2099",
        "task_dated_ahead",
        (task("state = 'planned'", f"dated_on = {FUTURE}"),),
    ),
    Damage("revisions fell back", "task_revision", (task(LATE_TASK, "due_revision = -1"),)),
    Damage(
        "an election that is not there",
        "task_anchor* plan_differs",
        (task("anchor_id > 0 AND state = 'planned'", "anchor_id = 999999"),),
    ),
    Damage(
        "changed in 2099", "instant_ahead", (task("state = 'planned'", f"changed_at = {LATER}"),)
    ),
    # --- what people did -----------------------------------------------------------------
    Damage(
        "a record of no task",
        "record_of_no_task*",
        ("DELETE FROM record_task WHERE record_id = (SELECT min(id) FROM record)",),
    ),
    Damage(
        "a record of 2099", "record_ahead*", (f"UPDATE record SET day = {FUTURE} WHERE id = 1",)
    ),
    Damage(
        "a record whose task is gone",
        "reference_lost*",
        ("UPDATE record_task SET task_id = 999999 WHERE record_id = (SELECT min(id) FROM record)",),
    ),
    Damage("an act of no kind", "act_kind*", ("UPDATE act SET kind = 'dance' WHERE id = 1",)),
    Damage(
        "the act that settled a task is gone",
        "task_settled_without_act*",
        (
            (
                "DELETE FROM act WHERE task_id = (SELECT min(id) FROM task WHERE state = 'done' "
                "AND id NOT IN (SELECT task_id FROM act WHERE kind = 'reopen'))"
            ),
        ),
    ),
    Damage(
        "an act at no instant", "instant_unreadable", ("UPDATE act SET at = 'noon' WHERE id = 1",)
    ),
    Damage(
        "a message made at no instant",
        "instant_unreadable",
        (message("created_at = '2026-05-12 08:30:00'"),),
    ),
    Damage("an act by no door", "act_via", ("UPDATE act SET via = 'window' WHERE id = 1",)),
    Damage("an act in 2099", "instant_ahead", (f"UPDATE act SET at = {LATER} WHERE id = 1",)),
    Damage("a paper of another size", "evidence_spoilt*", ("UPDATE evidence SET size = size + 1",)),
    Damage(
        "a paper whose content is gone",
        "evidence_lost*",
        (f"UPDATE evidence SET sha256 = '{'0' * 64}'",),
    ),
    # --- notices -------------------------------------------------------------------------
    Damage("sent without an outcome", "notice_said_without_outcome", (notice("outcome = ''"),)),
    Damage("an unknown outcome", "notice_outcome", (notice("outcome = 'lost'"),)),
    Damage("sent in no message", "notice_sent_in_nothing", (notice("message_id = NULL"),)),
    Damage("in a message that is not there", "reference_lost", (notice("message_id = 999999"),)),
    Damage(
        "about a task that is not there",
        "reference_lost* notice_missing",
        (notice("task_id = 999999", f"task_id = (SELECT min(id) FROM task WHERE {LATE_TASK})"),),
    ),
    Damage(
        "due in 2099 and waiting",
        "notice_ahead",
        (
            (
                "INSERT INTO notice (id, task_id, due_revision, rung, occurrence, level, office, "
                "due_on, relay, outcome) SELECT 99999, id, due_revision, 'odd', 0, 0, '书记', "
                f"{FUTURE}, '', '' FROM task WHERE id = 1"
            ),
        ),
    ),
    Damage("due in 2099 and said", "notice_said_ahead", (notice(f"due_on = {FUTURE}"),)),
    Damage(
        "reminders are gone",
        "notice_missing",
        (
            (
                "DELETE FROM notice WHERE id = (SELECT max(id) FROM notice WHERE outcome = 'sent' "
                "AND message_id IN (SELECT message_id FROM notice GROUP BY message_id "
                f"HAVING count(*) > 1) AND task_id IN (SELECT id FROM task WHERE {LATE_TASK}))"
            ),
        ),
    ),
    Damage("an office that nobody can hold", "notice_level*", (notice("level = -1"),)),
    # --- messages ------------------------------------------------------------------------
    Damage(
        "a sent message to be sent again",
        "message_sent_again",
        (message("state = 'ready', send_at = '2026-05-12T01:00:00.000000Z'"),),
    ),
    Damage("an unknown state of a message", "message_state", (message("state = 'odd'"),)),
    Damage("an unknown kind of message", "message_kind", (message("kind = 'odd'"),)),
    Damage("sent at no time", "message_sent_without_instant", (message("sent_at = NULL"),)),
    Damage("sent in 2099", "instant_ahead", (message(f"sent_at = {LATER}"),)),
    Damage(
        "sent without a try",
        "message_sent_without_try",
        (f"DELETE FROM attempt WHERE message_id = {FIRST_MESSAGE}",),
    ),
    Damage("of a day in 2099", "message_ahead", (message(f"day = {FUTURE}"),)),
    Damage("fewer tries than there were", "message_attempts", (message("attempts = 0"),)),
    Damage(
        "leased by nobody for ever",
        "message_lease",
        (
            message(
                "state = 'leased', lease_by = 'ghost', sent_at = NULL, "
                f"send_at = '2026-05-12T01:00:00.000000Z', lease_until = {LATER}"
            )
            + "",
            f"DELETE FROM notice WHERE message_id = {FIRST_MESSAGE}",
            f"DELETE FROM attempt WHERE message_id = {FIRST_MESSAGE}",
        ),
    ),
    Damage("held though sent", "message_lease_left", (message("lease_by = 'ghost'"),)),
    Damage(
        "waiting without a time",
        "message_without_time",
        (
            message("state = 'retry', sent_at = NULL, day = '2026-05-12', serial = -9"),
            f"UPDATE attempt SET outcome = 'retry' WHERE message_id = {FIRST_MESSAGE}",
            f"UPDATE notice SET outcome = '' WHERE message_id = {FIRST_MESSAGE}",
        ),
    ),
    Damage(
        "waiting until 2099",
        "message_put_off",
        (
            message(
                "state = 'retry', sent_at = NULL, day = '2026-05-12', serial = -9, "
                f"send_at = {LATER}"
            ),
            f"UPDATE attempt SET outcome = 'retry' WHERE message_id = {FIRST_MESSAGE}",
            f"UPDATE notice SET outcome = '' WHERE message_id = {FIRST_MESSAGE}",
        ),
    ),
    Damage(
        "two tries in the dark",
        "message_quarantined* notice_sent_in_unsent",
        (message("state = 'quarantined', sent_at = NULL"),),
    ),
    Damage(
        "the letter is gone",
        "message_letter_lost*",
        (f"DELETE FROM letter WHERE message_id = {FIRST_MESSAGE}",),
    ),
    Damage(
        "the letter's words are others", "shape_content*", ("UPDATE shape SET content = X'00'",)
    ),
    Damage(
        "the letter's words are gone",
        "reference_lost*",
        ("DELETE FROM shape WHERE id = (SELECT min(shape_id) FROM letter)",),
    ),
    Damage(
        "the message is gone",
        "reference_lost",
        (f"DELETE FROM message WHERE id = {FIRST_MESSAGE}",),
    ),
    Damage("a try of no outcome", "attempt_outcome", ("UPDATE attempt SET outcome = 'odd'",)),
    Damage(
        "a try that never ended", "attempt_without_end", ("UPDATE attempt SET outcome = 'sending'",)
    ),
    Damage(
        "a try that ended at no time",
        "attempt_ended_without_instant",
        ("UPDATE attempt SET ended = NULL",),
    ),
    Damage(
        "a digest of 2099",
        "digest_week",
        (
            (
                "UPDATE digest SET week = '2099-W01' "
                "WHERE org_id = 1 AND week = (SELECT max(week) FROM digest)"
            ),
        ),
    ),
    Damage(
        "a digest in a message that is not there",
        "reference_lost",
        ("UPDATE digest SET message_id = 999999 WHERE message_id IS NOT NULL",),
    ),
    # --- links ---------------------------------------------------------------------------
    Damage(
        "links of messages are gone", "token_lost", ("DELETE FROM token WHERE purpose = 'message'",)
    ),
    Damage(
        "a login that nobody can use", "login_hash", ("UPDATE login SET hash = 'x' WHERE id = 1",)
    ),
    Damage(
        "a login that ended before it began",
        "login_backwards",
        ("UPDATE login SET ended_at = '2020-01-01T00:00:00.000000Z' WHERE id = 1",),
    ),
    Damage(
        "a login of nobody", "reference_lost", ("UPDATE login SET person_id = 999 WHERE id = 1",)
    ),
    Damage(
        "calendars' addresses are gone",
        "feed_token_lost",
        ("DELETE FROM token WHERE purpose = 'feed'",),
    ),
    Damage(
        "a link of no purpose",
        "token_purpose token_lost",
        ("UPDATE token SET purpose = 'odd' WHERE purpose = 'message'",),
    ),
    Damage(
        "a calendar's copy is others' bytes", "feed_copy_spoilt", ("UPDATE feed SET body = X'00'",)
    ),
    Damage("a calendar's copy is half there", "feed_copy", ("UPDATE feed SET packed = NULL",)),
)
