"""What a command says of files that it wrote and of those that it left."""

from pathlib import Path

from lsmcal.cli.written import FilesBefore
from tests.region_cases import typed


def test_files_and_folders_that_changed_or_not(tmp_path, capsys):
    def said(before, *paths):
        before.show(paths)
        return capsys.readouterr().out.splitlines()

    kept, changed, new, folder = (tmp_path / name for name in ("kept", "changed", "new", "folder"))
    folder.mkdir()
    for path in (kept, changed, folder / "part"):
        path.write_text("a")
    before = FilesBefore(tmp_path)
    changed.unlink()
    changed.write_text("b")
    new.write_text("c")
    assert said(before, kept, changed, new, folder) == [
        f"{kept} is up to date",
        f"wrote {changed}",
        f"wrote {new}",
        f"{folder} is up to date",
    ]
    (folder / "more").write_text("d")
    assert said(before, folder) == [f"wrote {folder}"] and said(FilesBefore(tmp_path / "none"), kept) == [
        f"wrote {kept}"
    ]


def test_a_region_that_is_run_again_is_up_to_date(region, maps):
    folder, first = region
    paths = [Path(line.removeprefix("wrote ")) for line in first.splitlines()]
    assert [path.suffix for path in paths] == [".nc"] * 3 and all(
        line.startswith("wrote ") for line in first.splitlines()
    )
    assert typed("run", folder, "-q").stdout.splitlines() == [f"{path} is up to date" for path in paths]
    packed, said = maps
    assert said[1].startswith("wrote ")
    assert typed("forcing", "pack", packed, "-q").stdout == said[1].removeprefix("wrote ").replace(
        "\n", " is up to date\n"
    )
