# A line a stage, with its time; what its command prints goes into a log. Sourced, not run.
# shellcheck shell=bash

stage_log=$PWD/build/make.log

# How much of a build is done, as ninja counts it: "123/290".
stage_count() {
    tail -c 2000 "$stage_log" | grep -oE '^\[[0-9]+/[0-9]+\]' | tail -n 1 | tr -d '[]'
}

# On a terminal the line is drawn anew each second, as long as this shell lives.
stage_watch() {
    local name=$1 start=$SECONDS
    while kill -0 $$ 2>/dev/null; do
        printf '\r\033[K%s …  %d s  %s' "$name" $((SECONDS - start)) "$(stage_count)" >&2
        sleep 1
    done
}

# stage NAME COMMAND...
# The shell ends where the command fails; not to be used in a condition, which would hide that.
stage() {
    local name=$1 start=$SECONDS status watcher=
    shift
    mkdir -p "${stage_log%/*}"
    echo "== $name" >>"$stage_log"
    if [[ -t 2 ]]; then
        stage_watch "$name" &
        watcher=$!
    fi
    set +e
    (set -e && "$@") >>"$stage_log" 2>&1
    status=$?
    set -e
    if [[ -n $watcher ]]; then
        kill "$watcher"
        wait "$watcher" 2>/dev/null || true
        printf '\r\033[K' >&2
    fi
    if ((status != 0)); then
        tail -n 40 "$stage_log" >&2
        die "$name: failed after $((SECONDS - start)) s; the whole log is $stage_log"
    fi
    echo "$name: $((SECONDS - start)) s" >&2
}
