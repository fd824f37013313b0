"""The log of a command: where lines go, and a disk without room for them."""

import logging

import pytest

from lsmcal.core.log import Log
from tests.test_full_disk import room_for

log = logging.getLogger("lsmcal.test")


@pytest.mark.parametrize("quiet", [False, True])
def test_a_log_without_room_is_one_warning_and_no_error(tmp_path, capsys, quiet):
    kept, path = Log(quiet), tmp_path / "lsmcal.log"
    log.info("before there is a file")
    kept.keep(path)
    with room_for(path.stat().st_size + 5):
        for _ in range(3):
            log.info("no room")
        kept.close()
    said = capsys.readouterr().err
    warning = f"warning: {path}: the log cannot be written: File too large\n"
    assert said == ("" if quiet else warning)
    assert "before there is a file" in path.read_text()


def test_lines_go_into_the_file_and_warnings_to_the_terminal_too(tmp_path, capsys):
    kept = Log()
    log.info("early")
    kept.keep(tmp_path / "new" / "lsmcal.log")
    log.warning("late")
    kept.close()
    lines = (tmp_path / "new" / "lsmcal.log").read_text().splitlines()
    assert [line.rpartition(": ")[2] for line in lines] == ["early", "late"]
    assert capsys.readouterr().err == "warning: late\n"
