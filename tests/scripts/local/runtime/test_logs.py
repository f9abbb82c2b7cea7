"""Logs stay bounded, and tell why a process failed."""

from pathlib import Path

from scripts.local.runtime import logs


def test_a_log_beyond_the_limit_is_moved_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "shop.log"
    with path.open("ab", buffering=0) as writer:
        writer.write(b"x" * 200)
        logs.bound(tmp_path, limit=100)
        writer.write(b"after")
    assert path.read_bytes() == b"after"
    assert (tmp_path / "shop.log.1").read_bytes() == b"x" * 200
    logs.bound(tmp_path, limit=100)
    assert path.read_bytes() == b"after"


def test_the_reason_is_the_last_exception_of_what_was_logged_since_the_start(tmp_path: Path) -> None:
    path = tmp_path / "shop.log"
    before = "OldError: of an earlier start\n"
    path.write_text(
        before + "Traceback (most recent call last):\n"
        '  File "env.py", line 3, in <module>\n'
        'sqlalchemy.exc.ProgrammingError: relation "orders" already exists\n'
        "[SQL: CREATE TABLE orders ()]\n"
        "(Background on this error at: ...)\n"
    )
    expected = 'sqlalchemy.exc.ProgrammingError: relation "orders" already exists'
    assert logs.reason(path, len(before)) == expected


def test_the_reason_of_a_function_is_what_lambdas_runtime_says_of_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "function.log"
    said = "Runtime.UserCodeSyntaxError: Syntax error in module 'handler': invalid syntax (main.py, line 4)"
    path.write_bytes(
        f'[ERROR] {said}\rTraceback (most recent call last):\r  File "main.py" Line 4\r    def (\n'.encode()
    )

    assert logs.reason(path) == said


def test_the_reason_without_an_exception_is_the_last_line(tmp_path: Path) -> None:
    path = tmp_path / "nginx.log"
    path.write_text("nginx: [emerg] bind() failed\n\n")
    assert logs.reason(path) == "nginx: [emerg] bind() failed"
    assert logs.reason(path, start=path.stat().st_size) == ""
    assert logs.reason(tmp_path / "none.log") == ""


def test_the_reason_is_the_whole_of_a_programs_own_last_message(tmp_path: Path) -> None:
    path = tmp_path / "shop.log"
    path.write_text("error: of the first start\nstarting\nerror: Migration 2 failed.\n  Mend it.\n")

    assert logs.reason(path) == "Migration 2 failed.\n  Mend it."
