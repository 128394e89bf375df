"""What can go wrong with an evaluation.

EvaluationError
├── BenchmarkError        a benchmark's folder is not what its form says; carries file and line
├── GateError             a gate's file cannot be read or names what is not measured
├── CalibrationError      a run cannot choose thresholds, or a saved calibration cannot be read
├── ComparisonError       two runs are not over the same questions
└── MissingLibraryError   a library of an extra is not installed
"""

from pathlib import Path


class EvaluationError(Exception):
    """Base of all faults in an evaluation."""


class BenchmarkError(EvaluationError):
    """A benchmark's folder is not what its form says.

    `file` is the file at fault, `line` counts from 1 and is None where no line is; the message
    names both and ends in how to mend it.
    """

    def __init__(self, file: Path, line: int | None, message: str) -> None:
        where = str(file) if line is None else f"{file}, line {line}"
        super().__init__(f"{where}: {message}")
        self.file = file
        self.line = line


class GateError(EvaluationError):
    """A gate's file cannot be read or names what is not measured."""


class CalibrationError(EvaluationError):
    """A run cannot choose thresholds, or a saved calibration cannot be read."""


class ComparisonError(EvaluationError):
    """Two runs are not over the same questions."""


class MissingLibraryError(EvaluationError):
    """A library of an extra is not installed; the message ends in the command that installs it."""
