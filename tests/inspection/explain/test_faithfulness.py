import numpy as np
import pytest

from notebook_seg.errors import ImageError, OptionError
from notebook_seg.inspection.explain import faithfulness, heatmap

from .conftest import square


def hot(model, image, **options):
    return heatmap(model, image, 1, layer="features", progress=False, border_test=False, **options)


def test_hiding_what_is_hot_costs_more_than_hiding_what_is_cold(color_model, coin_dataset):
    image = coin_dataset.image(coin_dataset.stems[0])
    heat = hot(color_model, image, where=image[..., 0] > 150)
    curves = faithfulness(color_model, image, heat, progress=False)
    # Hiding the coldest tenths is showing the hottest, seen from the other end.
    hottest_hidden, coldest_hidden = curves.deletion, curves.insertion[::-1]
    assert (hottest_hidden[1:-1] < coldest_hidden[1:-1]).all()
    assert curves.gap > 0.03


def test_the_curves_begin_and_end_with_the_whole_and_the_hidden_picture(color_model):
    image = square()
    curves = faithfulness(color_model, image, hot(color_model, image), progress=False)
    assert curves.fractions.tolist() == [i / 10 for i in range(11)]
    assert curves.deletion[0] == pytest.approx(curves.insertion[-1], abs=1e-5)
    assert curves.insertion[0] == pytest.approx(curves.deletion[-1], abs=1e-5)
    assert curves.deletion[0] > 0.9
    assert curves.deletion[1] < 0.5 < curves.insertion[1]


def test_a_map_turned_upside_down_is_found_out(color_model):
    image = square(8, 24)
    heat = hot(color_model, image)
    wrong = type(heat)(**{**vars(heat), "values": np.ascontiguousarray(heat.values[::-1])})
    right, turned = (faithfulness(color_model, image, h, progress=False).gap for h in (heat, wrong))
    assert right > 0.5 > 0.3 > turned


def test_stopped_early_the_curves_end_early(color_model):
    image = square()
    curves = faithfulness(
        color_model, image, hot(color_model, image), steps=4, progress=lambda done: done < 0.5
    )
    assert len(curves.deletion) == len(curves.insertion) == len(curves.fractions) == 3
    assert curves.done == pytest.approx(3 / 5)


def test_another_photograph_or_no_step_is_told(color_model):
    heat = hot(color_model, square())
    with pytest.raises(ImageError, match="64 x 96"):
        faithfulness(color_model, square(shape=(64, 64)), heat, progress=False)
    with pytest.raises(OptionError, match="steps=0"):
        faithfulness(color_model, square(), heat, steps=0)
