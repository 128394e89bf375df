"""What a PDF page draws beside its words: straight lines, and pictures."""

import ctypes
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pypdfium2.raw as pdfium

from corpus.readers.page_words import Rule

_MOST_DRAWINGS = 20_000
"""Objects on a page; one with more is a map or a plot, and its lines rule no table."""

_THIN = 2.5
"""Points; a drawn box thinner than this is a line."""

_PICTURE = 0.25
"""The part of a page that pictures must fill for it to be a scan."""

_IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_Matrix = tuple[float, float, float, float, float, float]
_Pointer = Any  # ctypes knows no better


def drawings(page: _Pointer, box: tuple[float, ...]) -> tuple[list[Rule], bool]:
    """Return the page's rules, and whether pictures fill much of it."""
    rules: list[Rule] = []
    pictures = 0.0
    seen = 0
    stack = [
        (pdfium.FPDFPage_GetObject(page, at), _IDENTITY)
        for at in range(min(pdfium.FPDFPage_CountObjects(page), _MOST_DRAWINGS))
    ]
    while stack:
        drawing, outer = stack.pop()
        seen += 1
        if seen > _MOST_DRAWINGS:
            return [], pictures > _PICTURE
        kind = pdfium.FPDFPageObj_GetType(drawing)
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            inner = _times(_matrix(drawing), outer)
            count = min(pdfium.FPDFFormObj_CountObjects(drawing), _MOST_DRAWINGS)
            stack.extend((pdfium.FPDFFormObj_GetObject(drawing, at), inner) for at in range(count))
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            a, b, c, d, _, _ = _times(_matrix(drawing), outer)
            pictures += abs(a * d - b * c) / max((box[2] - box[0]) * (box[3] - box[1]), 1.0)
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            rules.extend(_rules(drawing, _times(_matrix(drawing), outer)))
    return rules, pictures > _PICTURE


def _matrix(drawing: _Pointer) -> _Matrix:
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(drawing, matrix):
        return _IDENTITY
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _times(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, c, d, e, f = inner
    oa, ob, oc, od, oe, of = outer
    return (
        *(a * oa + b * oc, a * ob + b * od, c * oa + d * oc, c * ob + d * od),
        *(e * oa + f * oc + oe, e * ob + f * od + of),
    )


def _rules(path: _Pointer, matrix: _Matrix) -> Iterator[Rule]:
    """Yield the straight lines that a path strokes, and the thin boxes that it fills."""
    a, b, c, d, e, f = matrix
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, fill, stroke)
    x, y = ctypes.c_float(), ctypes.c_float()
    shape: list[tuple[float, float]] = []
    for at in range(min(pdfium.FPDFPath_CountSegments(path), _MOST_DRAWINGS)):
        segment = pdfium.FPDFPath_GetPathSegment(path, at)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            yield from _edges(shape, stroked=bool(stroke.value))
            shape = []
        elif kind == pdfium.FPDF_SEGMENT_BEZIERTO:
            return  # something round
        shape.append(point)
        if pdfium.FPDFPathSegment_GetClose(segment):
            shape.append(shape[0])
    yield from _edges(shape, stroked=bool(stroke.value))


def _edges(shape: list[tuple[float, float]], *, stroked: bool) -> Iterator[Rule]:
    if len(shape) < 2:  # noqa: PLR2004 - a point
        return
    xs, ys = [x for x, _ in shape], [y for _, y in shape]
    if max(xs) - min(xs) < _THIN or max(ys) - min(ys) < _THIN:
        yield Rule(min(xs), min(ys), max(xs), max(ys))
    elif stroked:
        for (ax, ay), (bx, by) in pairwise(shape):
            if abs(ax - bx) < _THIN or abs(ay - by) < _THIN:
                yield Rule(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
