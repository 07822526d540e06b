// A study in shards, for a cluster: a folder with the study as it is now, the script of a job array
// (api/shard_script.h) and, as the jobs end, the shards. The folder can be read as a run.
#pragma once

#include <string>

#include "otherwise/api/shard_script.h"
#include "otherwise/api/work.h"
#include "otherwise/study/study.h"

namespace otherwise {

struct ShardSettings {
    int shards = 1;
    ShardScheduler scheduler = ShardScheduler::slurm;
    std::string folder{};   ///< on a file system that all nodes share; made where it is not there
    std::string command{};  ///< path of the program that jobs call
};

struct ShardFolder {
    std::string script;  ///< its path
    std::string start;   ///< the command line that starts the jobs
    long strings = 0;
};

/// Makes the folder, or writes its script anew where it is of the same study in as many shards. The
/// study's file names count from the working directory. Throws misuse: more shards than strings,
/// strings of standard input, a folder of another study; Error where the files of the study are not
/// there or the folder cannot be written.
ShardFolder write_shards(const Study& study, const ShardSettings& settings, const Work& work = {});

}  // namespace otherwise
