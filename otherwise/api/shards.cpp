#include "otherwise/api/shards.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "otherwise/api/compose.h"
#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/model/atomic_file.h"
#include "otherwise/study/saved_study.h"

namespace otherwise {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMarkLetters = 16;

long count_strings(const Study& study, int shards) {
    if (study.file == "-") {
        misuse({.where = "write_shards",
                .expected = "a study whose strings are in a file",
                .came = "standard input, which jobs do not have"});
    }
    const auto strings = std::ssize(strings_of(study));
    if (strings < shards) {
        misuse({.where = "write_shards",
                .expected = setting("shards") + " of at most " + std::to_string(strings) +
                            ", the study's strings",
                .came = std::to_string(shards)});
    }
    return static_cast<long>(strings);
}

/// What the marker says; "" where there is none.
std::string mark_in(const fs::path& folder) {
    std::ifstream file(folder / kShardMarker);
    std::string mark;
    std::getline(file, mark);
    return mark;
}

void require_ours(const fs::path& folder, const std::string& mark) {
    std::error_code ignored;
    if (!fs::exists(folder, ignored)) {
        return;
    }
    if (!fs::is_directory(folder, ignored)) {
        misuse({.where = "write_shards",
                .expected = "a folder for the shards",
                .came = "a file, '" + folder.string() + "'"});
    }
    const std::string there = mark_in(folder);
    if (there != mark && (!there.empty() || !fs::is_empty(folder, ignored))) {
        misuse({.where = "write_shards",
                .expected = "a new folder, or the one of this study in as many shards",
                .came = "'" + folder.string() + "' with " +
                        (there.empty() ? "other files" : "shards of another study"),
                .advice = "choose another " + setting("output")});
    }
}

void write_text(const fs::path& path, const std::string& text) {
    AtomicFile file(path);
    std::ofstream out(file.path(), std::ios::binary);
    out << text;
    out.close();
    if (!out) {
        fail({.where = "write_shards",
              .expected = "to write '" + path.string() + "'",
              .came = "a full disk"});
    }
    file.commit();
}

void make_folders(const fs::path& folder) {
    for (const auto* name : {"logs", "parts"}) {
        std::error_code error;
        fs::create_directories(folder / name, error);
        if (error) {
            fail({.where = "write_shards",
                  .expected = "a folder that can be written",
                  .came = "'" + folder.string() + "' (" + error.message() + ")"});
        }
    }
}

}  // namespace

ShardFolder write_shards(const Study& study, const ShardSettings& settings, const Work& work) {
    // Jobs of other days show the day of this one, and a model is named wherever they look.
    Study kept = with_clock(study, plans_of(study, work));
    kept.model = model_path(kept, work);
    const long strings = count_strings(kept, settings.shards);
    const fs::path folder = fs::absolute(settings.folder).lexically_normal();
    const std::string mark = sha256_text(std::to_string(settings.shards) + "\n" +
                                         fs::current_path().string() + "\n" + to_toml(kept))
                                 .substr(0, kMarkLetters);
    require_ours(folder, mark);
    make_folders(folder);
    save_study(kept, folder / "study.toml");
    write_text(folder / kShardMarker, mark + "\n");
    const fs::path script = folder / "shards.sh";
    write_text(script, shard_script({.shards = settings.shards,
                                     .mark = mark,
                                     .folder = folder.string(),
                                     .work = fs::current_path().string(),
                                     .command = settings.command,
                                     .name = folder.filename().string(),
                                     .scheduler = settings.scheduler}));
    return {.script = script.string(),
            .start = (settings.scheduler == ShardScheduler::slurm ? "sbatch " : "bash ") +
                     shell_word(script.string()),
            .strings = strings};
}

}  // namespace otherwise
