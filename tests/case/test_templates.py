"""Templates: every key stands in them, what they say of defaults is true, and what needs no data checks."""

import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lsmcal.case import case_of, load_case
from lsmcal.case.sections.calibrate import HoldOut, TrialSpinUp
from lsmcal.case.sections.degree_days import IndicesForcing
from lsmcal.case.sections.domain import Map, MaskMap, RegionMap, SoilMap, TargetMap, VegetationMap
from lsmcal.case.sections.goals import MapGoalKeys, NetworkGoalKeys, SiteGoalKeys
from lsmcal.case.sections.gridded_forcing import GriddedForcingKeys, PackedForcingKeys
from lsmcal.case.sections.kinds import SECTIONS
from lsmcal.case.sections.region import GeneratedForcing
from lsmcal.case.templates import TEMPLATES, job_text, template_text, write_template
from lsmcal.case.types import names_of
from lsmcal.checking.case import check_file
from lsmcal.core.errors import InputError
from tests.test_slurm import LSMCAL, ROOT, Cluster, end_of

SITES = ("site", "generator")
FORCING = {"packed": PackedForcingKeys, "indices": IndicesForcing, "plateau": GeneratedForcing}
GOALS = {"map": MapGoalKeys, "network": NetworkGoalKeys, "site": SiteGoalKeys}
#: Tables inside sections.
INSIDE = {
    "calibrate.hold_out": HoldOut,
    "calibrate.spinup": TrialSpinUp,
    "domain.elevation": Map,
    "domain.vegetation": VegetationMap,
    "domain.soil": SoilMap,
    "domain.bedrock": Map,
    "domain.leaf_area": Map,
    "domain.greenness": Map,
    "domain.tbot_map": Map,
    "domain.weather": Map,
    "domain.region": RegionMap,
    "domain.masked": MaskMap,
    "domain.target": TargetMap,
}
#: Tables of names that a case gives itself.
FREE = ("parameters", "forcing.columns", "forcing.constants", "target.hidden", "observations.hidden")
#: Keys of the calibration of one kind of case that the other has no use for.
FOREIGN = {"site": set(SECTIONS["site"]["calibrate"].FOREIGN), "region": set(SECTIONS["region"]["calibrate"].FOREIGN)}


@dataclass
class Block:
    """A table of a template: its keys as they are given, and as they are told in comments."""

    name: str
    given: dict[str, object] = field(default_factory=dict)
    told: dict[str, object] = field(default_factory=dict)
    examples: set[str] = field(default_factory=set)

    def __contains__(self, key):
        return key in self.given or key in self.told

    def __getitem__(self, key):
        return self.given[key] if key in self.given else self.told[key]


def blocks_of(text: str) -> list[Block]:
    """All tables, also those that are commented out; a value over several lines counts as its first key alone."""
    found: list[Block] = []
    for line in text.splitlines():
        plain = line.removeprefix("# ")
        if header := re.match(r"\[+([\w.]+)\]+\s*(#.*)?$", plain):
            found.append(Block(header[1]))
        elif (key := re.match(r"([A-Za-z_]\w*) = (.*)", plain)) and found:
            try:
                value = tomllib.loads(plain)[key[1]]
            except tomllib.TOMLDecodeError:
                value = ...
            (found[-1].told if line.startswith("#") else found[-1].given)[key[1]] = value
            if "# such as" in key[2]:
                found[-1].examples.add(key[1])
    return found


def kind_of(name: str) -> str:
    return "site" if name in SITES else "region"


