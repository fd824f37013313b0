"""A screening of two cells that takes a second."""

CASE = """
[region]
source = "plateau"
cells = 50
seed = 3
[grid]
thickness = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 2.0]
[spinup]
method = "fixed"
cycles = 1
max_cycles = 3
years = [1979, 1979]
[run]
years = [1980, 1980]
[screen]
cells = [{ name = "bare", at = [79.3, 31.3] }, { name = "grass", at = [97.5, 33.5] }]
year = 1980
depths = [0.1, 2.0]
parameters = ["FXEXP", "CZIL", "TBOT", "ALBEDOMAX", "MAXSMC"]
centers = 2
delta_h = 0.25
bootstrap = 20
keep = 2
"""


def small_case(folder, replace=()):
    """The case in a folder, some texts replaced; the folder."""
    text = CASE
    for old, new in dict(replace).items():
        assert old in text
        text = text.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.toml").write_text(text)
    return folder
