"""How far long work is, with its rate and the time left, on one line of a terminal."""

import sys
import time
from collections.abc import Callable

import click

_MINUTE, _HOUR = 60, 3600
_SURE_SECONDS = 2.0
"""A rate that was measured for less says nothing yet."""


class Progress:
    """Called with what is done, how much of it, and of how much; stays quiet in a pipe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._what = ""
        self._began = 0.0
        self._first = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Write the line anew; end it when all is done."""
        if not sys.stderr.isatty() or not total:
            return
        end = "\n" if done >= total else ""
        click.echo(f"\r{self.line(what, done, total):<79}{end}", err=True, nl=False)

    def line(self, what: str, done: int, total: int) -> str:
        """Return the line: "encoding sentences: 512 of 2048, 210 a second, 7 s left"."""
        now = self._clock()
        if what != self._what or done < self._first:
            self._what, self._began, self._first = what, now, done
        took = now - self._began
        text = f"{what}: {done} of {total}"
        if took < _SURE_SECONDS or done <= self._first:
            return text
        rate = (done - self._first) / took
        text += f", {rate:.0f} a second" if rate >= 1 else f", {_span(1 / rate)} each"
        return text if done >= total else f"{text}, {_span((total - done) / rate)} left"


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
