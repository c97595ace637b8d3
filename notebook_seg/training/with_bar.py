"""A training with a bar that shows the time left."""

from collections.abc import Callable

from notebook_seg.progress import ProgressBar, progress_bar
from notebook_seg.training.device import describe_device
from notebook_seg.training.events import Epoch, Fitted, Step
from notebook_seg.training.session import TrainingSession

__all__ = ["run_with_bar"]


def run_with_bar(
    session: TrainingSession, progress: bool = True, say: Callable[[str], None] = print
) -> Fitted:
    """Run a training with a bar that shows the time left.

    Parameters
    ----------
    session : TrainingSession
    progress : bool
        Whether to show the bar. Interrupting (Ctrl-C, the notebook's stop button) ends training
        and keeps the best epoch.
    say : callable
        Is told in a sentence which device runs, where an older model went, what looks wrong.

    Returns
    -------
    Fitted
        With the weights of the best epoch.

    Raises
    ------
    WeightsError, TrainingError, OutOfMemoryError, SaveError
        As `TrainingSession.run`.

    Examples
    --------
    >>> from notebook_seg.data import Dataset
    >>> from notebook_seg.training.plan import Plan
    >>> network = {"architecture": "small_unet", "encoder": "none", "encoder_weights": None}
    >>> plan = Plan(epochs=1, steps=1, batch_size=1, **network)
    >>> data = Dataset.sample()
    >>> session = TrainingSession(data, plan, data.split(validation=0.1))
    >>> run_with_bar(session, progress=False).history["epoch"]
    [1.0]
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
