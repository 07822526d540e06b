#include "otherwise/api/run_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "otherwise/api/json_text.h"
#include "otherwise/base/error.h"
#include "otherwise/measure/measured_json.h"
#include "otherwise/model/atomic_file.h"
#include "otherwise/study/run_folder.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

Json world_json(const WorldChange& world) {
    Json json{{"world", world.world}, {"pairs", world.pairs}, {"flipped", world.flipped}};
    Json measures = Json::object();
    for (const auto& measure : world.measures) {
        measures[measure.key] = {{"n", measure.a.n},
                                 {"a", measured_json(measure.a)},
                                 {"b", measured_json(measure.b)},
                                 {"difference", measured_json(measure.difference)}};
    }
    put_some(json, "measures", std::move(measures));
    return json;
}

struct Closer {
    void operator()(std::FILE* file) const { (void)std::fclose(file); }
};

void write_all(const StoredRun& run, ExportForm form, const WriteLines& write) {
    switch (form) {
        case ExportForm::jsonl:
            export_jsonl(run, write);
            break;
        case ExportForm::csv:
            export_csv(run, write);
            break;
        case ExportForm::laws:
            export_laws(run, write);
            break;
    }
}

[[noreturn]] void cannot_write(const std::filesystem::path& out) {
    fail({.where = "export_run",
          .expected = "to write to " + out.string(),
          .came = "'" + std::generic_category().message(errno) + "'",
          .advice = "there is no such file yet; make room and run again"});
}

}  // namespace

RunChange compare(const std::filesystem::path& a, const std::filesystem::path& b, bool force) {
    const auto first = open_run(a, force);
    return compare_runs(*first, *open_run(b, force));
}

std::string to_json(const RunChange& change) {
    Json json{{"strings", change.strings},
              {"factual_flipped", change.factual_flipped},
              {"strings_only_a", change.strings_only_a},
              {"strings_only_b", change.strings_only_b},
              {"worlds_only_a", change.only_a},
              {"worlds_only_b", change.only_b}};
    json["settings"] = Json::array();
    for (const auto& [a, b] : change.settings) {
        json["settings"].push_back({{"a", a}, {"b", b}});
    }
    json["worlds"] = Json::array();
    for (const auto& world : change.worlds) {
        json["worlds"].push_back(world_json(world));
    }
    return json_text(json);
}

std::vector<Verdict> check(const std::filesystem::path& run, const Limits& limits, bool force) {
    return check_run(*open_run(run, force), limits);
}

void require_kept(const std::vector<Verdict>& verdicts) {
    const auto broken = std::ranges::find(verdicts, false, &Verdict::kept);
    if (broken == verdicts.end()) {
        return;
    }
    const auto more = std::count_if(broken + 1, verdicts.end(),
                                    [](const Verdict& verdict) { return !verdict.kept; });
    fail({.where = "check",
          .expected = broken->expected,
          .came = broken->came,
          .advice = more > 0 ? std::to_string(more) + " more limits are broken" : ""});
}

std::string to_json(const std::vector<Verdict>& verdicts) {
    auto json = Json::array();
    for (const auto& verdict : verdicts) {
        json.push_back({{"world", verdict.world},
                        {"what", verdict.what},
                        {"limit", verdict.limit},
                        {"value", measured_json(verdict.value)},
                        {"kept", verdict.kept},
                        {"expected", verdict.expected},
                        {"came", verdict.came}});
    }
    return json_text(json);
}

std::string to_json(const MergeOutcome& report) {
    return json_text(
        {{"strings", report.strings}, {"done", report.done}, {"repeated", report.repeated}});
}

ExportedRun export_run(const std::filesystem::path& run, ExportForm form, const WriteLines& write,
                       bool force) {
    const auto reader = open_run(run, force);
    reader->require_results();
    write_all(*reader, form, write);
    return {.progress = reader->progress(), .missing = missing_text(*reader)};
}

ExportedRun export_run(const std::filesystem::path& run, ExportForm form,
                       const std::filesystem::path& out, bool force) {
    const auto reader = open_run(run, force);
    reader->require_results();
    AtomicFile file(out);
    {
        const std::unique_ptr<std::FILE, Closer> stream(std::fopen(file.path().c_str(), "wb"));
        if (!stream) {
            cannot_write(out);
        }
        write_all(*reader, form, [&](const std::string& lines) {
            if (std::fwrite(lines.data(), 1, lines.size(), stream.get()) != lines.size()) {
                cannot_write(out);
            }
        });
        if (std::fflush(stream.get()) != 0) {
            cannot_write(out);
        }
    }
    file.commit();
    return {.progress = reader->progress(), .missing = missing_text(*reader)};
}

}  // namespace otherwise
