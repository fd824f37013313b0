#!/bin/bash
# The calibration campaign of a site: run, search, report. From the project's folder:  sbatch slurm/campaign.sh
# Further arguments are passed to lsmcal:  CASE=cases/yakou sbatch slurm/campaign.sh --set calibrate.evaluations=500
#SBATCH --job-name=lsmcal-campaign
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --threads-per-core=1
#SBATCH --mem-per-cpu=4G
#SBATCH --time=04:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --output=%x-%j.out
#SBATCH --open-mode=append
set -euo pipefail

# ---- edit, or set before sbatch ------------------------------------------------------------------------------------
CASE=${CASE:-cases/demo-site}                # case file, or the folder that holds case.toml
OUTPUT=${OUTPUT:-}                           # results and search history: on shared storage
KEEP=${KEEP:-}                               # folder to copy finished results to; empty: they stay in OUTPUT
CACHE=${CACHE:-$HOME/.cache/lsmcal}          # compiled kernels
ACTIVATE=${ACTIVATE-.venv/bin/activate}     # activates the environment of lsmcal; empty: already active
TURNS=${TURNS:-20}                           # maximum number of turns of the job
PATIENCE=${PATIENCE:-90}                     # seconds from the warning to the end of the step; less than in --signal
# --------------------------------------------------------------------------------------------------------------------

# Slurm runs a copy of this script, so the other files are found from the folder of submission
# shellcheck source=slurm/common.sh
source "${LSMCAL_HOME:-${SLURM_SUBMIT_DIR:-.}}/slurm/common.sh"
prepare

given=("$CASE" --set "run.threads=${SLURM_CPUS_PER_TASK:-1}" "$@")
[[ -z $OUTPUT ]] || given+=(--set "case.output=$(realpath -m "$OUTPUT")")

run_step --ntasks=1 lsmcal campaign "${given[@]}"
need
[[ -z $KEEP || -z $OUTPUT ]] || keep "$OUTPUT" "$KEEP"
finish
