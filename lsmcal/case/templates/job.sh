#!/bin/bash
# shellcheck disable=SC2329
# The campaign of case.toml on a cluster: check, calibrate (or run), report. In this folder:  sbatch job.sh
# Further arguments are passed to lsmcal:  sbatch --ntasks=96 job.sh --set calibrate.evaluations=1000
# A job that exceeds its time limit is requeued and resumes.
#SBATCH --job-name=lsmcal
#SBATCH --ntasks=32
#SBATCH --cpus-per-task=1
#SBATCH --threads-per-core=1
#SBATCH --mem-per-cpu=2G
#SBATCH --time=12:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --output=%x-%j.out
#SBATCH --open-mode=append
# Your account and partition:
##SBATCH --account=
##SBATCH --partition=
set -euo pipefail

# ---- edit, or set before sbatch ------------------------------------------------------------------------------------
CASE=${CASE:-@case@}                  # case file, or the folder that holds case.toml
VERB=${VERB:-campaign}                       # run, calibrate or screen: one stage alone
OUTPUT=${OUTPUT:-}                           # results and checkpoints: on a file system shared by all nodes
KEEP=${KEEP:-}                               # folder to copy finished results to; empty: they stay in OUTPUT
FORCING=${FORCING:-}                         # folder of packed forcing; empty: that of the case
FORCING_KEY=${FORCING_KEY:-forcing.folder}   # forcing.cache for a case whose format is not "packed"
NODE_DISK=${NODE_DISK:-}                     # local disk of a node for forcing and kernels; empty: not used
CACHE=${CACHE:-$HOME/.cache/lsmcal}          # compiled kernels; readable by all nodes
ACTIVATE=${ACTIVATE-@activate@}     # activates the environment of lsmcal; empty: already active
TURNS=${TURNS:-20}                           # maximum number of turns of the job
PATIENCE=${PATIENCE:-90}                     # seconds from the warning to the end of the step; less than in --signal
export SLURM_MPI_TYPE=${SLURM_MPI_TYPE:-pmi2}   # pmi2: MPICH, Intel MPI, also from pip; pmix: Open MPI
# --------------------------------------------------------------------------------------------------------------------

@common@

# ---- the job -------------------------------------------------------------------------------------------------------
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