def keys_of(block: Block, kind: str) -> type[BaseModel]:
    """The class that says which keys a table has."""
    if block.name == "calibrate.goals":
        return GOALS[block["kind"]]
    if block.name == "forcing" and kind == "region":
        return FORCING.get(block["format"], GriddedForcingKeys)
    return INSIDE.get(block.name) or SECTIONS[kind][block.name]


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {item.alias or name: item for name, item in model.model_fields.items()}


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_load(name, tmp_path):
    (tmp_path / "case.toml").write_text(template_text(name))
    assert load_case(tmp_path).kind == kind_of(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_comments_tell_known_keys_and_true_defaults(name):
    kind, compared = kind_of(name), 0
    resolved = case_of(tomllib.loads(template_text(name))).resolved()
    for block in blocks_of(template_text(name)):
        if block.name in FREE:
            continue
        known = fields_of(keys_of(block, kind))
        for key, value in block.told.items():
            assert key in known, f"[{block.name}] {key}"
            default = None if known[key].is_required() else known[key].get_default(call_default_factory=True)
            if block.name == "model":  # the preset's
                default = resolved["model"].get(key)
            if default is None or (key in block.examples and value != default):
                continue
            if isinstance(default, BaseModel) or key == "format" or value is ...:
                continue
            assert value == default, f"[{block.name}] {key}"
            compared += 1
    assert compared > 50


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_key_of_every_section_stands_in_a_template(name):
    """What a section has on its own; its tables where they stand."""
    kind, said = kind_of(name), {}
    for block in blocks_of(template_text(name)):
        if block.name not in FREE:
            said.setdefault((block.name, keys_of(block, kind)), set()).update(block.given, block.told)
        elif "." in block.name:
            section, _, key = block.name.partition(".")
            said.setdefault((section, SECTIONS[kind][section]), set()).add(key)
    sections = dict(SECTIONS[kind]) | ({} if kind == "site" else INSIDE)
    wanted = {(section, model) for section, model in sections.items() if section != "forcing" or kind == "site"}
    if kind == "region":
        wanted |= {("forcing", model) for model in (*FORCING.values(), GriddedForcingKeys)}
    if name == "region":  # not calibrated
        wanted = {pair for pair in wanted if pair[0].partition(".")[0] not in ("target", "calibrate")}
    elif kind == "region":
        wanted |= {("calibrate.goals", model) for model in GOALS.values()}
    below = {section for section, _ in said if "." in section}
    # every map has the same keys: they are told once; the other generator of weather is told with its template
    once = set(names_of(Map)) - {"file"}
    elsewhere = {"columns", "constants", "file", "time_column"} if name == "generator" else set()
    for section, model in wanted:
        keys = set(names_of(model)) - (FOREIGN[kind] - {"goals"} if section == "calibrate" else set())
        keys -= {key for key in keys if f"{section}.{key}" in below}
        if section in INSIDE and section != "domain.elevation":
            keys -= once
        missing = keys - said.get((section, model), set())
        if name in SITES and section in ("forcing", "observations"):
            other = blocks_of(template_text(SITES[1 - SITES.index(name)]))
            missing -= {key for block in other if block.name == section for key in (*block.given, *block.told)}
            missing -= elsewhere | {"columns", "constants"}
        assert not missing, f"[{section}] {sorted(missing)}"


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name != "site"])
def test_what_needs_no_data_checks(name, tmp_path):
    write_template(tmp_path / "new", name)
    assert len(check_file(tmp_path / "new").summary()) > 5


def test_a_site_says_what_it_still_needs(tmp_path):
    write_template(tmp_path, "site")
    with pytest.raises(InputError) as caught:
        check_file(tmp_path)
    assert [problem.variable for problem in caught.value.problems] == ["forcing.file"]


# -- the job of a cluster ---------------------------------------------------------------------------------------------
def test_the_job_shares_its_turns_with_the_scripts_of_the_repository():
    packaged = Path(ROOT / "lsmcal" / "case" / "templates" / "job-common.sh")
    assert packaged.read_bytes() == (ROOT / "slurm" / "common.sh").read_bytes()
    own, region = job_text(), (ROOT / "slurm" / "region.sh").read_text()
    body = region.partition("prepare\n")[2].rpartition("finish")[0]
    assert body in own and "@" not in re.sub(r'"\$@"|USR1@|\$\{.*@\}|\[@\]', "", own)
    settings = [line.partition("=")[0] for line in region.splitlines() if re.match(r"[A-Z_]+=\$", line)]
    assert [line.partition("=")[0] for line in own.splitlines() if re.match(r"[A-Z_]+=\$", line)] == settings


def test_shellcheck_has_nothing_to_say(tmp_path):
    checker = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if checker is None:
        pytest.skip("no shellcheck: install the extra test")
    (tmp_path / "job.sh").write_text(job_text("a case.toml", "/some where/activate"))
    done = subprocess.run([checker, "-s", "bash", "job.sh"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_job_runs_its_case_with_nothing_beside_it(tmp_path):
    case, job = write_template(tmp_path / "new", "cluster")
    cluster = Cluster(tmp_path)
    cluster.command("lsmcal", LSMCAL.replace("sleep 0.05", "exit 0"))
    copy = shutil.copy(job, cluster.spool / "slurm_script")
    running = subprocess.Popen(
        ["bash", copy, "--quiet"],
        cwd=case.parent,
        env=cluster.variables | {"WAY": "", "SLURM_NTASKS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said = end_of(running, 30.0)
    assert running.returncode == 0, said
    given = ". --set run.threads=1 --quiet"
    assert cluster.called("lsmcal") == [f"plan {given} --seconds 1", f"campaign {given}"]


def test_nothing_is_overwritten(tmp_path):
    write_template(tmp_path, "generator")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "job.sh").write_text("mine")
    with pytest.raises(InputError, match="job.sh: already exists"):
        write_template(tmp_path / "other", "cluster")
    assert not (tmp_path / "other" / "case.toml").exists()
    (made, job) = write_template(tmp_path / "third" / "plateau.toml", "cluster")
    assert made.name == "plateau.toml" and "CASE=${CASE:-plateau.toml}" in job.read_text()
