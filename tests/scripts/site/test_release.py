"""Each asset's name is decided by its content, and by nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from scripts.site.publishing import STOREFRONT
from scripts.site.release import IMMUTABLE, SHORT_LIVED, ReleaseError, release

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "index.html": '<script src="/assets/a.js"></script><link href="/assets/s.css"><a href="/docs">API</a>',
    "assets/a.js": 'import { b } from "./b.js";\nconst later = () => import("./c.js");\n',
    "assets/b.js": "export const b = 1;\n",
    "assets/c.js": 'import "./b.js";\n',
    "assets/s.css": 'body { background: url("/assets/p.svg") }',
    "assets/p.svg": "<svg/>",
}


def written(folder: Path, **changed: str) -> Path:
    for name, text in {**FILES, **changed}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def named(folder: Path) -> dict[str, str]:
    """Return the published keys by their names without what the content decides."""
    return {re.sub(r"\.[0-9a-f]{12}\.", ".", key): key for key in release(folder)}


def test_pages_and_modules_refer_to_the_names_that_are_published(tmp_path: Path) -> None:
    files = {key: file.body.decode() for key, file in release(written(tmp_path)).items()}
    names = named(tmp_path)

    assert f'src="/{names["assets/a.js"]}"' in files["index.html"]
    assert f'href="/{names["assets/s.css"]}"' in files["index.html"]
    assert 'href="/docs"' in files["index.html"]
    assert f'from "/{names["assets/b.js"]}"' in files[names["assets/a.js"]]
    assert f'import("/{names["assets/c.js"]}")' in files[names["assets/a.js"]]
    assert f'url("/{names["assets/p.svg"]}")' in files[names["assets/s.css"]]


def test_a_change_renames_what_changed_and_what_refers_to_it_and_nothing_else(tmp_path: Path) -> None:
    before = named(written(tmp_path))
    after = named(written(tmp_path, **{"assets/c.js": "export {};\n"}))

    assert {name for name in before if before[name] != after[name]} == {"assets/a.js", "assets/c.js"}


def test_the_same_files_give_the_same_release_assets_first(tmp_path: Path) -> None:
    one, other = release(written(tmp_path / "one")), release(written(tmp_path / "other"))

    assert one == other
    assert list(one)[-1] == "index.html"
    assert {file.cache_control for key, file in one.items() if key != "index.html"} == {IMMUTABLE}
    assert one["index.html"].cache_control == SHORT_LIVED


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"assets/b.js": 'import "./moon.js";'}, r"assets/b.js refers to ./moon.js, which is no file"),
        ({"assets/b.js": 'import "./a.js";'}, r"circle|first: assets/a.js -> assets/b.js -> assets/a.js"),
    ],
)
def test_files_that_do_not_fit_together_are_named(tmp_path: Path, changed: dict[str, str], told: str) -> None:
    with pytest.raises(ReleaseError, match=told):
        release(written(tmp_path, **changed))


def test_nothing_of_the_storefront_is_referred_to_by_a_name_that_content_does_not_decide() -> None:
    for key, file in release(STOREFRONT).items():
        if key.endswith((".html", ".js", ".css")):
            named = re.findall(r"""["'(](?:\./|/assets/)([\w./-]+)""", file.body.decode())
            assert [name for name in named if not re.search(r"\.[0-9a-f]{12}\.\w+$", name)] == [], key
