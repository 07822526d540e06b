// Studies on stub models: a scene, its head, and run files in a folder of their own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "otherwise/study/conduct.h"
#include "otherwise/study/run_reader.h"
#include "tests/support/law_scene.h"

namespace otherwise::test {

/// A folder that goes away with the test.
class Folder {
public:
    Folder() {
        const auto base = std::filesystem::temp_directory_path() / "otherwise-study-XXXXXX";
        std::string name = base.string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

/// "w12 " for token 12; end tokens write nothing.
inline Piece stub_piece(Token token) {
    const bool ends = token == kStubEnd || token == kOtherStubEnd;
    const std::string name = "w" + std::to_string(token) + " ";
    return {.bytes = ends ? "" : name, .special = name, .ends = ends};
}

/// Sampled and observed strings in four worlds, one of them with other prompts.
inline Scene study_scene(int strings = 12) {
    Scene scene;
    scene.options = {.seed = 11, .samples = 2, .tokens = 10, .independent = true};
    for (int i = 0; i < strings; ++i) {
        add_subject(scene, "s" + std::to_string(i), 3 + i % 5, i % 3 == 1 ? 8 : 0);
        scene.null_strings.push_back(i % 2 == 0);
    }
    Rules forced;
    forced.forced = {{2, 17}};
    scene.worlds = {{.name = "slight", .model = {.salt = 1, .strength = 0.4F}},
                    {.name = "forced", .rules = forced},
                    {.name = "prompt", .prefix = {7, 8, 9}},
                    {.name = "null", .role = WorldRole::null}};
    return scene;
}

inline RunHead head_of(const Scene& scene) {
    RunHead head{.study = "seed = 11\n",
                 .settings = "seed = 11\nsamples = 2",
                 .machine = "llama = stub",
                 .model = "stub.gguf",
                 .seed = scene.options.seed,
                 .samples = scene.options.samples,
                 .tokens = scene.options.tokens,
                 .independent = scene.options.independent,
                 .targets = {"w1."},
                 .files = {{.path = "stub.gguf", .sha256 = "ab", .bytes = 7}},
                 .probes = {{.world = "factual", .probe = {.worst = 0.25, .shape = "2 rows"}}}};
    for (const auto& world : scene.worlds) {
        head.worlds.push_back(
            {.name = world.name, .items = "temp:1", .description = "a world", .role = world.role});
    }
    for (std::size_t i = 0; i < scene.subjects.size(); ++i) {
        head.strings.push_back({.subject = scene.subjects[i],
                                .prompt_length = static_cast<int>(scene.prompts[i]->size()),
                                .in_null = scene.null_strings[i],
                                .in_nudge = scene.null_strings[i]});
    }
    return head;
}

/// Conducts a scene to its end into a new run file with this head.
inline void write_run(const Scene& scene, const std::filesystem::path& path, const RunHead& head) {
    Bench bench(scene, {});
    RunWriter writer(path, head, stub_piece);
    writer.begin({.version = "1", .llama = "stub", .threads = 3, .parallel = 8});
    const auto report = conduct(bench.scene(), path, writer, {});
    writer.end({.pairs = report.run.pairs, .seconds = 2.0, .law_seconds = 0.5});
}

/// Every result of a file, to the last digit.
inline std::vector<std::string> contents(const std::filesystem::path& path) {
    const RunReader reader(path);
    std::vector<std::string> lines;
    reader.each_pair([&](const Pair& pair) {
        lines.push_back(line_of(pair) + " " + to_jsonl(pair, reader.context(pair)));
    });
    reader.each_law([&](const StringLaw& law) {
        std::string line = "law " + std::to_string(law.string) + "/" + std::to_string(law.sample) +
                           "/" + std::to_string(law.world);
        const auto add = [&](double value) {
            char text[32];
            std::snprintf(text, sizeof text, " %a", value);
            line += text;
        };
        for (const double stay : law.stay) {
            add(stay);
        }
        for (const Comparison& at : law.at) {
            add(at.kl), add(at.log_p), add(at.log_q), add(at.same_draw);
        }
        for (const auto& becomes : reader.becomes(law.string, law.sample, law.world)) {
            line += " at " + std::to_string(becomes.position);
            for (const auto& [token, probability] : becomes.tokens) {
                line += " " + std::to_string(token);
                add(probability);
            }
        }
        lines.push_back(line);
    });
    return lines;
}

}  // namespace otherwise::test
