#include "otherwise/api/shard_script.h"

#include <algorithm>

namespace otherwise {
namespace {

constexpr const char* kBody = R"SH(
# A disk of the node; what a killed job leaves there is gone on with.
scratch=${OTHERWISE_SCRATCH:-${SLURM_TMPDIR:-${TMPDIR:-/tmp}}}/otherwise-$(id -u)-$mark
caught='' child='' shard=0

say() { echo "otherwise: shard $shard of $shards on $(uname -n): $*" >&2; }

# The command ends in order at the first signal of a kind and at once at the second: where the whole
# job was signalled, it is told by another kind.
pass_on() {
    local kind=INT
    [[ $caught != INT ]] || kind=TERM
    [[ -z $child ]] || kill "-$kind" "$child" 2>/dev/null
}
on_signal() {
    caught=$1
    pass_on
}
trap 'on_signal TERM' TERM
trap 'on_signal INT' INT
trap 'on_signal USR1' USR1

# give FILE NAME: a copy that is whole or absent.
give() {
    if cp "$1" "$2.$$.part" && mv "$2.$$.part" "$2"; then
        return 0
    fi
    rm -f "$2.$$.part"
    say "expected room for '$2', got a disk that does not take it; '$1' is kept, run this again"
    return 1
}

# The file to go on with: the node's own, or what an earlier job moved, where that is newer.
find_file() {
    [[ -s $part ]] || return 0
    if [[ -e $file && (! $part -nt $file || $file-wal -nt $part) ]]; then
        return 0
    fi
    cp "$part" "$file.copy" || return 1
    rm -f "$file" "$file-wal" "$file-shm" "$file-journal"
    mv "$file.copy" "$file"
}

# run OPTION...: the command, whose end is waited for through signals.
run() {
    local code=0
    [[ -z $caught ]] || return 1
    "$command" run -q ${SLURM_CPUS_PER_TASK:+-t "$SLURM_CPUS_PER_TASK"} "$@" >/dev/null &
    child=$!
    [[ -z $caught ]] || pass_on
    while :; do
        wait "$child"
        code=$?
        kill -0 "$child" 2>/dev/null || break
    done
    child=''
    return "$code"
}

write_file() {
    local code=0
    if [[ -e $file ]]; then
        run --resume "$file" "$@"
        code=$?
        ((code == 2)) || return "$code"
        say "'$file' is of another machine or study: beginning anew"
        rm -f "$file" "$file-wal" "$file-shm" "$file-journal"
    fi
    run "$folder/study.toml" --shard "$shard/$shards" -o "$file" "$@"
}

# run_shard NUMBER OPTION...
run_shard() {
    shard=$1
    shift
    local name code=0
    name=$(printf '%0*d-of-%d.db' "${#shards}" "$shard" "$shards")
    file=$scratch/$name part=$folder/parts/$name
    if [[ $(cat "$folder/.otherwise-shards" 2>/dev/null) != "$mark" ]]; then
        say "expected '$folder' as 'otherwise shards' made it, on a file system that all nodes share," \
            "got no mark of it here"
        return 1
    fi
    if [[ -e $folder/$name ]]; then
        say "done before"
        return 0
    fi
    if ! mkdir -p "$scratch" || ! find_file; then
        say "expected room in '$scratch', got none; set OTHERWISE_SCRATCH to a disk of the node"
        return 1
    fi
    write_file "$@"
    code=$?
    if ((code == 0)); then
        give "$file" "$folder/$name" || return 1
        rm -f "$file" "$part"
        say "done"
        return 0
    fi
    if [[ -e $file && ! -s $file-wal ]]; then
        give "$file" "$part" && say "stopped; what is there was moved to '$part'"
    fi
    return "$code"
}

cd "$work" || exit 1
number=''
for given in "${SLURM_ARRAY_TASK_ID:-}" "${PBS_ARRAY_INDEX:-}" "${SGE_TASK_ID:-}" "${LSB_JOBINDEX:-}"; do
    [[ -n $number || ! $given =~ ^[0-9]+$ ]] || number=$given
done
if [[ -z $number && ${1:-} =~ ^[0-9]+$ ]]; then
    number=$1
    shift
fi
if [[ -n $number ]]; then
    if ((10#$number < 1 || 10#$number > shards)); then
        echo "otherwise: expected a shard from 1 to $shards, got $number" >&2
        exit 2
    fi
    run_shard "$((10#$number))" "$@"
    code=$?
    if [[ $caught == USR1 && $code != 0 && -n ${SLURM_ARRAY_JOB_ID:-} ]]; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}" && exit 0
    fi
    exit "$code"
fi
failed=()
for ((each = 1; each <= shards; each++)); do
    run_shard "$each" "$@" || failed+=("$each")
    [[ -z $caught ]] || exit 1
done
if ((${#failed[@]} > 0)); then
    echo "otherwise: expected all $shards shards, got failures of ${failed[*]}; run this again" >&2
    exit 1
fi
)SH";

/// In double quotes, for a line "#SBATCH".
std::string quoted(const std::string& text) {
    std::string all = "\"";
    for (const char c : text) {
        all += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
    return all + "\"";
}

std::string head_of(const ShardJob& job) {
    const std::string count = std::to_string(job.shards);
    const std::string script = shell_word(job.folder + "/shards.sh");
    std::string head = "#!/usr/bin/env bash\n# " + count +
                       " shards of a study, a job each, written by `otherwise shards`.\n#\n";
    if (job.scheduler == ShardScheduler::slurm) {
        return head + "#   sbatch [options of sbatch] " + script +
               " [options of `otherwise run`]\n" +
               "#\n# Two minutes before its limit of time a job puts itself into the queue again.\n"
               "#SBATCH --job-name=" +
               quoted(job.name) + "\n#SBATCH --array=1-" + count +
               "\n#SBATCH --requeue\n#SBATCH --signal=B:USR1@120\n#SBATCH --open-mode=append\n"
               "#SBATCH --output=" +
               quoted(job.folder + "/logs/%a.txt") + "\n";
    }
    return head + "#   bash " + script + " [NUMBER] [options of `otherwise run`]\n" +
           "#\n# NUMBER is the shard; the variables of PBS, SGE, LSF and Slurm say it too. Without "
           "one, all in turn.\n";
}

}  // namespace

std::string shell_word(const std::string& text) {
    std::string word = "'";
    for (const char c : text) {
        word += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return word + "'";
}

std::string shard_script(const ShardJob& job) {
    return head_of(job) + "set -uo pipefail\n\nshards=" + std::to_string(job.shards) +
           "\nmark=" + shell_word(job.mark) + "\nfolder=" + shell_word(job.folder) +
           "\nwork=" + shell_word(job.work) + "\ncommand=" + shell_word(job.command) + "\n" + kBody;
}

}  // namespace otherwise
