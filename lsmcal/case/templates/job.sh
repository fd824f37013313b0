#!/bin/bash
# shellcheck disable=SC2329
# The campaign of case.toml on a cluster: check, calibrate (or run), report. In this folder:  sbatch job.sh
# Further words go to lsmcal:  sbatch --ntasks=96 job.sh --set calibrate.evaluations=1000
# A job that needs longer than its time limit is put back into the queue, and goes on where it was.
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
OUTPUT=${OUTPUT:-}                           # results and checkpoints: where all nodes write, never a node's own disk
KEEP=${KEEP:-}                               # results are copied here when all is done; empty: they stay in OUTPUT
FORCING=${FORCING:-}                         # packed weather; empty: where the case says
FORCING_KEY=${FORCING_KEY:-forcing.folder}   # forcing.cache for a case whose format is not "packed"
NODE_DISK=${NODE_DISK:-}                     # a node's own disk: weather and kernels are read from there; empty: no
CACHE=${CACHE:-$HOME/.cache/lsmcal}          # compiled kernels; where all nodes read
ACTIVATE=${ACTIVATE-@activate@}     # makes lsmcal known to the shell; empty: it is
TURNS=${TURNS:-20}                           # as often the job may run before it is given up
PATIENCE=${PATIENCE:-90}                     # seconds from the warning to the end of the step; less than --signal's
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
