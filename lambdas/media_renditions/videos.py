"""Films as every browser plays them: 480 lines, H.264 and AAC in MP4, and a picture that stands for each."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped] # it has no annotations

from lambdas.media_renditions.errors import OutOfTimeError, UnusableError

NAME = "video-480p.mp4"
POSTER = "poster.webp"
LINES = 480  # of the shorter edge; a smaller film is not made larger
LONGEST = 600  # seconds
# What may be opened: files, and none that name other files or addresses (playlists do).
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
# Edges are even, which H.264 with its usual colours needs.
SCALE = (
    f"scale='if(gt(iw,ih),-2,trunc(min({LINES},iw)/2)*2)':'if(gt(iw,ih),trunc(min({LINES},ih)/2)*2,-2)'"
    ",setsar=1"
)
DURATION = re.compile(rb"Duration: (\d+):(\d\d):(\d\d\.\d+)")
SIZE = re.compile(rb"Stream #0.*Video: .*?, (\d+)x(\d+)")
TOLD = 200  # characters of what ffmpeg says, at most


def transcode(source: Path, target: Path, seconds: float) -> tuple[int, int]:
    """Write the film to `target`, without anything that its file tells beside, and return width and height.

    Raises:
        UnusableError: it is no film of a kind that is taken, or too long, or broken.
        OutOfTimeError: it takes longer than so many seconds.
    """
    _check(source)
    command = [
        *("-map", "0:v:0", "-map", "0:a:0?", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-vf", SCALE, "-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac", "-b:a", "96k", "-ac", "2"),
        *("-movflags", "+faststart", "-f", "mp4", "-y", str(target)),
    ]
    finished = _run(["-loglevel", "error", *_input(source), *command], seconds)
    if finished.returncode != 0:
        raise UnusableError(f"it is broken: {_said(finished.stderr)}")
    found = SIZE.search(_looked_at(target))
    if found is None:
        raise UnusableError("nothing of it can be seen")
    return int(found[1]), int(found[2])


def poster(film: Path, target: Path, seconds: float) -> None:
    """Write a picture of the film to `target`, as WebP: of its first hundred, the one that is most like them.

    So neither a black beginning nor a moment of blur stands for the film.

    Raises:
        UnusableError: there is no picture in it.
        OutOfTimeError: it takes longer than so many seconds.
    """
    command = ["-vf", "thumbnail", "-frames:v", "1", "-c:v", "libwebp", "-quality", "80", "-f", "webp"]
    finished = _run(["-loglevel", "error", *_input(film), *command, "-y", str(target)], seconds)
    if finished.returncode != 0 or not target.exists():
        raise UnusableError(f"no picture can be made of it: {_said(finished.stderr)}")


def _check(source: Path) -> None:
    """Refuse what is no film, or too long, before any work on it."""
    told = _looked_at(source)
    duration = DURATION.search(told)
    if duration is None or SIZE.search(told) is None:
        raise UnusableError("it is no film in MP4, QuickTime, Matroska or WebM")
    hours, minutes, rest = duration.groups()
    seconds = int(hours) * 3600 + int(minutes) * 60 + float(rest)
    if seconds > LONGEST:
        raise UnusableError(f"it lasts {seconds:.0f} s: {LONGEST} s are allowed")


def _looked_at(path: Path) -> bytes:
    """Return what ffmpeg says of a file. It then complains that it was told of no output."""
    return _run(_input(path), seconds=30).stderr


def _input(path: Path) -> list[str]:
    return ["-protocol_whitelist", "file", "-format_whitelist", CONTAINERS, "-i", str(path)]


def _run(arguments: list[str], seconds: float) -> subprocess.CompletedProcess[bytes]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise OutOfTimeError(f"ffmpeg needs longer than {seconds:.0f} s") from None


def _said(output: bytes) -> str:
    """Return the last of what ffmpeg said, without the place in memory that it names."""
    lines = [re.sub(r"^\[.*?\] ", "", line) for line in output.decode(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line.strip()), "ffmpeg does not say why")[:TOLD]
