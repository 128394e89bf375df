import inspect
from types import ModuleType

import pytest

import corpus.errors
import index.errors
import service.errors
from service.errors import KNOWN, NotFoundError, RequestError, status_of

MODULES: tuple[ModuleType, ...] = (corpus.errors, index.errors, service.errors)
CLASSES = sorted(
    {
        found
        for module in MODULES
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Exception) and found.__module__ == module.__name__
    },
    key=lambda one: one.__name__,
)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_has_a_status_of_its_own_kind(kind: type[Exception]) -> None:
    """No error of ours falls through the table to the defect's 500."""
    status, title = status_of(kind.__new__(kind))
    assert 400 <= status < 600
    assert title not in {"", "Internal error"}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_a_known_fault(kind: type[Exception]) -> None:
    """The shell and the service catch the three bases, so they catch every error of ours."""
    assert issubclass(kind, KNOWN)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_drawn_in_the_tree_above_it(kind: type[Exception]) -> None:
    """The module's docstring names each of its classes."""
    module = next(one for one in MODULES if one.__name__ == kind.__module__)
    assert kind.__name__ in (module.__doc__ or "")


def test_an_error_that_is_not_ours_is_a_defect() -> None:
    """Anything else is 500."""
    assert status_of(ZeroDivisionError()) == (500, "Internal error")


def test_the_first_row_that_fits_decides() -> None:
    """A NotFoundError is 404 although it is a RequestError, which is 422."""
    assert status_of(NotFoundError())[0] == 404
    assert status_of(RequestError())[0] == 422
