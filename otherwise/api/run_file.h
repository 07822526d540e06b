// Run files: where the results of a run are kept, to be read and gone on with.
#pragma once

#include <string>
#include <vector>

#include "otherwise/api/run_result.h"
#include "otherwise/study/shard.h"
#include "otherwise/study/study.h"

namespace otherwise {

struct RunFile {
    std::string path{};                ///< "" = results are not kept
    bool resume = false;               ///< go on with this file; else it is a new one
    Shard shard{};                     ///< of a new one: only these strings
    std::vector<std::string> moved{};  ///< "OLD=NEW": files of a resumed one that lie elsewhere now
};

/// The study of a run file, to go on with: its strings as they are, its files where they lie now.
/// Throws Error: not a run file; misuse: no "OLD=NEW", a run of networks that are no files.
[[nodiscard]] Study stored_study(const std::string& path,
                                 const std::vector<std::string>& moved = {});

/// True where the run is finished and the study is its own.
[[nodiscard]] bool has_all(const std::string& path, const Study& study);

/// What the run came to, a file or a folder of shards (with `force` also of several machines),
/// finished or not; nothing is measured again. Throws Error: not a run file.
[[nodiscard]] RunResult stored_result(const std::string& path, bool force = false);

/// What the null world of a run did, which is the factual one in calls of other shapes.
struct NullFloor {
    long strings = 0;
    long diverged = 0;
    double margin = 0.0;  ///< nats: of the races that it lost the widest
};

/// Of the strings so far, in a file or a folder of shards; all is 0 without a null world. Throws
/// Error: not a run file.
[[nodiscard]] NullFloor null_floor(const std::string& path, bool force = false);

}  // namespace otherwise
