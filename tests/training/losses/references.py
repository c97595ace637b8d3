"""Each loss once more, in plain NumPy and SciPy, by the formula of its paper: pixel lists, loops.

Ours, and no paper's, are the means over several classes and the 1 that is added to both sides of an
overlap; what else differs from a paper, the docstring of the loss tells.
"""

import numpy as np
from scipy.ndimage import distance_transform_edt

RADIUS = 16


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def labelled(masks, logits):
    """Return probabilities (n, C) and labels (n,) of the labelled pixels."""
    known = masks != 255
    return softmax(logits)[known].astype(np.float64), masks[known].astype(int)


def surprises(masks, logits):
    probabilities, truth = labelled(masks, logits)
    return -np.log(probabilities[np.arange(len(truth)), truth]), truth


def cross_entropy(masks, logits, weights):
    values, truth = surprises(masks, logits)
    return np.average(values, weights=weights[truth])


def weighted_cross_entropy(masks, logits, weights):
    values, truth = surprises(masks, logits)
    sizes = np.maximum(np.bincount(truth, minlength=len(weights)), len(truth) / 1000)
    return np.average(values, weights=(weights / sizes)[truth])


def focal(masks, logits, weights):
    values, truth = surprises(masks, logits)
    return np.average((1 - np.exp(-values)) ** 2 * values, weights=weights[truth])


def top_k(masks, logits, weights):
    values, truth = surprises(masks, logits)
    count = int(np.ceil(np.float32(0.2) * (weights[truth] > 0).sum()))
    hardest = np.argsort(values * weights[truth])[::-1][:count]
    return np.average(values[hardest], weights=weights[truth][hardest])


def distance_penalised_cross_entropy(masks, logits, weights):
    values, truth = surprises(masks, logits)
    nearness = 1 - np.abs(signed_distances(masks, len(weights))).min(-1)[masks != 255] / RADIUS
    return (weights[truth] * (1 + nearness) * values).sum() / weights[truth].sum()


def iou_balanced(masks, logits, weights):
    # Its gradient differs from that of the cross-entropy; with equal weights, its value does not.
    shares, values, labels = [], [], []
    for mask, of_mask in zip(masks, logits, strict=True):
        probabilities, truth = labelled(mask, of_mask)
        for label in np.unique(truth):
            at, p = truth == label, probabilities[:, label]
            iou = p[at].sum() / (at.sum() + p.sum() - p[at].sum())
            shares.append(np.full(at.sum(), iou**1.5))
            values.append(-np.log(p[at]))
            labels.append(truth[at])
    shares, values, labels = map(np.concatenate, (shares, values, labels))
    for label in np.unique(labels[labels > 0]):
        at = labels == label
        values[at] *= shares[at] * values[at].sum() / (shares[at] * values[at]).sum()
    return (weights[labels] * values).sum() / weights[labels].sum()


def over_present(score, masks, logits, weights):
    probabilities, truth = labelled(masks, logits)
    present = np.unique(truth)
    scores = [score(truth == label, probabilities[:, label]) for label in present]
    return np.average(scores, weights=weights[present])


def dice(masks, logits, weights):
    def score(at, p):
        return 1 - (2 * p[at].sum() + 1) / (at.sum() + p.sum() + 1)

    return over_present(score, masks, logits, weights)


def jaccard(masks, logits, weights):
    def score(at, p):
        return 1 - (p[at].sum() + 1) / (at.sum() + p[~at].sum() + 1)

    return over_present(score, masks, logits, weights)


def tversky(masks, logits, weights):
    def score(at, p):
        wrong, missed = p[~at].sum(), (1 - p[at]).sum()
        return 1 - (p[at].sum() + 1) / (p[at].sum() + 0.3 * wrong + 0.7 * missed + 1)

    return over_present(score, masks, logits, weights)


def sensitivity_specificity(masks, logits, weights):
    probabilities, truth = labelled(masks, logits)
    errors, how_much = [], []
    for label in range(1, len(weights)):
        at, p = truth == label, probabilities[:, label]
        missed = ((1 - p[at]) ** 2).mean()
        wrong = np.average(p[~at] ** 2, weights=weights[truth[~at]])
        errors += [missed, wrong]
        how_much += [weights[label], np.delete(weights, label).mean()]
    return np.average(errors, weights=how_much)


def lovasz_softmax(masks, logits, weights):
    def score(at, p):
        """Sum the errors, largest first, times how much each more of them adds to 1 - IoU."""
        errors = np.where(at, 1 - p, p)
        total, before = 0.0, 0.0
        wrong = np.zeros(len(at), bool)
        for index in np.argsort(-errors):
            wrong[index] = True
            loss = 1 - (at & ~wrong).sum() / (at | wrong).sum()
            total, before = total + errors[index] * (loss - before), loss
        return total

    return over_present(score, masks, logits, weights)


def signed_distances(masks, n_classes):
    """Return (N, H, W, C): to the class from outside, minus to the other classes from inside."""
    distances = [
        [nearest(mask == label) - nearest((mask != label) & (mask != 255)) for mask in masks]
        for label in range(n_classes)
    ]
    return np.moveaxis(np.array(distances), 0, -1)


def nearest(target):
    if not target.any():
        return np.full(target.shape, float(RADIUS))
    return np.minimum(distance_transform_edt(~target), RADIUS)


def one_hot(masks, n_classes):
    return (masks[..., None] == np.arange(n_classes)).astype(float)


def boundary(masks, logits, weights):
    known = masks != 255
    wrong = softmax(logits)[known] - one_hot(masks, len(weights))[known]
    values = wrong * signed_distances(masks, len(weights))[known] / RADIUS
    return (values.sum(0) * weights).sum() / (known.sum() * weights.sum())


def hausdorff(masks, logits, weights):
    known, n_classes = masks != 255, len(weights)
    predicted = np.where(known, logits.argmax(-1), 255)
    squares = signed_distances(masks, n_classes) ** 2 + signed_distances(predicted, n_classes) ** 2
    errors = (softmax(logits) - one_hot(masks, n_classes)) ** 2
    values = (errors * squares / (2 * RADIUS**2))[known]
    return (values.sum(0) * weights).sum() / (known.sum() * weights.sum())
