#include "otherwise/api/run_file.h"

#include <algorithm>

#include "otherwise/api/guest_head.h"
#include "otherwise/base/error.h"
#include "otherwise/base/setting.h"
#include "otherwise/study/new_run.h"
#include "otherwise/study/run_folder.h"

namespace otherwise {
namespace {

/// Its strings as they are, in place of where they came from.
void put_strings(const RunHead& head, Study& study) {
    study.prompts.clear();
    study.file.clear();
    study.fields = {};
    study.limit = study.prompt_words = study.prompt_tokens = 0;
    study.strings = input_strings(head);
}

Study study_of(const RunHead& head, const std::string& path,
               const std::vector<std::string>& moved) {
    Study study = with_files(parse_study(head.study, path), [&](const std::string& name) {
        return found_name(moved_name(name, moved), path);
    });
    put_strings(head, study);
    return study;
}

}  // namespace

Study stored_study(const std::string& path, const std::vector<std::string>& moved) {
    const RunReader run(path);
    if (is_of_guests(run.head())) {
        misuse({.where = "stored_study",
                .expected = "a run of model files, to go on with it by itself",
                .came = "'" + path + "', whose worlds were evaluated by its caller",
                .advice = "make the same call again, with " + setting("resume")});
    }
    Study study = study_of(run.head(), path, moved);
    if (!run.head().knows_nudges) {  // of a version that had none
        study.nudge_strings = FloorStrings::none;
    }
    return study;
}

bool has_all(const std::string& path, const Study& study) {
    const RunReader run(path);
    return run.finished() && to_toml(study) == to_toml(study_of(run.head(), path, {}));
}

RunResult stored_result(const std::string& path, bool force) {
    const auto run = open_run(path, force);
    const RunHead& head = run->head();
    RunResult result{.model = head.model,
                     .smooth = head.smooth,
                     .fast = head.least_rows == 1 && !head.fixed.any(),
                     .strings = run->progress().done,
                     .strings_before = run->progress().done,
                     .measured_all = false};
    for (const auto& [world, probe] : head.probes) {
        result.probes.push_back({.world = world, .probe = probe});
    }
    for (const auto& string : head.strings) {
        if (string.state == StringState::skipped) {
            result.skipped.push_back(string.subject.id);
        }
    }
    RunTotals totals(head.labels(), {}, head.independent, nullptr);
    run->each_pair([&](const Pair& pair) { totals.count(pair); });
    result.worlds = totals.totals();
    result.warnings = floor_warnings(result);
    if (const auto missing = missing_text(*run); !missing.empty()) {
        result.warnings.push_back("the folder is not whole" + missing);
    }
    return result;
}

NullFloor null_floor(const std::string& path, bool force) {
    const auto run = open_run(path, force);
    NullFloor floor;
    run->each_pair([&](const Pair& pair) {
        if (pair.role != WorldRole::null || pair.independent) {
            return;
        }
        ++floor.strings;
        if (!pair.unchanged()) {
            ++floor.diverged;
            floor.margin =
                std::max(floor.margin, pair.divergence ? pair.divergence->margin : pair.margin);
        }
    });
    return floor;
}

}  // namespace otherwise
