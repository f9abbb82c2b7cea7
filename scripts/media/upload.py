"""An upload: announced, sent to S3, completed, and followed until its renditions are made."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from scripts.media.errors import MediaError
from scripts.media.file import MediaFile
from scripts.media.shop import Shop, patiently

AT_ONCE = 3  # parts on their way
LOOK = 2.0  # seconds between two looks at what became of it
FORBIDDEN = 403  # the address has expired

Progress = Callable[[int], None]  # is told how many bytes S3 has


def upload(shop: Shop, file: MediaFile, on_progress: Progress) -> str:
    """Upload a file, or what S3 lacks of it; return its id.

    Raises:
        MediaError: the shop or S3 refuses it, or does not answer for long.
    """
    announced = shop.ask("POST", "/admin/media", json=file.announcement)
    media_id = str(announced["id"])
    with httpx.Client(timeout=120.0) as s3:
        if announced["parts"] is None:
            _send_form(s3, announced["upload"], file)
            on_progress(file.size)
        else:
            _send_parts(shop, s3, media_id, file, on_progress)
    shop.ask("POST", f"/admin/media/{media_id}/complete")
    return media_id


def outcomes(shop: Shop, media_id: str) -> Iterator[dict[str, Any]]:
    """Yield what the shop says of it, each time that it changes, until there is nothing to wait for.

    Raises:
        MediaError: the shop does not answer for long.
    """
    last = None
    while True:
        found = shop.ask("GET", f"/admin/media/{media_id}")
        if found != last:
            yield found
        last = found
        works = [work for work in (found["renditions"], found["captions"]) if work is not None]
        if all(work["state"] != "waiting" for work in works):
            return
        time.sleep(LOOK)


def _send_form(s3: httpx.Client, form: dict[str, Any], file: MediaFile) -> None:
    body = file.path.read_bytes()
    _check(
        patiently(lambda: s3.post(form["url"], data=form["fields"], files={"file": ("file", body)}), "S3"),
        "the file",
    )


def _send_parts(shop: Shop, s3: httpx.Client, media_id: str, file: MediaFile, on_progress: Progress) -> None:
    """Send what S3 lacks, some at once, until it lacks nothing; the shop signs the next few each time."""
    while True:
        parts = shop.ask("GET", f"/admin/media/{media_id}/parts")["parts"]
        stored = sum(part["size"] for part in parts if part["is_stored"])
        on_progress(stored)
        lacking = [part for part in parts if part["url"]]
        if not lacking:
            return
        with ThreadPoolExecutor(AT_ONCE) as threads:
            sendings = [threads.submit(_send_part, s3, part, file) for part in lacking]
            try:
                for sending in sendings:
                    stored += sending.result()
                    on_progress(stored)
            finally:  # also at Ctrl-C: what is on its way arrives, and nothing more is begun
                threads.shutdown(wait=True, cancel_futures=True)


def _send_part(s3: httpx.Client, part: dict[str, Any], file: MediaFile) -> int:
    """Send a part; return its bytes, or 0 where its address has expired and another will be asked for."""
    body = file.part(part["number"])
    answer = patiently(lambda: s3.put(part["url"], headers=part["headers"], content=body), "S3")
    if answer.status_code == FORBIDDEN:
        return 0
    _check(answer, f"part {part['number']}")
    return int(part["size"])


def _check(answer: httpx.Response, what: str) -> None:
    if answer.is_success:
        return
    reason = answer.text
    if "BadDigest" in reason:
        reason = "its checksum is another than was announced. Did the file change meanwhile? Begin again."
    raise MediaError(f"S3 refuses {what} ({answer.status_code}): {reason}")
