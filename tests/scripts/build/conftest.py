"""A small checkout with wheels of its own: these tests need neither the network nor the real shop."""

import hashlib
import zipfile
from pathlib import Path

import pytest


class Checkout:
    """A project in the shape of this one, and an index of wheels beside it."""

    def __init__(self, root: Path, wheels: Path) -> None:
        self.root = root
        self.wheels = wheels

    def write(self, name: str, text: str = "") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def publish(self, name: str, tag: str = "py3-none-any", files: dict[str, str] | None = None) -> str:
        """Put version 1.0 of a package into the index; return the line that locks it."""
        files = files if files is not None else {f"{name}/__init__.py": f'"""{name} for {tag}."""\n'}
        information = f"{name}-1.0.dist-info"
        files = files | {
            f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{information}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
            f"{information}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
        }
        files[f"{information}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{information}/RECORD"])
        path = self.wheels / f"{name}-1.0-{tag}.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for file, text in files.items():
                wheel.writestr(zipfile.ZipInfo(file), text)
        return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"

    def lock(self, folder: str, *lines: str) -> None:
        self.write(f"{folder}/requirements.txt", "".join(lines))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """An application and the function `greeter`, which carries the package `lambdas/phrases` and `boto3`."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    checkout = Checkout(tmp_path / "checkout", wheels)
    checkout.write("app/__init__.py")
    checkout.write("app/main.py", "import web\n")
    checkout.write("app/storefront/index.html", "<h1>Shop</h1>")
    checkout.lock("app", checkout.publish("web"), checkout.publish("boto3"))
    checkout.write("lambdas/__init__.py")
    checkout.write("lambdas/phrases/__init__.py", 'HELLO = "Hello"\n')
    checkout.write("lambdas/greeter/__init__.py")
    checkout.write("lambdas/greeter/bundle.toml", 'packages = ["lambdas/phrases"]\nleave_out = ["server"]\n')
    checkout.write(
        "lambdas/greeter/handler.py",
        "import greetings\nfrom lambdas.phrases import HELLO\ndef handler(event, context): return HELLO\n",
    )
    locked = [checkout.publish(name) for name in ("greetings", "boto3", "server")]
    checkout.lock("lambdas/greeter", *locked)
    return checkout
