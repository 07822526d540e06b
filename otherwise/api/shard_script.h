// The script of a job array: job I writes shard I of N of a study (bash, for Slurm or for any
// scheduler).
//
// SQLite in WAL mode is unsafe on network file systems, so a job writes its shard on a disk of its
// node and moves it into the shared folder when it is whole: under a temporary name, then renamed.
// A job that is told to end (SIGTERM of a preemption, SIGUSR1 two minutes before the limit of time)
// moves what is there to `parts/`. Another try goes on with the file on its node's disk or with
// that part, whichever is newer, and a whole shard is not written again. A job that does not see
// the mark of the folder knows that the folder is not shared. A part of another kind of machine is
// left, and the shard begun anew.
#pragma once

#include <string>

namespace otherwise {

enum class ShardScheduler {
    slurm,  ///< sbatch: an array, requeued before its limit of time
    none    ///< the number of the job is an argument or a known variable; without, all in turn
};

struct ShardJob {
    int shards = 1;
    std::string mark;     ///< what the folder's marker says
    std::string folder;   ///< absolute
    std::string work;     ///< absolute: where the study's file names count from
    std::string command;  ///< absolute: the program
    std::string name;     ///< of the jobs
    ShardScheduler scheduler = ShardScheduler::slurm;
};

/// The file in the folder that holds the mark.
constexpr const char* kShardMarker = ".otherwise-shards";

[[nodiscard]] std::string shard_script(const ShardJob& job);

/// A text as one word of the shell.
[[nodiscard]] std::string shell_word(const std::string& text);

}  // namespace otherwise
