#!/bin/bash
# Many small jobs, one a task: cases, seeds, ensemble members. One line of a list is one task:
#   sbatch --array=1-4 slurm/array.sh        runs the first four lines of slurm/array-tasks.txt
#   LIST=my-list.txt sbatch --array=1-100%20 slurm/array.sh        at most 20 at a time
#SBATCH --job-name=lsmcal-array
#SBATCH --array=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --threads-per-core=1
#SBATCH --mem-per-cpu=2G
#SBATCH --time=04:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --output=%x-%A_%a.out
#SBATCH --open-mode=append
set -euo pipefail

# ---- edit, or set before sbatch ------------------------------------------------------------------------------------
LIST=${LIST:-slurm/array-tasks.txt}          # what the tasks do
CACHE=${CACHE:-$HOME/.cache/lsmcal}          # compiled kernels; where all nodes read
ACTIVATE=${ACTIVATE-.venv/bin/activate}     # makes lsmcal known to the shell; empty: it is
TURNS=${TURNS:-20}                           # as often a task may run before it is given up
PATIENCE=${PATIENCE:-90}                     # seconds from the warning to the end of the step; less than --signal's
# --------------------------------------------------------------------------------------------------------------------

# Slurm runs a copy of this script; its neighbours are found from where it was submitted
# shellcheck source=slurm/common.sh
source "${LSMCAL_HOME:-${SLURM_SUBMIT_DIR:-.}}/slurm/common.sh"
prepare

line=$(grep -v -E '^[[:space:]]*(#|$)' "$LIST" | sed -n "${SLURM_ARRAY_TASK_ID}p")
if [[ -z $line ]]; then
    say "$LIST has no line $SLURM_ARRAY_TASK_ID (lines that are empty or begin with # do not count)"
    exit 2
fi
mapfile -t words < <(xargs -n 1 printf '%s\n' <<< "$line")   # quotes hold words together
verb=${words[0]} case=${words[1]}
say "lsmcal $line"

compile lsmcal plan "$case" --seconds 1
run_step --ntasks=1 lsmcal "$verb" "$case" --set "run.threads=${SLURM_CPUS_PER_TASK:-1}" "${words[@]:2}"
finish
