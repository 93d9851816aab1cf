"""Figures in verdicts: as precise as a reader can use, never in powers of ten."""

import pytest

from flux.analyses.sentences import between, figure


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0.7, "0.7"),
        (0.234, "0.23"),
        (1.016, "1.02"),
        (1, "1"),
        (12.4, "12"),
        (120, "120"),
        (12_345.6, "12,346"),
    ],
)
def test_a_figure_can_be_pictured(number: float, told: str) -> None:
    assert figure(number) == told


def test_an_interval_needs_both_ends() -> None:
    assert between(1.016, 1.62) == " (between 1.02 and 1.62 times, with 95 % confidence)"
    assert between(None, 2) == between(2, None) == ""
