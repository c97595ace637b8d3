"""From labelled pictures to a network, with a bar."""

from collections.abc import Callable
from pathlib import Path

from notebook_seg.data import Dataset, Split
from notebook_seg.progress import ProgressBar, progress_bar
from notebook_seg.training.device import describe_device
from notebook_seg.training.events import Epoch, Fitted, Step
from notebook_seg.training.plan import Plan
from notebook_seg.training.session import TrainingSession

__all__ = ["fit", "run_with_bar"]


def fit(
    dataset: Dataset,
    plan: Plan,
    split: Split,
    out: Path | None = None,
    progress: bool = True,
    say: Callable[[str], None] = print,
) -> Fitted:
    """Train a network as planned.

    Parameters
    ----------
    dataset : Dataset
    plan : Plan
    split : Split
        The pictures to learn from and those to validate with.
    out : Path, optional
        Model folder. The state of the training is written there after each epoch, the best
        weights so far with it, so that a kill costs an epoch at most; the model itself as often as
        costs little time, and at the end. A model that is there already is set aside under a new
        name.
    progress : bool
        Whether to show a bar. Interrupting (Ctrl-C, the notebook's stop button) ends training
        and keeps the best epoch.
    say : callable
        Is told in a sentence which device runs, where an older model went, what looks wrong.

    Raises
    ------
    WeightsError, TrainingError, OutOfMemoryError, SaveError
    """
    return run_with_bar(TrainingSession(dataset, plan, split, out), progress, say)


def run_with_bar(
    session: TrainingSession, progress: bool = True, say: Callable[[str], None] = print
) -> Fitted:
    """Run a training with a bar that shows the time left.

    Parameters
    ----------
    session : TrainingSession
    progress : bool
        Whether to show the bar.
    say : callable
        Is told what the session says.
    """
    session.said.connect(say)
    if progress:
        say(describe_device())
    with progress_bar(100, "Training", "%", progress) as bar:
        _show_on(bar, session)
        return session.run()


def _show_on(bar: ProgressBar, session: TrainingSession) -> None:
    def show_step(step: Step) -> None:
        bar.update(100 * step.fraction - bar.n)

    def show_epoch(epoch: Epoch) -> None:
        bar.set_postfix_str(_scores(epoch.logs))

    session.stepped.connect(show_step)
    session.epoch_ended.connect(show_epoch)


def _scores(logs: dict[str, float]) -> str:
    shown = {"loss": "loss", "val_iou": "validation IoU"}
    scores = [f"{text} {logs[name]:.3f}" for name, text in shown.items() if name in logs]
    return ", ".join([f"epoch {logs['epoch']}", *scores])
