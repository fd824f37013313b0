#!/bin/bash
# A region on many ranks. From the project's folder:  sbatch slurm/region.sh
# A calibration over its cells:  VERB=calibrate CASE=cases/calibrate-plateau sbatch slurm/region.sh
# Further arguments are passed to lsmcal:  CASE=my-region sbatch --ntasks=96 slurm/region.sh --set run.series=monthly
#SBATCH --job-name=lsmcal-region
#SBATCH --ntasks=32
#SBATCH --cpus-per-task=1
#SBATCH --threads-per-core=1
#SBATCH --mem-per-cpu=2G
#SBATCH --time=12:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --output=%x-%j.out
#SBATCH --open-mode=append
set -euo pipefail

# ---- edit, or set before sbatch ------------------------------------------------------------------------------------
CASE=${CASE:-cases/demo-plateau}             # case file, or the folder that holds case.toml
VERB=${VERB:-run}                            # calibrate, or campaign: check, run or calibrate, and report
OUTPUT=${OUTPUT:-}                           # results and checkpoints: on a file system shared by all nodes
KEEP=${KEEP:-}                               # folder to copy finished results to; empty: they stay in OUTPUT
FORCING=${FORCING:-}                         # folder of packed forcing; empty: that of the case
FORCING_KEY=${FORCING_KEY:-forcing.folder}   # forcing.cache for a case whose format is not "packed"
NODE_DISK=${NODE_DISK:-}                     # local disk of a node for forcing and kernels; empty: not used
CACHE=${CACHE:-$HOME/.cache/lsmcal}          # compiled kernels; readable by all nodes
ACTIVATE=${ACTIVATE-.venv/bin/activate}     # activates the environment of lsmcal; empty: already active
TURNS=${TURNS:-20}                           # maximum number of turns of the job
PATIENCE=${PATIENCE:-90}                     # seconds from the warning to the end of the step; less than in --signal
export SLURM_MPI_TYPE=${SLURM_MPI_TYPE:-pmi2}   # pmi2: MPICH, Intel MPI, also from pip; pmix: Open MPI
# --------------------------------------------------------------------------------------------------------------------

# Slurm runs a copy of this script, so the other files are found from the folder of submission
# shellcheck source=slurm/common.sh
source "${LSMCAL_HOME:-${SLURM_SUBMIT_DIR:-.}}/slurm/common.sh"
prepare

given=("$CASE" --set "run.threads=${SLURM_CPUS_PER_TASK:-1}" "$@")
[[ -z $OUTPUT ]] || given+=(--set "case.output=$(realpath -m "$OUTPUT")")
[[ -z $FORCING ]] || given+=(--set "$FORCING_KEY=$(realpath -m "$FORCING")")

compile lsmcal plan "${given[@]}" --seconds 1
if [[ -n $NODE_DISK ]]; then
    to_every_node "$CACHE" "$NODE_DISK/lsmcal-kernels"
    export LSMCAL_CACHE=$NODE_DISK/lsmcal-kernels
    if [[ -n $FORCING ]]; then
        to_every_node "$FORCING" "$NODE_DISK/lsmcal-forcing"
        given+=(--set "$FORCING_KEY=$NODE_DISK/lsmcal-forcing")
    fi
fi

run_step --ntasks="${SLURM_NTASKS:-1}" lsmcal "$VERB" "${given[@]}"
need
[[ -z $KEEP || -z $OUTPUT ]] || keep "$OUTPUT" "$KEEP"
finish
