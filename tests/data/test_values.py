import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from notebook_seg.data.values import decide_meaning, values_in
from notebook_seg.errors import DatasetError, MaskError, OptionError


@pytest.mark.parametrize(
    ("found", "classes", "names", "indexes"),
    [
        ({0, 255}, ["fish"], ("fish",), {0: 0, 255: 1}),
        ({0, 1}, ["fish"], ("fish",), {0: 0, 1: 1}),
        ({0, 128}, ["fish"], ("fish",), {0: 0, 128: 1}),
        ({255}, ["fish"], ("fish",), {255: 1}),
        ({0, 1, 2}, ["a", "b"], ("a", "b"), {0: 0, 1: 1, 2: 2}),
        ({0, 2}, ["a", "b", "c"], ("a", "b", "c"), {0: 0, 2: 2}),
        ({0, 1, 2, 9}, ["nucleus"], ("nucleus",), {0: 0, 1: 1, 2: 1, 9: 1}),
        ({0, 1, 255, 300}, ["nucleus"], ("nucleus",), {0: 0, 1: 1, 255: 1, 300: 1}),
        ({0}, ["a", "b"], ("a", "b"), {0: 0}),
        ({0, 255}, None, ("specimen",), {0: 0, 255: 1}),
        ({0, 1, 2}, None, ("class 1", "class 2"), {0: 0, 1: 1, 2: 2}),
        (set(range(30)), None, ("specimen",), {v: int(v > 0) for v in range(30)}),
        (set(), None, ("specimen",), {}),
    ],
)
def test_what_is_clear_is_understood(found, classes, names, indexes):
    meaning = decide_meaning(found, classes)
    assert meaning.names == names
    assert meaning.indexes == indexes


@pytest.mark.parametrize(
    ("found", "classes"),
    [
        ({0, 1, 255}, ["fish"]),
        ({0, 128, 255}, ["fish"]),
        ({0, 128, 255}, ["a", "b"]),
        ({0, 255}, ["a", "b"]),
        ({0, 1, 2, 3}, ["a", "b"]),
        ({0, 1, 2, 255}, ["a", "b"]),
        ({0, 1, 255}, None),
        ({0, 4, 7}, None),
        ({-1, 0, 1}, ["fish"]),
        ({(0, 0, 0), (255, 0, 0)}, ["fish"]),
        ({0, (255, 0, 0)}, None),
    ],
)
def test_what_is_ambiguous_is_an_error_that_shows_what_to_pass(found, classes):
    with pytest.raises(MaskError) as caught:
        decide_meaning(found, classes, where="my_masks")
    message = str(caught.value)
    assert "my_masks" in message
    assert "values={" in message
    assert "\n" not in message
    assert all(str(value) in message for value in found)


@pytest.mark.parametrize("found", [{0, 128, 255}, {0, 1, 2, 3}, {0, (255, 0, 0), (0, 0, 9)}])
def test_the_values_that_an_error_shows_are_accepted_as_they_stand(found):
    with pytest.raises(MaskError) as caught:
        decide_meaning(found, ["a", "b"])
    shown = str(caught.value).split("values=")[1].split("}")[0] + "}"
    meaning = decide_meaning(found, ["a", "b"], eval(shown))
    assert sorted(meaning.indexes.values())[:3] == [0, 1, 2]


def test_where_numbers_may_count_objects_the_error_shows_how_they_become_one_class():
    for found in (range(300), [0, 1, 2, 3]):
        with pytest.raises(MaskError, match=r"--values '\*=a'") as caught:
            decide_meaning(found, ["a", "b"], counted=True)
        shown = "{" + str(caught.value).split("one class: values={")[1].split("}")[0] + "}"
        assert set(decide_meaning(found, ["a", "b"], eval(shown)).indexes.values()) == {0, 1}


