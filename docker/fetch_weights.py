"""Put encoder weights into a folder: those that lie beside this file, others from their publisher.

What cannot be had is told and left out: an image without them trains just as well once it has a
network, or is given the file.

Usage: python fetch_weights.py FOLDER [ENCODER,ENCODER...]
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

GIVEN = Path(__file__).parent / "weights"


def copy_given(folder: Path) -> None:
    """Copy the files that someone has put beside this one, for want of a network."""
    for file in sorted(GIVEN.glob("*.h5")):
        shutil.copy(file, folder)


def fetch(encoder: str) -> None:
    """Fetch the weights of an encoder as a training would, or say why not."""
    from notebook_seg.errors import NotebookSegError
    from notebook_seg.training.networks import build_network

    try:
        build_network("unet", encoder, n_classes=2, encoder_weights="imagenet")
    except NotebookSegError as error:
        print(f"Left out: {error}")
        print("To have it in the image, put the file into docker/weights/ and build again.")


def main(folder: Path, encoders: list[str]) -> None:
    """Fill `folder`, which is made in any case."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        models = Path(home) / "models"
        models.symlink_to(folder.resolve(), target_is_directory=True)
        os.environ["KERAS_HOME"] = home
        copy_given(folder)
        for encoder in encoders:
            fetch(encoder)
    files = sorted(folder.iterdir())
    for file in files:
        file.chmod(0o644)  # whoever the container runs as
    print("Encoder weights:", ", ".join(file.name for file in files) or "none")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), [name for name in "".join(sys.argv[2:]).split(",") if name])
