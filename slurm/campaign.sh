#!/bin/bash
# The calibration campaign of a site: run, search, report. From the project's folder:  sbatch slurm/campaign.sh
# Further words go to lsmcal:  CASE=cases/yakou sbatch slurm/campaign.sh --set calibrate.evaluations=500
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
OUTPUT=${OUTPUT:-}                           # results and the history of the search: never a node's own disk
KEEP=${KEEP:-}                               # results are copied here when all is done; empty: they stay in OUTPUT
CACHE=${CACHE:-$HOME/.cache/lsmcal}          # compiled kernels
ACTIVATE=${ACTIVATE-.venv/bin/activate}     # makes lsmcal known to the shell; empty: it is
TURNS=${TURNS:-20}                           # as often the job may run before it is given up
PATIENCE=${PATIENCE:-90}                     # seconds from the warning to the end of the step; less than --signal's
# --------------------------------------------------------------------------------------------------------------------

# Slurm runs a copy of this script; its neighbours are found from where it was submitted
# shellcheck source=slurm/common.sh
source "${LSMCAL_HOME:-${SLURM_SUBMIT_DIR:-.}}/slurm/common.sh"
prepare

given=("$CASE" --set "run.threads=${SLURM_CPUS_PER_TASK:-1}" "$@")
[[ -z $OUTPUT ]] || given+=(--set "case.output=$(realpath -m "$OUTPUT")")

run_step --ntasks=1 lsmcal campaign "${given[@]}"
need
[[ -z $KEEP || -z $OUTPUT ]] || keep "$OUTPUT" "$KEEP"
finish
