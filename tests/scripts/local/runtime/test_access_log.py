"""Lines of a load balancer's access log are read once each, whatever happens to the file in between."""

from pathlib import Path

from scripts.local.runtime import logs
from scripts.local.runtime.balancers.access_log import AccessLog, Answered, parse

GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/73e2d6bc24d8a067"
# From "Access log entries" in the User Guide for Application Load Balancers.
FORWARDED = (
    "http 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817"
    f' 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/?a=b HTTP/1.1"'
    f' "curl/7.46.0" - - {GROUP} "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0'
    ' 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1234\n'
)


def fixed(status: int) -> str:
    line = FORWARDED.replace("10.0.0.1:80 0.000 0.001 0.000 200 200", f"- -1 -1 -1 {status} -")
    return line.replace(GROUP, "-")


def test_a_line_of_aws_tells_status_group_and_time() -> None:
    assert parse(FORWARDED) == Answered(
        status=200, group=GROUP, target_status=200, seconds=0.001, target="10.0.0.1:80"
    )
    assert parse(fixed(403)) == Answered(status=403, group="", target_status=None, seconds=None)
    assert parse("2026/11/29 10:00:00 [notice] 7#7: signal process started") is None


def test_lines_are_read_once_and_only_those_written_from_now_on(tmp_path: Path) -> None:
    path = tmp_path / "balancer.log"
    path.write_text(fixed(500))
    log = AccessLog(path)
    assert list(log.read()) == []
    with path.open("a") as written:
        written.write(fixed(404) + FORWARDED[:50])
        written.flush()
        assert [one.status for one in log.read()] == [404]
        written.write(FORWARDED[50:])
        written.flush()
        assert [one.status for one in log.read()] == [200]
    assert list(log.read()) == []


def test_no_line_is_missed_when_a_log_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "balancer.log"
    log = AccessLog(path)
    path.write_text(fixed(404) * 2)
    assert [one.status for one in log.read()] == [404, 404]
    with path.open("a") as written:
        written.write(fixed(500))
    logs.bound(tmp_path, limit=1)
    with path.open("a") as written:
        written.write(fixed(403))
    assert [one.status for one in log.read()] == [500, 403]
    assert list(log.read()) == []
