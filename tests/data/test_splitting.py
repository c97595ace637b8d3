import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_seg.data import Dataset
from notebook_seg.data.splitting import fold_stems, group_stems, split_stems
from notebook_seg.errors import DatasetError, OptionError

STEMS = st.lists(st.text("abc_12", min_size=1, max_size=6), unique=True, min_size=3, max_size=30)
SHARE = st.floats(0, 0.49)


@given(STEMS, SHARE, SHARE, st.integers(0, 2**32), st.data())
def test_a_split_is_complete_disjoint_grouped_and_reproducible(stems, validation, test, seed, data):
    names = st.sampled_from(["x", "y", "z", *stems])
    groups = data.draw(st.dictionaries(st.sampled_from(stems), names))
    n_groups = len(set(groups.values())) + len(set(stems) - set(groups))
    needed = 1 + (validation > 0) + (test > 0)
    if n_groups < needed:
        with pytest.raises(DatasetError, match=f"{needed} groups are needed"):
            split_stems(stems, validation, test, seed, groups)
        return
    split = split_stems(stems, validation, test, seed, groups)
    assert sorted([*split.train, *split.validation, *split.test]) == sorted(stems)
    assert split.train
    assert bool(split.validation) == (validation > 0)
    assert bool(split.test) == (test > 0)
    for name in set(groups.values()):
        members = {stem for stem in stems if groups.get(stem) == name}
        assert sum(bool(members & set(part)) for part in split) == 1
    assert split_stems(stems[::-1], validation, test, seed, groups) == split


@given(st.integers(10, 60), st.floats(0.05, 0.4))
def test_without_groups_the_shares_are_met_to_half_a_picture(n_stems, share):
    split = split_stems(map(str, range(n_stems)), share, share, 0, {})
    for part in [split.validation, split.test]:
        assert abs(len(part) - max(1, share * n_stems)) <= 0.5 + 1e-9


def test_another_seed_gives_another_split():
    stems = [f"fish_{i}" for i in range(40)]
    splits = {split_stems(stems, 0.2, 0.2, seed, {}) for seed in range(10)}
    assert len(splits) == 10


