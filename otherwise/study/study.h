// A study as a plain value: everything that determines the results of a run.
//
// Its file is TOML with the words of the flags; docs/study.md describes it:
//
//   model = "m-Q8_0.gguf"
//   file = "prompts.txt"          # or prompt = ["…"], or [[strings]]
//   seed = 7
//
//   [worlds]
//   hot = "temp:1.5"
//   sad = ["steer:sad.gguf:1.5@layers=8-12", { temp = 0.7 }]
//
// How fast it goes (threads, streams, memory) is no part of a study.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/mechanism.h"
#include "otherwise/generate/floors.h"
#include "otherwise/generate/record.h"
#include "otherwise/generate/strings.h"
#include "otherwise/world/intervention.h"

namespace otherwise {

struct Study {
    // The factual world.
    std::string model{};  ///< "" is the default model
    std::vector<Intervention> factual{};
    Mechanism mechanism{};
    bool chat = false;
    std::optional<std::string> system{};
    std::string
        chat_template{};       ///< a file, a name or a source (read_chat_template); "" the model's
    std::string chat_date{};   ///< YYYY-MM-DD, or ""
    std::string chat_clock{};  ///< YYYY-MM-DD, today as a template asks for it, or ""
    std::string flash_attention = "auto";
    std::string cache_keys = "f16";
    std::string cache_values = "f16";
    int gpu_layers = -1;
    bool no_repack = false;
    int context = 0;
    std::string vocabulary = "normal";
    bool fast = false;
    // The strings: one of the first three.
    std::vector<std::string> prompts{};
    std::string file{};
    std::vector<InputString> strings{};
    int limit = 0;
    StringFields fields{};
    int prompt_words = 0;
    int prompt_tokens = 0;
    bool skip_impossible = false;
    // What is drawn.
    std::uint64_t seed = 0;
    int samples = 1;
    int tokens = 25;
    FloorStrings null_strings = FloorStrings::some;
    FloorStrings nudge_strings = FloorStrings::some;
    bool independent = false;
    bool stop_at_divergence = false;
    // The other worlds, and what is measured.
    std::vector<World> worlds{};
    std::vector<std::string> targets{};
    std::vector<std::string> off_targets{};
    bool laws = true;  ///< stay probabilities, in run files
};

/// Reads a study file. Throws misuse with file and line: no TOML, an unknown key (with the nearest
/// known one), a value of another type or out of its range, a world that makes no sense.
[[nodiscard]] Study read_study(const std::filesystem::path& path);
[[nodiscard]] Study parse_study(std::string_view text, const std::string& source);

/// The text that parse_study turns into this study again; what is at its default is left out.
[[nodiscard]] std::string to_toml(const Study& study);

/// Whether the lines of a world belong to the output: of the null world and the nudges only where
/// they run on every string.
[[nodiscard]] bool is_written(const Study& study, WorldRole role);

/// "steer:sad.gguf:1.5,temp:0.7"
[[nodiscard]] std::string items_text(const std::vector<Intervention>& interventions);

/// The files that an intervention list reads, in order.
[[nodiscard]] std::vector<std::string> files_of(const std::vector<Intervention>& interventions);

/// The study with every file name replaced by `name_of` of it: moved files, or their hashes.
[[nodiscard]] Study with_files(Study study,
                               const std::function<std::string(const std::string&)>& name_of);

/// The lines of RunHead::settings and RunHead::machine. `strings` stands for the strings, such as
/// their hash; files should be named by their hashes.
[[nodiscard]] std::string settings_text(const Study& study, const std::string& strings);
[[nodiscard]] std::string machine_text(const Study& study, const std::string& llama,
                                       const std::string& backend, const std::string& features);

}  // namespace otherwise
