"""Folders for servers that refuse to run as root, and the id that they run under instead.

Only root needs this: an ordinary user's servers run as that user, in the folders of that user.
"""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

from scripts.local.runtime.errors import LocalRuntimeError

USER = "nobody"


def user() -> int | None:
    """Return the id that servers run under when we are root, or None when we are not."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(USER).pw_uid
    except KeyError:
        raise LocalRuntimeError(
            f"PostgreSQL refuses to run as root, and this machine has no user {USER!r} to run it under."
            f" Create one (useradd --system {USER}), or run this command as an ordinary user."
        ) from None


def is_reachable(path: Path) -> bool:
    """Tell whether that id may enter `path` (or run it): it and every folder above it let anyone do so."""
    path = path.resolve()
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))


def scratch(state: Path) -> Path:
    """Return a folder of ours that any id gets to, always the same one for a `state` folder.

    It is needed where `state` is out of reach, as below a home of mode 700. `remove_scratch` removes it.
    """
    folder = _scratch_path(state)
    folder.mkdir(exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise LocalRuntimeError(
            f"{folder} belongs to somebody else. Remove it, or set TMPDIR to another folder."
        )
    folder.chmod(0o711)  # whatever the umask is
    return folder


def remove_scratch(state: Path) -> None:
    """Remove the folder that `scratch` made for `state`, if it did."""
    shutil.rmtree(_scratch_path(state), ignore_errors=True)


def place(folder: Path) -> Path:
    """Return where the files of a server go that belong in `folder`: there, or in its scratch folder."""
    return folder if user() is None or is_reachable(folder) else scratch(folder)


def hand_over(folder: Path) -> None:
    """Make `folder` and give it to the id that servers run under."""
    folder.mkdir(exist_ok=True)
    give(folder)


def give(path: Path) -> None:
    """Give a file or a folder to the id that servers run under."""
    owner = user()
    if owner is not None:
        os.chown(path, owner, pwd.getpwuid(owner).pw_gid)


def _scratch_path(state: Path) -> Path:
    digest = hashlib.sha256(str(state.resolve()).encode()).hexdigest()
    return Path(tempfile.gettempdir()) / f"blueprint-{digest[:16]}"
