"""Truth: benchmarks, measures, comparison, calibration, reports."""
