"""What releases and applicability promise."""

from tools.faults.fault import Fault

RULES = "tests/roadmap/applicability/test_rules.py"
CARS = "tests/roadmap/applicability/test_cars.py"
ROLLOUT = "tests/roadmap/releases/test_rollout.py"
FAULTS = [
    Fault(
        "applicability: the last model year of a rule is left out",
        "roadmap/applicability/rules.py",
        "(last is None or year <= last)",
        "(last is None or year < last)",
        f"{RULES}::test_ten_thousand_random_cars_get_what_the_slow_evaluator_says",
    ),
    Fault(
        "applicability: a rule that may fit is taken for one that does",
        "roadmap/applicability/rules.py",
        "        if answer.holds:\n            break",
        "        if answer.holds is not False:\n            break",
        f"{RULES}::test_a_car_with_gaps_is_told_only_what_holds_however_they_are_filled",
    ),
    Fault(
        "applicability: a line that still decides is called covered",
        "roadmap/applicability/preview.py",
        "        and (wide.year_to is None or (narrow.year_to is not None and narrow.year_to <= wide.year_to))\n",
        "",
        "tests/roadmap/applicability/test_editor.py::test_covered_lines_are_found_where_a_pm_makes_them",
    ),
    Fault(
        "applicability: rules that somebody else wrote are written over",
        "roadmap/applicability/editing.py",
        "    if sign(rules_for(session, subject)) != seen:",
        "    if not seen:",
        "tests/roadmap/applicability/test_editor.py::test_rules_are_written_tried_moved_and_taken_out_without_script",
    ),
    Fault(
        "dates: a release's public day moves without a reason",
        "roadmap/releases/service.py",
        "reason=draft.reason, by=by,",
        'reason=draft.reason or "x", by=by,',
        f"{ROLLOUT}::test_a_public_day_does_not_move_without_a_reason_on_the_page",
    ),
    Fault(
        "dates: JSON moves a release's public day past the ledger",
        "roadmap/releases/api_v1.py",
        "planned_for=self.planned_for, reason=self.reason,",
        'planned_for=self.planned_for, reason=self.reason or "-",',
        f"{ROLLOUT}::test_a_public_day_does_not_move_without_a_reason_in_json",
    ),
    Fault(
        "releases: the history of a roll-out can be changed",
        "cocreate/migrations/versions/0002_guards.py",
        '    "release_rollout",\n',
        "",
        f"{ROLLOUT}::test_the_history_of_a_roll_out_cannot_be_changed",
    ),
    Fault(
        "releases: two who press at once both move the roll-out",
        "roadmap/releases/rollout.py",
        "    if result.rowcount != 1:\n        raise RolloutMoved",
        "    if result.rowcount > 1:\n        raise RolloutMoved",
        f"{ROLLOUT}::test_of_two_who_press_at_once_only_one_moves_it",
    ),
    Fault(
        "releases: old versions of a car that is new to the garage are all told",
        "roadmap/applicability/receiving.py",
        "        if release_id in fresh:",
        "        if release_id:",
        f"{CARS}::test_a_car_that_gets_the_software_is_noted_once",
    ),
    Fault(
        "releases: a car that has it already receives it again",
        "roadmap/applicability/receiving.py",
        "        written += sorted((row[0], row[1]) for row in returned)",
        "        written += pairs[start : start + CHUNK] if list(returned) is not None else []",
        f"{CARS}::test_a_receipt_that_somebody_else_wrote_meanwhile_is_not_told_again",
    ),
    Fault(
        "releases: the personal note comes again with each step",
        "roadmap/releases/personal.py",
        'key = f"release:{release.id}:mine"',
        'key = f"release:{release.id}:{release.rollout_percent}:mine"',
        f"{CARS}::test_everybody_whose_points_come_to_their_car_gets_one_note",
    ),
    Fault(
        "releases: letters name who did not agree",
        "roadmap/releases/thanks.py",
        "col(Member.named_in_releases), ",
        "",
        "tests/roadmap/releases/test_feeds.py::test_a_letter_names_only_who_agreed",
    ),
    Fault(
        "roadmap: items name who did not agree",
        "roadmap/releases/thanks.py",
        "col(Member.named_in_releases), ",
        "",
        "tests/roadmap/items/test_pages.py::test_shipped_items_thank_those_by_name_who_agreed_to_it",
    ),
    Fault(
        "garage: the brand's mark goes to a car that nobody saw",
        "cocreate/identity/vehicles/service.py",
        "    if seen != vehicle.sign:",
        "    if not vehicle.sign:",
        "tests/cocreate/identity/test_garage.py::test_the_mark_goes_to_the_car_that_was_seen",
    ),
    Fault(
        "garage: two cars at once take the last place",
        "cocreate/identity/vehicles/service.py",
        "    session.connection().execute(touch)\n",
        "",
        "tests/cocreate/identity/test_garage.py::test_requests_for_one_garage_wait_for_each_other",
    ),
]
