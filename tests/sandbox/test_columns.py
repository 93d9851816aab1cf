"""Every column of an answer has a name of its own and the type that all of its values have."""

import pytest

from flux.sandbox.columns import type_of, unique


@pytest.mark.parametrize(
    ("names", "given"),
    [
        (["a", "b"], ["a", "b"]),
        (["n", "n", "n"], ["n", "n_2", "n_3"]),
        (["n", "n_2", "n"], ["n", "n_2", "n_3"]),
        (["n", "n", "n_2"], ["n", "n_3", "n_2"]),
        (["n", "N"], ["n", "N"]),
        (["", ""], ["", "_2"]),
        ([], []),
    ],
)
def test_no_name_stands_twice(names: list[str], given: list[str]) -> None:
    assert unique(names) == given


@pytest.mark.parametrize(
    ("values", "type"),
    [
        (["2026-01-31", None, "2024-02-29"], "date"),
        (["2026-01-31", "2026-02-30"], "string"),
        (["2026-01-31", "2026-01-31T00:00:00Z"], "string"),
        (["2026-1-3"], "string"),
        (["２０２６-01-31"], "string"),
        (["2026-01-31\n"], "string"),
        (["2026-W05-6"], "string"),
        (["2026-01-31T09:30:00Z", "2026-01-31T09:30:00.123Z"], "datetime"),
        (["2026-01-31 09:30:00", None], "datetime"),
        (["2026-01-31T09:30:00"], "datetime"),
        (["2026-01-31T24:30:00Z"], "string"),
        (["2026-01-31T09:30:00+01:00"], "string"),
        ([1, 2.5, None], "number"),
        ([1, "2026-01-31"], "string"),
        ([None, None], "string"),
        ([], "string"),
        (["20260131"], "string"),
    ],
)
def test_a_type_is_that_of_all_values(values: list[object], type: str) -> None:
    assert type_of([[0, value] for value in values], 1) == type
