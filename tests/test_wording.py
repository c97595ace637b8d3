import pytest

from notebook_seg.wording import counted


@pytest.mark.parametrize(
    ("count", "thing", "said"),
    [
        (0, "photograph", "0 photographs"),
        (1, "labelled picture", "1 labelled picture"),
        (2, "labelled picture", "2 labelled pictures"),
        (1, "class", "1 class"),
        (2, "class", "2 classes"),
        (2, "patch", "2 patches"),
        (2, "epoch", "2 epochs"),
    ],
)
def test_one_alone_is_told_in_the_singular(count, thing, said):
    assert counted(count, thing) == said
