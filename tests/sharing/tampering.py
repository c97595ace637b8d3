"""Bundles as they come after an accident, or from somebody who means harm."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path


def contents(bundle: Path) -> dict[str, bytes]:
    """Return the content of each file in a bundle."""
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(target: Path, files: Mapping[str | zipfile.ZipInfo, bytes]) -> Path:
    """Write a zip file with these files in it, whatever they are called."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            is_weights = str(name).endswith(".h5")
            kind = zipfile.ZIP_STORED if is_weights else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, kind)
    return target


def with_files(
    bundle: Path,
    target: Path,
    changes: Mapping[str, bytes | None],
    listed: bool = True,
) -> Path:
    """Write a bundle anew with some files changed, added or, where None is given, left out.

    Parameters
    ----------
    bundle, target : Path
    changes : mapping
    listed : bool
        Whether `bundle.json` tells the checksums of the changed files, as somebody who means
        harm would see to.
    """
    files = contents(bundle) | dict(changes)
    files = {name: content for name, content in files.items() if content is not None}
    if listed and "bundle.json" not in changes:
        info = json.loads(files["bundle.json"])
        info["files"] = {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in files.items()
            if name != "bundle.json"
        }
        files["bundle.json"] = json.dumps(info).encode()
    return packed(target, files)


def with_info(bundle: Path, target: Path, **changes: object) -> Path:
    """Write a bundle anew that says something else of itself."""
    info = json.loads(contents(bundle)["bundle.json"]) | changes
    return with_files(bundle, target, {"bundle.json": json.dumps(info).encode()})


def with_record(bundle: Path, target: Path, **changes: object) -> Path:
    """Write a bundle anew whose `model.json` says something else."""
    record = json.loads(contents(bundle)["model.json"]) | changes
    return with_files(bundle, target, {"model.json": json.dumps(record).encode()})


def with_plan(bundle: Path, target: Path, **changes: object) -> Path:
    """Write a bundle anew whose plan is another."""
    plan = json.loads(contents(bundle)["model.json"])["plan"] | changes
    return with_record(bundle, target, plan=plan)


def patched(bundle: Path, target: Path, old: bytes, new: bytes) -> Path:
    """Copy a bundle with some of its bytes exchanged, as many for as many."""
    content = bundle.read_bytes()
    assert len(old) == len(new)
    assert old in content
    shutil.copyfile(bundle, target)
    target.write_bytes(content.replace(old, new))
    return target
