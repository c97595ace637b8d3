"""Dividing pictures into those to learn from and those to be measured on."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from notebook_seg.data.files import natural_key
from notebook_seg.errors import DatasetError, OptionError

__all__ = ["Groups", "Split", "fold_stems", "group_stems", "split_stems"]

Groups: TypeAlias = Mapping[str, str] | str | re.Pattern[str]


class Split(NamedTuple):
    """Stems of the pictures to train on, to choose the best weights by, and to test on."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def group_stems(stems: Iterable[str], groups: Groups) -> dict[str, str]:
    r"""Say which group each stem belongs to.

    Parameters
    ----------
    stems : iterable of str
    groups : mapping, str or Pattern
        A mapping of stems to groups, or a regular expression to be found in every stem: its
        first group, or where it has none all that it matches, names the group.

    Returns
    -------
    dict of str to str
        Only the stems that have a group.

    Raises
    ------
    OptionError
        If the expression is no regular expression.
    DatasetError
        If it is not found in one of the stems.

    Examples
    --------
    >>> group_stems(["field1_z0", "field1_z1", "field2_z0"], r"field\d+")
    {'field1_z0': 'field1', 'field1_z1': 'field1', 'field2_z0': 'field2'}
    """
    if isinstance(groups, Mapping):
        return {stem: str(groups[stem]) for stem in stems if stem in groups}
    try:
        pattern = re.compile(groups)
    except (re.error, TypeError) as error:
        raise OptionError(
            f"groups is a regular expression or a mapping of stems to groups ({error}). "
            f"Received: {groups!r}"
        ) from error
    return {stem: _matched(pattern, stem) for stem in stems}


def _matched(pattern: re.Pattern[str], stem: str) -> str:
    match = pattern.search(stem)
    if match is None:
        raise DatasetError(
            f"The expression of groups is not found in the picture {stem!r}. Make it match "
            f"every picture, or give a mapping. Received: {pattern.pattern!r}"
        )
    named = match.group(1) if pattern.groups else match.group()
    return named or ""


def split_stems(
    stems: Iterable[str],
    validation: float,
    test: float,
    seed: int,
    groups: Mapping[str, str],
) -> Split:
    """Divide stems at random, keeping the pictures of a group together.

    Parameters
    ----------
    stems : iterable of str
        The order does not matter.
    validation, test : float
        The shares wanted, 0 or more and together below 1. A share above 0 gets a group at least.
    seed : int
        The same seed gives the same split on every machine.
    groups : mapping of str to str
        The group of each stem; a stem that is not in it is a group by itself.

    Returns
    -------
    Split
        Each part naturally sorted.

    Raises
    ------
    OptionError
        If the shares are not shares, or the seed is below 0.
    DatasetError
        If there are too few pictures or groups to fill each part that was asked for.

    Examples
    --------
    >>> split = split_stems([f"coin_{i}" for i in range(10)], 0.2, 0.0, seed=0, groups={})
    >>> len(split.train), len(split.validation), len(split.test)
    (8, 2, 0)
    """
    _check_shares(validation, test)
    together = _shuffled(_gather(stems, groups), seed)
    parts = 1 + (validation > 0) + (test > 0)
    _check_enough(together, parts, "ask for fewer parts, for example with validation=0")
    n_stems = sum(map(len, together))
    for_test = _take(together, test * n_stems, keep=1 + (validation > 0))
    for_validation = _take(together, validation * n_stems, keep=1)
    return Split(_flat(together), _flat(for_validation), _flat(for_test))


def _check_shares(validation: float, test: float) -> None:
    if not (validation >= 0 and test >= 0 and validation + test < 1):
        raise OptionError(
            "validation and test are shares of the pictures, 0 or more and together below 1. "
            f"Received: validation={validation}, test={test}"
        )


