import threading

import pytest

from index.aside import Aside

PATIENCE_SECONDS = 30.0


def test_work_goes_on_beside_its_caller() -> None:
    """In another thread, before its result is asked for."""
    began, ended = threading.Event(), threading.Event()

    def work() -> int:
        began.set()
        assert ended.wait(PATIENCE_SECONDS)
        return threading.get_ident()

    result = Aside(1).begin(work)
    assert began.wait(PATIENCE_SECONDS)
    ended.set()
    assert result() != threading.get_ident()


def test_without_a_free_thread_it_is_done_when_asked_for_by_who_asks() -> None:
    """Nobody waits in line for a thread; a thread that is done is free again."""
    aside, ended = Aside(1), threading.Event()
    first = aside.begin(lambda: ended.wait(PATIENCE_SECONDS))
    for one in (aside, Aside(0)):
        assert one.begin(threading.get_ident)() == threading.get_ident()
    ended.set()
    assert first() is True
    assert aside.begin(threading.get_ident)() != threading.get_ident()


def test_an_error_is_raised_where_the_result_is_asked_for() -> None:
    """Whichever thread did the work; the thread stays usable."""
    for aside in (Aside(1), Aside(0)):
        for _ in range(2):
            result = aside.begin(lambda: 1 // 0)
            with pytest.raises(ZeroDivisionError):
                result()


def test_who_asks_beside_another_has_its_processor() -> None:
    """Two that ask are two processors at work; one that ended leaves its own free again."""
    aside = Aside(1)
    with aside.asking():
        assert aside.begin(threading.get_ident)() != threading.get_ident()
        with aside.asking():
            assert aside.begin(threading.get_ident)() == threading.get_ident()
        assert aside.begin(threading.get_ident)() != threading.get_ident()
