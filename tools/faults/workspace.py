"""What the triage workspace promises: exact undo, owners told once, keys that suffice, peace for who was asked."""

from tools.faults.fault import Fault

TRIAGE = "tests/feedback_cluster/triage/test_workspace.py"
UNDO = "tests/feedback_cluster/themes/test_decisions.py::test_undo_loses_nothing"
QUESTIONS = "tests/feedback_cluster/questions/test_questions.py"
MEETINGS = "tests/feedback_cluster/meetings/test_meetings.py"
KEYS = "tests/e2e/test_triage_keys.py::test_fifty_themes_by_keyboard_alone"

FAULTS = [
    Fault(
        "undo of a decline leaves the posts declined",
        "feedback_cluster/themes/takebacks.py",
        "        _lift(session, decision, by=by)\n",
        "        pass\n",
        UNDO,
    ),
    Fault(
        "undo of a handing over lets its clock run on",
        "feedback_cluster/themes/takebacks.py",
        "(DecisionKind.DEPARTMENT, DecisionKind.ASSIGN)",
        "(DecisionKind.ASSIGN,)",
        UNDO,
    ),
    Fault(
        "undo of a note leaves it in the thread",
        "feedback_cluster/themes/takebacks.py",
        "    note.removed_at = clock.now()\n",
        "",
        UNDO,
    ),
    Fault(
        "a no is told at once, before it can be taken back",
        "feedback_cluster/themes/declining.py",
        "GRACE = timedelta(minutes=2)",
        "GRACE = timedelta(0)",
        f"{TRIAGE}::test_a_no_stands_on_the_posts_and_each_owner_hears_it_once",
    ),
    Fault(
        "a no that was taken back is told all the same",
        "feedback_cluster/themes/declining.py",
        ".where(col(Decline.id) == decline_id, col(Decline.taken_back_at).is_(None))",
        ".where(col(Decline.id) == decline_id)",
        f"{TRIAGE}::test_a_no_that_is_taken_back_in_time_is_never_told",
    ),
    Fault(
        "a theme's no overrules what was promised to a post",
        "feedback_cluster/themes/declining.py",
        "    waiting = {forum.PostStatus.OPEN, forum.PostStatus.REVIEWING}\n",
        "    waiting = {forum.PostStatus.OPEN, forum.PostStatus.REVIEWING, forum.PostStatus.PLANNED}\n",
        f"{TRIAGE}::test_a_no_stands_on_the_posts_and_each_owner_hears_it_once",
    ),
    Fault(
        "a no without a sentence",
        "feedback_cluster/themes/declining.py",
        "    if not said or len(said) > LONGEST:\n",
        "    if len(said) > LONGEST:\n",
        f"{TRIAGE}::test_a_no_needs_a_reason_and_a_sentence",
    ),
    Fault(
        "undo of many overrules what somebody decided since",
        "feedback_cluster/themes/decisions.py",
        "        if _word(getattr(theme, name)) != value:\n",
        "        if False and _word(getattr(theme, name)) != value:\n",
        f"{TRIAGE}::test_a_theme_decided_anew_meanwhile_keeps_that_when_the_rest_goes_back",
    ),
    Fault(
        "all that match takes in what was left out",
        "feedback_cluster/triage/many.py",
        "if theme_id not in left_out]",
        "if theme_id]",
        f"{TRIAGE}::test_everything_that_matches_but_what_was_left_out",
    ),
    Fault(
        "a crash in the midst of many makes the job begin anew",
        "feedback_cluster/triage/bulk.py",
        "            ids = bulk.themes[bulk.place : bulk.place + STEP]\n",
        "            ids = bulk.themes[:STEP]\n",
        f"{TRIAGE}::test_many_are_done_by_the_worker_and_a_crash_repeats_nothing",
    ),
    Fault(
        "anybody of the brand receives for a department",
        "feedback_cluster/themes/handover.py",
        "    if not may_receive(session, handover, by):\n",
        "    if False:\n",
        f"{TRIAGE}::test_a_department_confirms_that_it_has_the_theme_and_the_clock_stops",
    ),
    Fault(
        "whoever was asked is asked again",
        "feedback_cluster/questions/service.py",
        "PEACE = timedelta(days=30)",
        "PEACE = timedelta(0)",
        f"{QUESTIONS}::test_whoever_was_asked_has_peace_for_thirty_days",
    ),
    Fault(
        "two questions draw the same person at once",
        "feedback_cluster/questions/service.py",
        "        if _claim(session, member_id):\n",
        "        if _claim(session, member_id) or True:\n",
        f"{QUESTIONS}::test_a_member_that_another_question_has_just_drawn_is_left_out",
    ),
    Fault(
        "a meeting that decides anew keeps what it decided before",
        "feedback_cluster/meetings/service.py",
        "                decisions.undo(session, decision_id, by=by, zone=zone)\n",
        "                pass\n",
        f"{MEETINGS}::test_deciding_anew_takes_the_earlier_decision_back",
    ),
    Fault(
        "minutes hold a formula",
        "feedback_cluster/meetings/minutes.py",
        "    table.writerows([_harmless(cell) for cell in _cells(line, say)] for line in found)\n",
        "    table.writerows(_cells(line, say) for line in found)\n",
        f"{MEETINGS}::test_minutes_are_taken_along_as_markdown_and_as_a_table",
    ),
    Fault(
        "after an act the keys stay where nothing is",
        "cocreate/web/static/js/triage.js",
        'set(form, "next", next?.dataset.theme || "0");',
        'set(form, "next", "0");',
        KEYS,
    ),
    Fault(
        "Z takes the first act back instead of the last",
        "feedback_cluster/triage/bulk.py",
        "        .order_by(col(ThemeDecision.id).desc())\n        .limit(limit)\n",
        "        .order_by(col(ThemeDecision.id))\n        .limit(limit)\n",
        f"{TRIAGE}::test_notes_make_a_thread_and_tell_whom_they_name_once",
    ),
    Fault(
        "Z stays where somebody has decided anew",
        "feedback_cluster/triage/bulk.py",
        "            passed.append(decision)\n            continue\n",
        "            return Back(decision, passed)\n",
        f"{TRIAGE}::test_undo_passes_over_what_somebody_has_decided_anew",
    ),
    Fault(
        "undo of a filter that was saved over deletes it",
        "feedback_cluster/triage/keeping.py",
        "    filters = filters_of(dict(page.request.query_params)) if was else None\n",
        "    filters = None\n",
        f"{TRIAGE}::test_every_act_on_a_saved_filter_is_taken_back_exactly",
    ),
    Fault(
        "an undo joins two posts that must never be together",
        "feedback_cluster/themes/decisions.py",
        '        _check_company(session, before, decision.data.get("pair", ()))\n',
        "        pass\n",
        "tests/feedback_cluster/themes/test_decisions.py::test_an_undo_brings_no_two_posts_together_that_must_not_be",
    ),
    Fault(
        "a second press of the button asks a second sample",
        "feedback_cluster/questions/service.py",
        "    if (asked := _just_asked(session, theme, words, by)) is not None:\n",
        "    if (asked := _just_asked(session, theme, words, by)) is not None and False:\n",
        f"{QUESTIONS}::test_a_second_press_asks_nobody_more",
    ),
    Fault(
        "what a meeting pursues stays declined",
        "feedback_cluster/meetings/service.py",
        "    if decided.outcome is Outcome.PURSUE and theme.status is TriageStatus.DECLINED:\n",
        "    if False:\n",
        f"{MEETINGS}::test_what_the_meeting_pursues_is_back_in_work_whatever_was_said_before",
    ),
]
