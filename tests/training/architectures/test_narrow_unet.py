import re

from notebook_seg.training.networks import build_network


def widths(architecture):
    layers = build_network(architecture, "resnet18", n_classes=2).layers
    return [layer.filters for layer in layers if re.fullmatch(r"decoder_\d[ab]_conv", layer.name)]


def test_its_decoder_has_half_the_filters_of_that_of_the_unet():
    assert [2 * width for width in widths("narrow_unet")] == widths("unet")