def test_the_split_does_not_depend_on_the_hash_seed():
    code = (
        "from notebook_seg.data.splitting import split_stems\n"
        "stems = {f'fish_{i}' for i in range(30)}\n"
        "print(split_stems(stems, 0.2, 0.1, 3, {s: s[-1] for s in stems}))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": str(hash_seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in [0, 1, 2]
    }
    assert len(outputs) == 1
    assert "fish_" in outputs.pop()


def test_focus_planes_of_a_field_stay_together(photographs, tmp_path):
    planes = Dataset.create(
        tmp_path / "yeast",
        photographs / "yeast" / "images",
        ["mother", "daughter"],
        photographs / "yeast" / "masks",
        groups=r"yeast_(\d+_\d+|test)",
    )
    fields = set(planes.groups.values())
    assert {"0_159350906", "1_159375609"} < fields
    assert len(fields) < len(planes)
    split = Dataset(planes.folder).split(0.3)
    assert {planes.groups[s] for s in split.train}.isdisjoint(
        planes.groups[s] for s in split.validation
    )


def test_groups_may_be_given_anew(coins):
    split = coins.split(0.5, groups={stem: stem[-1] for stem in coins.stems})
    assert {"coin_01", "coin_11"} <= set(split.train) or {"coin_01", "coin_11"} <= set(
        split.validation
    )


def test_only_labelled_pictures_are_split(coins):
    coins.mask_path("coin_03").unlink()
    split = coins.split()
    assert "coin_03" not in {*split.train, *split.validation}
    assert len(split.train) + len(split.validation) == 11


def test_too_few_labelled_pictures_are_counted(blank):
    with pytest.raises(DatasetError, match=r"0 in 0 groups.*2 groups are needed"):
        blank.split()


@pytest.mark.parametrize(("validation", "test"), [(-0.1, 0), (0.5, 0.5), (1, 0), (float("nan"), 0)])
def test_shares_that_are_no_shares_are_errors(coins, validation, test):
    with pytest.raises(OptionError, match="shares"):
        coins.split(validation, test)


def test_a_seed_below_nothing_is_an_error(coins):
    with pytest.raises(OptionError, match="seed is a whole number, 0 or more"):
        coins.split(seed=-1)


def test_an_expression_that_is_not_found_or_is_none_is_an_error():
    with pytest.raises(DatasetError, match=r"not found in the picture 'b'"):
        group_stems(["a1", "b"], r"\d")
    with pytest.raises(OptionError, match="regular expression"):
        group_stems(["a"], "(")
    with pytest.raises(OptionError, match="Received: 3"):
        group_stems(["a"], 3)


def test_without_a_group_in_the_expression_the_whole_match_names_the_group():
    assert group_stems(["s1_a", "s1_b"], r"^s\d") == {"s1_a": "s1", "s1_b": "s1"}
    assert group_stems(["s1_a", "s2_a"], r"^s\d_(.)") == {"s1_a": "a", "s2_a": "a"}


@given(STEMS, st.integers(2, 5), SHARE, st.integers(0, 2**32), st.data())
def test_folds_test_each_picture_once_keep_groups_together_and_leave_some_to_learn_from(
    stems, k, validation, seed, data
):
    names = st.sampled_from(["x", "y", "z"])
    groups = data.draw(st.dictionaries(st.sampled_from(stems), names))
    n_groups = len(set(groups.values())) + len(set(stems) - set(groups))
    if n_groups < k:
        with pytest.raises(DatasetError, match=f"{k} groups are needed"):
            fold_stems(stems, k, validation, seed, groups)
        return
    folds = fold_stems(stems, k, validation, seed, groups)
    assert sorted(stem for fold in folds for stem in fold.test) == sorted(stems)
    for fold in folds:
        assert sorted(stem for part in fold for stem in part) == sorted(stems)
        assert fold.train
        assert fold.test
        for name in set(groups.values()):
            members = {stem for stem in stems if groups.get(stem) == name}
            assert sum(bool(members & set(part)) for part in fold) == 1
    assert fold_stems(stems[::-1], k, validation, seed, groups) == folds


def test_folds_differ_by_one_picture_at_most_where_nothing_is_grouped():
    sizes = [len(fold.test) for fold in fold_stems(map(str, range(23)), 5, 0.2, 0, {})]
    assert sorted(sizes) == [4, 4, 5, 5, 5]


def test_one_group_that_is_left_is_trained_on():
    folds = fold_stems(["a1", "a2", "b1"], 2, 0.2, 0, group_stems(["a1", "a2", "b1"], "[ab]"))
    assert {fold.train: fold.validation for fold in folds} == {("a1", "a2"): (), ("b1",): ()}


@pytest.mark.parametrize(
    ("k", "validation", "said"),
    [(1, 0.2, "2 or more"), (2.5, 0.2, "whole number"), (2, 1.0, "below 1")],
)
def test_folds_that_make_no_sense_are_refused(k, validation, said):
    with pytest.raises(OptionError, match=said):
        fold_stems(["a", "b"], k, validation, 0, {})


def test_the_folds_of_a_dataset_keep_its_groups_together(tmp_path, coin_dataset):
    images, masks = coin_dataset.folder / "images", coin_dataset.folder / "masks"
    hoards = {stem: f"hoard {i // 3}" for i, stem in enumerate(coin_dataset.stems)}
    data = Dataset.create(tmp_path / "hoards", images, ["coin"], masks, groups=hoards)
    assert {len({hoards[stem] for stem in fold.test}) for fold in data.folds(4)} == {1}
    by_name = data.folds(2, groups=r"_[01]")
    assert {stem[5] for stem in by_name[0].test} != {stem[5] for stem in by_name[1].test}
