"""Folders of compiled code: who else could write them."""

import os
import subprocess
import sys

import pytest

from lsmcal.noah.runtime.cache_folder import make_private, why_not_private

OTHER = 12_345
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")


@pytest.fixture
def folder(tmp_path):
    """A folder that only its user can write."""
    assert make_private(tmp_path / "a" / "b")
    return tmp_path / "a" / "b"


def test_a_new_folder_is_its_users_alone(folder):
    assert [oct(place.stat().st_mode & 0o777) for place in (folder, folder.parent)] == ["0o700", "0o700"]
    assert why_not_private(folder) == ""


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_a_folder_that_others_can_write(folder, mode):
    folder.chmod(mode)
    assert why_not_private(folder) == f"{folder} can be written by others (mode {mode:04o})"


def test_a_folder_above_that_others_can_write(folder):
    folder.parent.chmod(0o777)
    assert why_not_private(folder) == f"{folder.parent} can be written by others (mode 0777)"
    folder.parent.chmod(0o1777)  # as /tmp: nobody can rename what others have in it
    assert why_not_private(folder) == ""


def test_files_that_others_can_write_count_where_they_are_reached(folder):
    (folder / "deep").mkdir()
    (folder / "deep" / "kernel.nbi").touch()
    (folder / "deep" / "kernel.nbi").chmod(0o666)
    assert why_not_private(folder) == ""
    folder.chmod(0o755)
    assert why_not_private(folder) == f"{folder / 'deep' / 'kernel.nbi'} can be written by others (mode 0666)"


@needs_root
def test_what_belongs_to_others(folder, tmp_path):
    (folder / "kernel.nbi").touch()
    os.chown(folder / "kernel.nbi", OTHER, -1)
    assert "belongs to another user (12345)" in why_not_private(folder)
    os.unlink(folder / "kernel.nbi")
    os.chown(folder.parent, OTHER, -1)
    assert f"{folder.parent} belongs to another user" in why_not_private(folder)
    os.chown(folder.parent, 0, -1)
    (tmp_path / "link").symlink_to(folder)
    os.chown(tmp_path / "link", OTHER, -1, follow_symlinks=False)
    assert f"{tmp_path / 'link'} belongs to another user" in why_not_private(tmp_path / "link")


@needs_root
def test_a_group_that_is_not_the_users_own(folder):
    os.chown(folder, -1, OTHER)
    folder.chmod(0o770)
    assert why_not_private(folder) == f"{folder} can be written by others (mode 0770)"


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    assert not make_private(tmp_path / "file" / "folder")
    assert not make_private(tmp_path / "a\0b")


def test_the_model_loads_no_kernels_from_a_folder_of_others(tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    code = "from lsmcal.noah.runtime.jit import CACHE_FOLDER as folder; print(folder)"

    def started(**environment):
        command, given = [sys.executable, "-c", code], {**os.environ, **environment}
        return subprocess.run(command, env=given, capture_output=True, text=True, check=False)

    refused = started(LSMCAL_CACHE=str(tmp_path / "cache"))
    assert refused.returncode == 1 and "can be written by others (mode 0777)" in refused.stderr
    home = {"LSMCAL_CACHE": "", "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "XDG_CACHE_HOME": str(tmp_path / "home")}
    left_out = started(**home)
    assert left_out.stdout.startswith(str(tmp_path / "home" / "lsmcal"))
    assert "is not used for compiled kernels" in left_out.stderr
