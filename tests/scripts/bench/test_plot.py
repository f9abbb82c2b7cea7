"""Figures as pictures."""

from pathlib import Path

from scripts.bench.plot import save, stacked_bars


def test_a_picture_is_saved_for_documents_and_for_pages(tmp_path: Path) -> None:
    groups = {"before": {"primary": 100.0}, "after": {"primary": 1.0, "replica": 99.0}}

    picture = stacked_bars(groups, title="Who answers", label="share, %")
    saved = save(picture, tmp_path / "new", "answers")

    assert saved == str(tmp_path / "new" / "answers")
    [axes] = picture.axes
    bars = [(bar.get_y(), bar.get_height()) for bar in axes.patches]  # type: ignore[attr-defined] # rectangles
    assert bars == [(0, 100), (0, 1), (100, 0), (1, 99)]
    assert [text.get_text() for text in axes.texts] == ["100", "", "", "99"]
    assert (tmp_path / "new" / "answers.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "new" / "answers.svg").read_text()
