from service.commands.progress import Progress


def test_a_line_says_how_fast_and_how_long_still() -> None:
    """Rate and time left once there is something to go by; each kind of work is timed apart."""
    now = iter([0.0, 1.0, 10.0, 20.0, 30.0, 34.0, 50.0])
    progress = Progress(lambda: next(now))
    assert progress.line("encoding sentences", 0, 90_000) == "encoding sentences: 0 of 90000"
    assert progress.line("encoding sentences", 100, 90_000) == "encoding sentences: 100 of 90000"
    line = progress.line("encoding sentences", 2_000, 90_000)
    assert line == "encoding sentences: 2000 of 90000, 200 a second, 7 min 20 s left"
    line = progress.line("encoding sentences", 90_000, 90_000)
    assert line == "encoding sentences: 90000 of 90000, 4500 a second"
    assert progress.line("encoding paragraphs", 0, 10) == "encoding paragraphs: 0 of 10"
    line = progress.line("encoding paragraphs", 1, 2_000)
    assert line == "encoding paragraphs: 1 of 2000, 4 s each, 2 h 13 min left"
    assert progress.line("encoding sentences", 0, 5) == "encoding sentences: 0 of 5"
