# shellcheck shell=bash
# What the job scripts share. They source it; it does nothing by itself but set traps and the environment.
#
# A job lives in turns. Shortly before a turn's time is over Slurm sends USR1 to this shell (#SBATCH --signal=B:USR1@120);
# the shell passes it on to the running step; lsmcal writes its checkpoints and ends with status 75; the shell puts the
# job back into the queue. The next turn types the same command again, and lsmcal goes on.

readonly STOPPED=75                       # lsmcal: stopped as asked, to be started again
readonly KILLED_BY_USR1=$((128 + 10))     # a process that had not yet, or never, learnt to catch it
readonly BAD_INPUT=2                      # lsmcal: every problem of the case is listed
readonly UNKNOWN=200                      # the step did not end in time after the warning, or nobody saw how it ended

warned=no        # Slurm has warned that the time is nearly over
cancelled=no     # the job is being ended: scancel, or the time is over
interrupted=no   # a signal has ended a wait before the step did
step=            # process id of the srun that is running
status=0         # how the last step ended

say() { printf '%(%F %T)T  %s\n' -1 "$*" >&2; }

on_warning() {
    [[ $warned == yes ]] || deadline=$((SECONDS + PATIENCE))
    warned=yes interrupted=yes
    say "warned: the time of this turn is nearly over"
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
    mkdir -p "$CACHE"
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
# Bad input ends the job here, before many processes find it. Whatever else fails the run itself will say, or not have.
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
        bash -c 'mkdir -p "$2" && cp -R "$1/." "$2/"' copy "$1" "$2"
    need
}

# keep FROM TO: copy results, but neither packed weather nor checkpoints, to where they stay.
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

# finish: end this turn: done, failed, or back into the queue.
finish() {
    local begun=$((${SLURM_RESTART_COUNT:-0} + 1))
    if ((status == 0)); then
        say "done"
        exit 0
    elif [[ $cancelled == yes ]]; then
        say "ended from outside (scancel, or the time is over); nothing is lost: sbatch the same again to go on"
    elif ! to_be_continued; then
        say "failed with status $status; not put back into the queue"
        exit "$status"
    elif ((begun >= TURNS)); then
        say "not done after $begun turns (TURNS=$TURNS); sbatch the same again to go on"
    elif scontrol requeue "$(job_name)"; then
        say "put back into the queue"
    else
        say "scontrol requeue was refused; sbatch the same again to go on"
    fi
    exit "$STOPPED"
}
