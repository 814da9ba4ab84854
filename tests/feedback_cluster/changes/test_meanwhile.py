def test_what_a_dead_run_had_written_down_of_people_s_voices_goes_with_the_next_run(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None
) -> None:
    with runtime.database.write() as session:
        dead, other = runs.start_run(session, queue=False).id or 0, 4_000
        runs.end(session, get_run(session, dead), RunState.FAILED)
    homes = [runtime.settings.home / "runs" / str(number) for number in (dead, other)]
    for home in homes:
        home.mkdir(parents=True)
        (home / "posts.jsonl").write_text("{}")
    (homes[0].parent / "cut.npz").write_bytes(b"")
    run_now()
    assert not any(home.exists() for home in homes)
    assert (homes[0].parent / "cut.npz").exists()
