from itertools import product

import numpy as np
import pytest

from notebook_seg.labelling.assist.ribbon import closed_line


def price(cost, line, bend):
    moves = np.abs(np.diff(line, append=line[:1]))
    return cost[np.arange(len(cost)), line].sum() + bend * moves.sum()


@pytest.mark.parametrize("seed", range(5))
def test_no_other_closed_line_is_cheaper(seed):
    cost = np.random.default_rng(seed).random((6, 4))
    possible = (
        np.array(line)
        for line in product(range(4), repeat=6)
        if np.abs(np.diff(line, append=line[0])).max() <= 2
    )
    least = min(price(cost, line, 0.3) for line in possible)
    assert price(cost, closed_line(cost, 0.3), 0.3) == pytest.approx(least)


def test_both_ends_fit_together():
    cost = np.random.default_rng(0).random((700, 33))
    line = closed_line(cost, 0.15)
    assert np.abs(np.diff(line, append=line[:1])).max() <= 2


def test_bends_that_cost_more_make_a_straighter_line():
    cost = np.random.default_rng(0).random((300, 33))
    loose, tight = (np.abs(np.diff(closed_line(cost, bend))).sum() for bend in (0.01, 1.0))
    assert tight < loose / 4
