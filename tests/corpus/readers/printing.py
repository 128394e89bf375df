"""PDFs for tests, drawn word by word with reportlab."""

import io
from collections.abc import Callable

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
LEFT, TOP, LEADING = 70.0, 760.0, 14.0


def printed(*pages: Callable[[Canvas], None], title: str = "", password: str = "") -> bytes:
    """Return a PDF whose pages `pages` draw, one after the other."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, encrypt=password or None, invariant=True)
    if title:
        canvas.setTitle(title)
    for page in pages:
        canvas.setFont("Helvetica", 11)
        page(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def write(
    canvas: Canvas,
    *lines: str,
    x: float = LEFT,
    y: float = TOP,
    font: str = "Helvetica",
    size: float = 11,
) -> float:
    """Draw lines of text below one another; return where the next one would stand."""
    canvas.setFont(font, size)
    for line in lines:
        canvas.drawString(x, y, line)
        y -= LEADING * size / 11
    return y


def text(*lines: str) -> Callable[[Canvas], None]:
    """Return a page with `lines` on it."""

    def draw(canvas: Canvas) -> None:
        write(canvas, *lines)

    return draw
