"""Breaks of what the ledger, the fairness check and the value report promise."""

from tools.faults.fault import Fault

SERVICE, HISTORY = "roadmap/promises/service.py", "roadmap/promises/history.py"
DATES, DOORS = "tests/roadmap/promises/test_dates.py", "tests/roadmap/promises/test_doors.py"
FOLLOW = "tests/roadmap/promises/test_follow.py"
ANNOUNCED = "tests/roadmap/fairness/test_announcements.py"
VALUE = "tests/roadmap/value/test_value.py"

FAULTS = [
    Fault(
        "promises: a public date changes without a reason on the item's page",
        HISTORY,
        "    if not reason.strip():",
        "    if False:",
        f"{DOORS}::test_the_page_of_an_item_refuses_a_new_day_without_a_reason",
    ),
    Fault(
        "promises: the page of a promise takes a change without a reason",
        SERVICE,
        'N_("This ends before it begins.")})\n    need(reason)',
        'N_("This ends before it begins.")})\n    return',
        f"{DOORS}::test_json_refuses_every_change_without_a_reason",
    ),
    Fault(
        "promises: JSON changes a wording in silence",
        "roadmap/promises/api_v1.py",
        "service.reword(db, promise, words, reason=said.reason, by=actor)",
        'service.reword(db, promise, words, reason=said.reason.strip() or "…", by=actor)',
        f"{DOORS}::test_json_refuses_every_change_without_a_reason",
    ),
    Fault(
        "promises: a file moves days in silence",
        "roadmap/promises/exchange.py",
        "            except (Invalid, Conflict, NotFound) as problem:\n"
        "                outcome.errors.append(RowError(row.number, row.line, _said(problem)))\n",
        "            except (Invalid, Conflict, NotFound):\n",
        f"{DOORS}::test_a_file_is_refused_line_by_line_where_a_day_moves_without_a_reason",
    ),
    Fault(
        "promises: the history can be rewritten",
        "cocreate/migrations/versions/0002_guards.py",
        '    "promise_event",\n',
        "",
        f"{DATES}::test_history_cannot_be_changed_through_the_session_nor_by_hand",
    ),
    Fault(
        "promises: the date of something delivered is rewritten in silence",
        SERVICE,
        "same = old is None if not ended else not delivered(session, PromiseKind(subject[0]), subject[1])",
        "same = old is None or ended",
        f"{FOLLOW}::test_after_delivery_a_rewritten_date_is_noted_and_the_verdict_stays",
    ),
    Fault(
        "promises: the page waits for a timer before it says late",
        "roadmap/promises/models.py",
        "return PromiseState.LATE if self.overdue(today) else self.state",
        "return self.state",
        f"{FOLLOW}::test_the_page_says_late_at_once_and_the_one_in_charge_is_asked_once",
    ),
    Fault(
        "promises: what is owed is left out of the share",
        "roadmap/promises/queries.py",
        "return self.kept + self.late + self.owed + self.dropped",
        "return self.kept + self.late + self.dropped",
        f"{FOLLOW}::test_the_share_counts_what_came_due_and_says_which",
    ),
    Fault(
        "fairness: the year before is no neighbour",
        "roadmap/fairness/rules.py",
        "rule.ordered_from - reach <= car.ordered_on < rule.ordered_from",
        "rule.ordered_from - timedelta(days=30) <= car.ordered_on < rule.ordered_from",
        f"{ANNOUNCED}::test_the_benefit_of_2022_is_flagged_with_those_of_2021",
    ),
    Fault(
        "fairness: it leaves without an answer",
        "roadmap/fairness/service.py",
        'if counted["losing_owners"] and not row.answer.strip():',
        "if False:",
        f"{ANNOUNCED}::test_the_page_lets_nothing_out_without_an_answer_and_a_second_person",
    ),
    Fault(
        "fairness: whoever wrote it approves it",
        "roadmap/fairness/service.py",
        "    check_second(row.edited_by, by)\n",
        "",
        f"{ANNOUNCED}::test_json_lets_nothing_out_without_an_answer_and_a_second_person",
    ),
    Fault(
        "fairness: an approval covers words that came later",
        "roadmap/fairness/service.py",
        "if row.state != AnnouncementState.APPROVED or row.seal != seal_of(row, groups):",
        "if row.state != AnnouncementState.APPROVED:",
        f"{ANNOUNCED}::test_an_approval_is_about_these_words_even_if_somebody_writes_past_the_form",
    ),
    Fault(
        "value: a month that was reported is counted anew",
        "roadmap/value/service.py",
        "store(session, month, figures, final=month != present)",
        "store(session, month, figures, final=False)",
        f"{VALUE}::test_a_month_that_is_over_is_counted_once_more_and_then_stays",
    ),
    Fault(
        "value: votes count as delivered before their item shipped",
        "roadmap/value/counting.py",
        "steps = select(ItemChange.item_id, ItemChange.stage).where(col(ItemChange.at) < end)",
        "steps = select(ItemChange.item_id, ItemChange.stage)",
        f"{VALUE}::test_votes_are_delivered_with_their_item_and_not_before",
    ),
]
