import numpy as np

from notebook_seg.training.best import BestEpoch, tolerated


def add(best, *scores):
    return [
        best.add({"epoch": number, "val_iou": score}, [np.array(number)])
        for number, score in enumerate(scores, 1 + len(best.history.get("epoch", ())))
    ]


def test_a_later_epoch_within_chance_is_kept():
    best = BestEpoch()
    assert add(best, 0.80, 0.795, 0.70) == [True, True, False]
    assert (best.epoch, best.iou, int(best.weights[0])) == (2, 0.795, 2)


def test_many_small_steps_down_do_not_add_up():
    best = BestEpoch()
    add(best, 0.80, 0.795, 0.79, 0.785)
    assert best.iou == 0.79


def test_of_few_pictures_a_later_epoch_may_score_lower():
    best = BestEpoch()
    for epoch, score in enumerate((0.80, 0.76, 0.74), 1):
        best.add({"epoch": epoch, "val_iou": score}, [], tolerated(n_groups=1))
    assert best.epoch == 2


def test_while_much_is_still_learned_at_once_a_lower_score_is_not_taken_for_chance():
    best = BestEpoch()
    for epoch, (score, fraction) in enumerate(((0.90, 0.1), (0.86, 0.2)), 1):
        best.add({"epoch": epoch, "val_iou": score}, [], tolerated(1, fraction))
    assert best.epoch == 1


def test_without_validation_the_latest_is_kept():
    best = BestEpoch()
    best.add({"epoch": 1, "loss": 1.0}, [])
    best.add({"epoch": 2, "loss": 3.0}, [])
    assert (best.epoch, best.iou) == (2, None)


def test_a_score_that_not_every_epoch_has_keeps_the_curves_in_step():
    best = BestEpoch()
    best.add({"epoch": 1, "val_iou": 0.5}, [])
    best.add({"epoch": 2, "val_loss": 0.1}, [])
    assert np.isnan(best.history["val_iou"][1])
    assert np.isnan(best.history["val_loss"][0])
    assert (best.epoch, best.iou) == (2, None)