def test_a_long_list_of_values_is_cut_short():
    with pytest.raises(MaskError, match="and 288 more") as caught:
        decide_meaning(range(300), ["a", "b"])
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    ("values", "found", "indexes"),
    [
        ({128: "leaf", 255: "rust"}, {0, 128, 255}, {0: 0, 128: 1, 255: 2}),
        ({1: "leaf", 255: "unlabelled"}, {0, 1, 255}, {0: 0, 1: 1, 255: 255}),
        ({0: "leaf", 1: "background"}, {0, 1}, {0: 1, 1: 0}),
        ({1: "leaf", 2: "leaf", 3: 2}, {0, 1, 2, 3}, {0: 0, 1: 1, 2: 1, 3: 2}),
        ({"7": "leaf"}, {0, 7}, {0: 0, 7: 1}),
        (
            {"#ff0000": "leaf", (0, 0, 255): "rust"},
            {(0, 0, 0), (255, 0, 0), (0, 0, 255)},
            {(0, 0, 0): 0, (255, 0, 0): 1, (0, 0, 255): 2},
        ),
        ({"*": "leaf"}, {0, 7, 255, 300}, {0: 0, 7: 1, 255: 1, 300: 1}),
        ({"*": "leaf", 2: "rust", 0: 255}, {0, 1, 2, 3}, {0: 255, 1: 1, 2: 2, 3: 1}),
        (
            {"*": "leaf", "#0000ff": "rust"},
            {(0, 0, 0), (255, 0, 0), (0, 0, 255)},
            {(0, 0, 0): 0, (255, 0, 0): 1, (0, 0, 255): 2},
        ),
        # A folder of colour masks, of which one holds but grey.
        ({"#ffffff": "leaf", "#ff0000": "rust"}, {0, 255, (255, 0, 0)}, None),
    ],
)
def test_values_say_what_is_meant(values, found, indexes):
    meaning = decide_meaning(found, ["leaf", "rust"], values)
    assert meaning.indexes == (indexes or {0: 0, 255: 1, (255, 0, 0): 2})


def test_without_classes_the_values_name_them():
    meaning = decide_meaning({0, 1, 2, 3}, None, {1: "leaf", 2: "unlabelled", 3: "rust"})
    assert meaning.names == ("leaf", "rust")
    assert decide_meaning({0, 5}, None, {5: 2}).names == ("class 1", "class 2")


def test_a_value_without_a_meaning_is_an_error_that_names_it():
    with pytest.raises(MaskError, match="does not say what 7 means"):
        decide_meaning({0, 1, 7}, ["leaf"], {1: "leaf"})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({1: "laef"}, "did you mean 'leaf'"),
        ({1: 3}, "class index from 0 to 1"),
        ({1: True and 2.5}, "Received: 2.5"),
        ({"white": "leaf"}, "Received: 'white'"),
        ({(1, 2): "leaf"}, "red, green, blue"),
    ],
)
def test_values_that_make_no_sense_are_errors(values, said):
    with pytest.raises(OptionError, match=said):
        decide_meaning({0, 1}, ["leaf"], values)


def test_a_colour_that_is_none_is_an_error():
    with pytest.raises(DatasetError, match="#rrggbb"):
        decide_meaning({0, 1}, ["leaf"], {"#12": "leaf"})


@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16, np.int64]),
        hnp.array_shapes(min_dims=2, max_dims=2),
        elements=st.integers(0, 250),
    )
)
def test_every_pixel_gets_the_index_of_its_value(mask):
    meaning = decide_meaning(values_in(mask), ["a"], {v: v % 2 for v in range(251)})
    assert values_in(mask) == set(mask.ravel().tolist())
    assert np.array_equal(meaning.apply(mask), mask % 2)


@given(hnp.arrays(np.uint8, (3, 4, 3), elements=st.sampled_from([0, 128, 255])))
def test_every_pixel_gets_the_index_of_its_colour(mask):
    colors = values_in(mask)
    meaning = decide_meaning(colors, ["a"], {c: int(c[0] > c[2]) for c in colors})
    assert np.array_equal(meaning.apply(mask), mask[..., 0] > mask[..., 2])
