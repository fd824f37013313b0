# shellcheck shell=bash
# Functions shared by the job scripts, which source this file. By itself it only sets traps.
#
# A long job runs in several turns. Shortly before the time limit Slurm sends USR1 to this shell
# (#SBATCH --signal=B:USR1@120), which passes it on to the running step. Then lsmcal writes its checkpoints and exits
# with status 75, and the shell requeues the job. The next turn repeats the command, and lsmcal resumes.

readonly STOPPED=75                       # lsmcal: stopped on request, to be restarted
readonly KILLED_BY_USR1=$((128 + 10))     # a process that does not catch the signal
readonly BAD_INPUT=2                      # lsmcal: invalid input, every problem is listed
readonly UNKNOWN=200                      # the step did not end in time, or its status was lost

warned=no        # Slurm has sent its warning before the time limit
cancelled=no     # the job is being ended: scancel, or the time limit
interrupted=no   # a signal has ended a wait before the step did
step=            # process id of the srun that is running
status=0         # how the last step ended

say() { printf '%(%F %T)T  %s\n' -1 "$*" >&2; }

on_warning() {
    [[ $warned == yes ]] || deadline=$((SECONDS + PATIENCE))
    warned=yes interrupted=yes
    say "the time limit of this turn is near"
    # srun hands the signal on to all its tasks
    [[ -z $step ]] || kill -USR1 "$step" 2>/dev/null || true
}

# Slurm tells the tasks by itself; an srun that gets TERM would kill them at once.
on_end() { cancelled=yes interrupted=yes; }

trap on_warning USR1
trap on_end TERM

# prepare: the environment in which lsmcal runs.
prepare() {
    # shellcheck disable=SC1090
    [[ -z $ACTIVATE ]] || source "$ACTIVATE"
    # run.threads alone decides how many threads compute; libraries that start more would share the same cores
    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1
    export LSMCAL_CACHE=$CACHE
    (umask 077 && mkdir -p "$CACHE")   # lsmcal takes no compiled code from where others can write
    say "turn $((${SLURM_RESTART_COUNT:-0} + 1)) of job $(job_name) on ${SLURM_JOB_NODELIST:-$(uname -n)}"
}

# run_step OPTIONS... COMMAND...: srun in the background, so that this shell hears signals; sets status, never fails.
run_step() {
    status=$STOPPED
    [[ $warned == no && $cancelled == no ]] || return 0
    srun --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" --cpu-bind=cores --kill-on-bad-exit=0 --wait=60 "$@" &
    step=$!
    [[ $warned == no ]] || kill -USR1 "$step" 2>/dev/null || true   # it came between the two lines above
    while :; do
        interrupted=no status=0
        wait "$step" || status=$?
        [[ $interrupted == yes ]] || break
        if [[ $warned == yes && $cancelled == no ]] && ! ends_in_time; then
            status=$UNKNOWN
            break
        fi
    done
    ((status >= 0)) || status=$UNKNOWN   # bash forgets it when a signal comes at the moment the step ends
    step=
}

ends_in_time() {
    while kill -0 "$step" 2>/dev/null; do
        ((SECONDS < deadline)) || return 1
        sleep 0.5
    done
}

# need: the step before must have succeeded, or this turn is over.
need() { ((status == 0)) || finish; }

# compile COMMAND...: let one process compile the kernels, so that not every rank and task does; others wait for it.
# Invalid input ends the job here, before many processes report it. Any other failure is left to the run itself.
compile() {
    say "kernels in $CACHE"
    exec 9>"$CACHE/compiling.lock"
    flock -w 900 9 &
    wait "$!" || true   # some file systems have no locks: then all compile, and get the same
    run_step --nodes=1 --ntasks=1 "$@" 9>&-
    exec 9>&-
    ((status == BAD_INPUT)) || to_be_continued || status=0
    need
}

# to_every_node FROM TO: copy a folder onto the own disk of every node.
to_every_node() {
    local nodes=${SLURM_JOB_NUM_NODES:-1}
    say "copying $1 to $2 on $nodes node(s)"
    # shellcheck disable=SC2016
    run_step --nodes="$nodes" --ntasks="$nodes" --ntasks-per-node=1 \
        bash -c 'umask 077; mkdir -p "$2" && cp -R "$1/." "$2/"' copy "$1" "$2"
    need
}

# keep FROM TO: copy results, without packed forcing and checkpoints, to permanent storage.
keep() {
    say "copying results to $2"
    mkdir -p "$2"
    tar -C "$1" --exclude=./forcing --exclude=./checkpoint -cf - . | tar -C "$2" -xf -
}

# One task of an array has the number of the whole array for its own; by that alone all tasks would be requeued.
job_name() {
    if [[ -n ${SLURM_ARRAY_TASK_ID:-} ]]; then
        echo "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
    else
        echo "${SLURM_JOB_ID:-none}"
    fi
}

to_be_continued() {
    ((status == STOPPED || status == UNKNOWN)) || { [[ $warned == yes ]] && ((status == KILLED_BY_USR1)); }
}

# finish: end this turn: done, failed, or requeued.
finish() {
    local begun=$((${SLURM_RESTART_COUNT:-0} + 1))
    if ((status == 0)); then
        say "done"
        exit 0
    elif [[ $cancelled == yes ]]; then
        say "ended by scancel or the time limit; nothing is lost: submit the same job again to resume"
    elif ! to_be_continued; then
        say "failed with status $status; not requeued"
        exit "$status"
    elif ((begun >= TURNS)); then
        say "unfinished after $begun turns (TURNS=$TURNS); submit the same job again to resume"
    elif scontrol requeue "$(job_name)"; then
        say "requeued"
    else
        say "scontrol requeue failed; submit the same job again to resume"
    fi
    exit "$STOPPED"
}
