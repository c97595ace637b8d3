import numpy as np
import pytest

from notebook_seg.data import Dataset
from notebook_seg.labelling.looks import Look, Looks
from notebook_seg.labelling.pixel_classifier import PixelClassifier
from notebook_seg.labelling.ranking import rank_unlabelled, unsure_share


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return Dataset.sample(tmp_path_factory.mktemp("coins") / "sample")


@pytest.fixture
def half_labelled(sample, tmp_path):
    """Twelve coins, the first two of which are labelled."""
    data = Dataset.create(tmp_path / "coins", sample.folder / "images", ["coin"])
    for stem in data.stems[:2]:
        data.save_mask(stem, sample.mask(stem))
    return data


@pytest.fixture
def classifier(half_labelled):
    data = half_labelled
    return PixelClassifier(2).fit([(data.image(stem), data.mask(stem)) for stem in data.labelled])


def stems(ranked):
    return [found.stem for found in ranked]


def test_every_unlabelled_picture_is_ranked_once(half_labelled):
    assert sorted(stems(rank_unlabelled(half_labelled))) == sorted(half_labelled.unlabelled)


def test_the_picture_that_looks_most_unlike_the_labelled_ones_comes_first(half_labelled):
    first = rank_unlabelled(half_labelled)[0]
    looks = Looks(half_labelled)
    nearest = {
        stem: min(looks[stem].unlike(looks[known]) for known in half_labelled.labelled)
        for stem in half_labelled.unlabelled
    }
    assert first.stem == max(nearest, key=nearest.get)
    assert first.unlike == nearest[first.stem]


def test_a_copy_of_a_labelled_picture_comes_last(half_labelled):
    source = half_labelled.image_path("coin_01")
    (source.parent / "copy.png").write_bytes(source.read_bytes())
    last = rank_unlabelled(half_labelled)[-1]
    assert (last.stem, last.unlike) == ("copy", 0)


def test_of_two_copies_only_one_comes_early(half_labelled):
    first = rank_unlabelled(half_labelled)[0].stem
    source = half_labelled.image_path(first)
    (source.parent / "twin.png").write_bytes(source.read_bytes())
    ranked = rank_unlabelled(half_labelled)
    assert {ranked[0].stem, ranked[-1].stem} == {first, "twin"}


def test_a_photograph_of_another_kind_is_asked_for_first(half_labelled, photographs):
    fish = next((photographs / "fish" / "images").iterdir())
    (half_labelled.folder / "images" / "fish.jpg").write_bytes(fish.read_bytes())
    first = rank_unlabelled(half_labelled)[0]
    assert first.stem == "fish"
    assert "colours are not those of coin_" in first.why


def test_with_nothing_labelled_the_most_typical_picture_comes_first(sample, tmp_path, photographs):
    data = Dataset.create(tmp_path / "new", sample.folder / "images", ["coin"])
    fish = next((photographs / "fish" / "images").iterdir())
    (data.folder / "images" / "a_fish.jpg").write_bytes(fish.read_bytes())
    ranked = rank_unlabelled(data)
    assert ranked[0].why == "Nothing is labelled yet, and it is the most like all the others"
    assert ranked[0].stem != "a_fish"
    assert ranked[1].stem == "a_fish"


def test_what_the_model_is_unsure_of_counts_and_is_told(half_labelled, classifier):
    ranked = rank_unlabelled(half_labelled, classifier)
    first = ranked[0]
    assert first.why.startswith(f"The model is unsure of {first.unsure:.0%} of its pixels; ")
    image = half_labelled.image(first.stem)
    assert first.unsure == unsure_share(classifier.probabilities(image))
    assert stems(ranked) != stems(rank_unlabelled(half_labelled))


def test_scores_are_shares_of_the_highest(half_labelled, classifier):
    for predictor in (None, classifier):
        assert all(0 <= s.score <= 1 for s in rank_unlabelled(half_labelled, predictor))


def test_only_so_many_are_predicted_as_were_asked_for(half_labelled, classifier):
    steps = []
    ranked = rank_unlabelled(
        half_labelled, classifier, limit=3, report=lambda done, of: steps.append((done, of))
    )
    assert len(ranked) == 3
    assert steps == [(step, 15) for step in range(1, 16)]


def test_it_can_be_stopped(half_labelled):
    class EnoughError(Exception):
        pass

    def stop(done, total):
        if done == 4:
            raise EnoughError

    with pytest.raises(EnoughError):
        rank_unlabelled(half_labelled, report=stop)


def test_photographs_that_cannot_be_read_are_left_out(half_labelled):
    lost, damaged, *others = half_labelled.unlabelled
    half_labelled.image_path(damaged).write_bytes(b"no picture")
    half_labelled.image_path(half_labelled.labelled[0]).write_bytes(b"no picture")

    ranked = rank_unlabelled(half_labelled)

    assert {found.stem for found in ranked} == {lost, *others}


def test_looks_are_not_worked_out_again_until_the_file_changes(half_labelled, sample):
    looks = Looks(half_labelled)
    before = looks["coin_03"]
    assert looks["coin_03"] is before
    path = half_labelled.image_path("coin_03")
    path.write_bytes(sample.image_path("coin_04").read_bytes())
    assert looks["coin_03"].unlike(Look.of(sample.image("coin_04"))) == 0


def test_when_all_is_labelled_there_is_nothing_to_rank(sample):
    assert rank_unlabelled(sample) == []


def test_an_even_picture_has_no_layout_to_differ_in():
    rng = np.random.default_rng(0)
    noisy = rng.integers(99, 102, (60, 80, 3)).astype(np.uint8)
    assert Look.of(noisy).layout_unlike(Look.of(np.full((60, 80, 3), 100, np.uint8))) < 0.5
