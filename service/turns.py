"""Questions wait for their turn: few are answered at once, some may wait, and none for ever.

Pure ASGI. What cannot be answered in time is told so at once (503 and Retry-After), so that a
burst costs memory and patience that are known beforehand.
"""

import asyncio
from dataclasses import dataclass

import anyio
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import problems, sightings
from service.flights import waits

_FULL = "Too many questions are waiting; ask again."
_LATE = "The answer took too long; ask again."


@dataclass(frozen=True, slots=True)
class Patience:
    """How many questions are answered `at_once`, how many may be `waiting`, and how long it takes.

    `seconds` are those from when a request has come to when its response begins, `body` those that
    a request's body may take to come.
    """

    at_once: int = 4
    waiting: int = 64
    seconds: float = 30.0
    body: float = 120.0


class Turns:
    """The line of questions before an application."""

    def __init__(self, app: ASGIApp, patience: Patience) -> None:
        self._app = app
        self._patience = patience
        self.places = anyio.Semaphore(patience.at_once)
        self.waiting = 0
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one question in its turn.

        Its body is read before it stands in line, so that a slow client holds no place; and its
        place is free again as the response begins, however slowly that is taken.
        """
        came = await _body(receive)
        deadline = anyio.current_time() + self._patience.seconds
        if not await self._place(deadline):
            await _refuse(_FULL, scope, receive, send)
            return
        turn = _Turn(self, send)
        token = waits.set(turn.give_way)
        task = asyncio.create_task(self._run(turn, scope, _replayed(came, receive)))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            waited = max(0.0, deadline - anyio.current_time())
            await asyncio.wait(
                {task, turn.begun}, timeout=waited, return_when=asyncio.FIRST_COMPLETED
            )
            if not task.done() and not turn.begun.done():
                # A thread cannot be stopped: it goes on, keeps its place, and is not heard.
                turn.abandoned = True
                await _refuse(_LATE, scope, receive, send)
                return
            await task
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            waits.reset(token)

    async def _place(self, deadline: float) -> bool:
        try:
            self.places.acquire_nowait()
        except anyio.WouldBlock:
            if self.waiting >= self._patience.waiting:
                return False
        else:
            return True
        self.waiting += 1
        try:
            with anyio.move_on_at(deadline), sightings.timed("wait"):
                await self.places.acquire()
                return True
        finally:
            self.waiting -= 1
        return False

    async def _run(self, turn: "_Turn", scope: Scope, receive: Receive) -> None:
        try:
            await self._app(scope, receive, turn.send)
        except Exception as error:
            if not turn.abandoned:
                raise
            problems.log_defect(Request(scope), error)  # nobody else would hear of it
        finally:
            turn.free()


class _Turn:
    """One question's place, given back once, and its response as long as somebody waits for it."""

    def __init__(self, line: Turns, send: Send) -> None:
        self._line = line
        self._send = send
        self._held = True
        self._aside = False
        self._loop = asyncio.get_running_loop()
        self.begun: asyncio.Future[None] = self._loop.create_future()
        self.abandoned = False

    async def send(self, message: Message) -> None:
        if self.abandoned:
            return
        if message["type"] == "http.response.start":
            self.free()
            if not self.begun.done():
                self.begun.set_result(None)
        await self._send(message)

    def free(self) -> None:
        if self._held:
            self._held = False
            self._line.places.release()
        if self._aside:
            self._aside = False
            self._line.waiting -= 1

    def give_way(self) -> None:
        """Let the next have this place, from a thread that only waits for another's answer.

        From then on it counts as waiting, so that a burst of one question is bounded like any.
        """
        self._loop.call_soon_threadsafe(self._step_aside)

    def _step_aside(self) -> None:
        if self._held:
            self.free()
            self._aside = True
            self._line.waiting += 1


async def _refuse(detail: str, scope: Scope, receive: Receive, send: Send) -> None:
    await problems.busy(Request(scope), detail)(scope, receive, send)


async def _body(receive: Receive) -> list[Message]:
    """Receive a request's body whole; the limits around this one keep it small and swift."""
    came = [await receive()]
    while came[-1]["type"] == "http.request" and came[-1].get("more_body", False):
        came.append(await receive())
    return came


def _replayed(came: list[Message], receive: Receive) -> Receive:
    left = iter(came)

    async def replayed() -> Message:
        found = next(left, None)
        return await receive() if found is None else found

    return replayed
