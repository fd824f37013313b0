"""What every kind of case is: a file, folders where data lie, options of the model, and the way back to TOML."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from lsmcal.case.checks.site import Faulty, choices_of
from lsmcal.case.sections import site as site_keys
from lsmcal.case.toml import to_toml
from lsmcal.core.errors import Problems
from lsmcal.core.files import write_text
from lsmcal.noah.parameters.options import PRESET_TABLES, Choices
from lsmcal.parameters.table import ParameterSet, parameter_table, sensitive_parameters


class CaseFile:
    """Base of the cases of a site and of a region.

    Attributes
    ----------
    SECTIONS : sequence of str
        Names of the sections, of which each is an attribute ([case] is ``about``).
    """

    SECTIONS: ClassVar[tuple[str, ...]] = ()
    file: Path
    parameters: ParameterSet
    about: site_keys.About
    model: site_keys.Model
    report: site_keys.Report
    data: tuple[Path, ...]

    # -- names and places -----------------------------------------------------------------------------------------
    @property
    def source(self) -> str:
        """The case file, for messages."""
        return str(self.file)

    @property
    def folder(self) -> Path:
        """Folder of the case file."""
        return self.file.parent

    @property
    def name(self) -> str:
        """Name for titles and messages."""
        return self.about.name or self.file.resolve().parent.name

    @property
    def title(self) -> str:
        """Title of the report."""
        return self.report.title or self.name

    @property
    def output_folder(self) -> Path:
        """Folder of all results; not made by asking for it."""
        return self.folder / self.about.output

    def places(self, name: str) -> list[Path]:
        """Where a file of the case may lie, in the order it is looked for."""
        if Path(name).is_absolute():
            return [Path(name)]
        return [folder / name for folder in (*self.data, self.folder)]

    def find(self, name: str, key: str, problems: Problems) -> Path | None:
        """A data file of the case, or a problem that names every place looked in."""
        if not name:
            raise Faulty(key)
        places = self.places(name)
        for place in places:
            if place.is_file():
                return place
        looked = ", ".join(str(place) for place in places)
        hint = "" if self.data else "; --data or LSMCAL_DATA can name the data folder"
        problems.add("no such file", source=self.file, variable=key, value=name, expected=f"it at {looked}{hint}")
        return None

    # -- the model ------------------------------------------------------------------------------------------------
    def choices(self) -> Choices:
        """Named options of the model."""
        return choices_of(self.model)

    def table_names(self) -> dict[str, str]:
        """Packaged name or file of the soil, vegetation and general table."""
        own = PRESET_TABLES[self.model.preset]
        return {
            "soil": self.model.soil_table or own["soil"],
            "vegetation": self.model.vegetation_table,
            "general": self.model.general_table or own["general"],
        }

    def calibrated_names(self) -> list[str]:
        """Names in ``calibrate.parameters`` with "sensitive" and "all" written out."""
        groups = {
            "sensitive": sensitive_parameters(),
            "all": [row.name for row in parameter_table() if row.status == "tunable"],
        }
        names = [name for given in self.calibrate.parameters for name in groups.get(given, [given])]
        return list(dict.fromkeys(names))

    # -- the case again -------------------------------------------------------------------------------------------
    def resolved(self) -> dict[str, dict]:
        """All sections with all defaults filled in, as plain values; what has no value is left out."""
        content = {}
        for name in self.SECTIONS:
            section = getattr(self, "about" if name == "case" else name)
            if section is not None:
                content[name] = section.model_dump(by_alias=True, exclude_none=True)
        choices = self.choices()
        content["model"] |= {name: getattr(choices, name) for name in choices.__dataclass_fields__}
        content["model"] |= {f"{kind}_table": name for kind, name in self.table_names().items()}
        if self.parameters:
            content["parameters"] = dict(self.parameters)
        return content

    def resolved_text(self) -> str:
        """The resolved case as TOML; it reads back as the same case."""
        from lsmcal import __version__

        head = f"# The case as lsmcal {__version__} understood it, all defaults filled in.\n\n"
        return head + to_toml(self.resolved())

    def write_resolved(self, path: str | os.PathLike) -> None:
        """Write :meth:`resolved_text`, whole or not at all."""
        write_text(path, self.resolved_text())
