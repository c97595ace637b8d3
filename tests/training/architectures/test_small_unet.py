from notebook_seg.training.networks import build_network


def count(architecture):
    return build_network(architecture, "none", n_classes=2).count_params()


def test_it_is_a_sixteenth_of_the_plain_one():
    assert 15 < count("plain_unet") / count("small_unet") < 16
