#!/bin/bash
# Many small jobs, one per task: cases, seeds, ensemble members. Each line of a list is one task:
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
LIST=${LIST:-slurm/array-tasks.txt}          # list of the tasks
CACHE=${CACHE:-$HOME/.cache/lsmcal}          # compiled kernels; readable by all nodes
ACTIVATE=${ACTIVATE-.venv/bin/activate}     # activates the environment of lsmcal; empty: already active
TURNS=${TURNS:-20}                           # maximum number of turns of a task
PATIENCE=${PATIENCE:-90}                     # seconds from the warning to the end of the step; less than in --signal
# --------------------------------------------------------------------------------------------------------------------

# Slurm runs a copy of this script, so the other files are found from the folder of submission
# shellcheck source=slurm/common.sh
source "${LSMCAL_HOME:-${SLURM_SUBMIT_DIR:-.}}/slurm/common.sh"
prepare

line=$(grep -v -E '^[[:space:]]*(#|$)' "$LIST" | sed -n "${SLURM_ARRAY_TASK_ID}p")
if [[ -z $line ]]; then
    say "$LIST has no line $SLURM_ARRAY_TASK_ID (empty lines and comments do not count)"
    exit 2
fi
mapfile -t words < <(xargs -n 1 printf '%s\n' <<< "$line")   # quotes hold words together
verb=${words[0]} case=${words[1]}
say "lsmcal $line"

compile lsmcal plan "$case" --seconds 1
run_step --ntasks=1 lsmcal "$verb" "$case" --set "run.threads=${SLURM_CPUS_PER_TASK:-1}" "${words[@]:2}"
finish
