from notebook_seg.training.networks import build_network


def test_it_has_the_published_number_of_parameters():
    assert build_network("plain_unet", "none", n_classes=2).count_params() == 31_031_745