def fold_stems(
    stems: Iterable[str], k: int, validation: float, seed: int, groups: Mapping[str, str]
) -> tuple[Split, ...]:
    """Divide stems `k` times, so that each is tested once, keeping a group's pictures together.

    Parameters
    ----------
    stems : iterable of str
        The order does not matter.
    k : int
        How many folds, 2 or more.
    validation : float
        Share of the pictures that are not tested, 0 to below 1. Above 0 it gets a group at
        least, unless there is but one, which is trained on.
    seed : int
        The same seed gives the same folds on every machine.
    groups : mapping of str to str
        The group of each stem; a stem that is not in it is a group by itself.

    Returns
    -------
    tuple of Split
        The folds, about equally large.

    Raises
    ------
    OptionError
        If `k` is no number of folds, `validation` no share, or the seed below 0.
    DatasetError
        If there are fewer pictures or groups than folds.

    Examples
    --------
    >>> folds = fold_stems([f"coin_{i}" for i in range(6)], 3, 0.25, seed=0, groups={})
    >>> [len(part) for part in folds[0]], sorted(stem for fold in folds for stem in fold.test)
    ([3, 1, 2], ['coin_0', 'coin_1', 'coin_2', 'coin_3', 'coin_4', 'coin_5'])
    """
    if not isinstance(k, int) or k < 2:
        raise OptionError(f"The number of folds is a whole number, 2 or more. Received: {k!r}")
    _check_shares(validation, 0.0)
    together = _shuffled(_gather(stems, groups), seed)
    _check_enough(together, k, f"ask for {len(together)} folds at most")
    everything = {stem for group in together for stem in group}
    return tuple(
        _fold(everything, tested, validation, seed, groups) for tested in _dealt(together, k)
    )


def _fold(
    stems: set[str],
    tested: tuple[str, ...],
    validation: float,
    seed: int,
    groups: Mapping[str, str],
) -> Split:
    rest = stems.difference(tested)
    share = validation if len(_gather(rest, groups)) > 1 else 0.0
    return split_stems(rest, share, 0.0, seed, groups)._replace(test=tested)


def _dealt(groups: Iterable[list[str]], k: int) -> list[tuple[str, ...]]:
    hands: list[list[list[str]]] = [[] for _ in range(k)]
    # Large groups first, each to whoever has least: what is left over is small.
    for group in sorted(groups, key=len, reverse=True):
        min(hands, key=lambda hand: sum(map(len, hand))).append(group)
    return [_flat(hand) for hand in hands]


def _gather(stems: Iterable[str], groups: Mapping[str, str]) -> list[list[str]]:
    members: defaultdict[tuple[bool, str], list[str]] = defaultdict(list)
    for stem in sorted(stems, key=natural_key):
        members[(stem in groups, groups.get(stem, stem))].append(stem)
    return list(members.values())


def _shuffled(groups: list[list[str]], seed: int) -> list[list[str]]:
    if seed < 0:
        raise OptionError(f"seed is a whole number, 0 or more. Received: {seed}")
    order = np.random.default_rng(seed).permutation(len(groups))
    return [groups[i] for i in order]


def _check_enough(groups: Sequence[Sequence[str]], needed: int, instead: str) -> None:
    if len(groups) < needed:
        n_stems = sum(map(len, groups))
        raise DatasetError(
            f"Too few labelled pictures to split: {n_stems} in {len(groups)} groups that must "
            f"stay together, and {needed} groups are needed. Label more pictures, or {instead}"
        )


def _take(groups: list[list[str]], wanted: float, keep: int) -> list[list[str]]:
    """Move groups out of the list until about `wanted` stems are taken; leave `keep` groups."""
    taken: list[list[str]] = []
    missing = wanted
    while wanted > 0 and len(groups) > keep:
        best = min(range(len(groups)), key=lambda i: abs(missing - len(groups[i])))
        if taken and abs(missing - len(groups[best])) >= abs(missing):
            break
        taken.append(groups.pop(best))
        missing -= len(taken[-1])
    return taken


def _flat(groups: list[list[str]]) -> tuple[str, ...]:
    return tuple(sorted((stem for group in groups for stem in group), key=natural_key))
