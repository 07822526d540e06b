// A study as text: its TOML, and the lines that decide whether two runs belong together.
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "otherwise/noise/field.h"
#include "otherwise/study/lists.h"
#include "otherwise/study/study.h"
#include "otherwise/world/spec.h"
#include "otherwise/world/syntax.h"

namespace otherwise {
namespace {

/// A TOML basic string. JSON's escapes are TOML's too, but for DEL.
std::string quoted(const std::string& text) {
    std::string json =
        nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    for (auto at = json.find('\x7f'); at != std::string::npos; at = json.find('\x7f', at)) {
        json.replace(at, 1, "\\u007f");
    }
    return json;
}

std::string quoted_list(const std::vector<std::string>& texts) {
    std::string list = "[";
    for (const auto& text : texts) {
        list += (list.size() == 1 ? "" : ", ") + quoted(text);
    }
    return list + "]";
}

std::string floor_word(FloorStrings strings) {
    switch (strings) {
        case FloorStrings::none:
            return "none";
        case FloorStrings::all:
            return "all";
        default:
            return "some";
    }
}

/// Lines "key = value", where the value is not the default.
class Lines {
public:
    void text(const char* key, const std::string& value, const std::string& usual = {}) {
        if (value != usual) {
            line(key, quoted(value));
        }
    }
    void list(const char* key, const std::vector<std::string>& values) {
        if (!values.empty()) {
            line(key, quoted_list(values));
        }
    }
    template <typename T>
    void number(const char* key, T value, T usual) {
        if (value != usual) {
            line(key, write_number(value));
        }
    }
    void flag(const char* key, bool value, bool usual = false) {
        if (value != usual) {
            line(key, value ? "true" : "false");
        }
    }
    void line(const char* key, const std::string& value) {
        text_ += std::string(key) + " = " + value + "\n";
    }
    void raw(const std::string& text) { text_ += text; }
    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    std::string text_;
};

std::string item_text(const Intervention& intervention) { return items_text({intervention}); }

std::vector<std::string> item_list(const std::vector<Intervention>& interventions) {
    std::vector<std::string> items;
    for (const auto& intervention : interventions) {
        items.push_back(item_text(intervention));
    }
    return items;
}

void write_factual(const Study& study, Lines& lines) {
    const Study usual;
    lines.text("model", study.model);
    lines.list("factual", item_list(study.factual));
    lines.number("temp", study.mechanism.temperature, usual.mechanism.temperature);
    lines.number("top-k", study.mechanism.top_k, usual.mechanism.top_k);
    lines.number("top-p", study.mechanism.top_p, usual.mechanism.top_p);
    lines.number("min-p", study.mechanism.min_p, usual.mechanism.min_p);
    lines.flag("chat", study.chat);
    if (study.system) {
        lines.line("system", quoted(*study.system));
    }
    lines.text("chat-template", study.chat_template);
    lines.text("chat-date", study.chat_date);
    lines.text("chat-clock", study.chat_clock);
    lines.text("vocab", study.vocabulary, usual.vocabulary);
    lines.flag("fast", study.fast);
}

void write_runtime(const Study& study, Lines& lines) {
    const Study usual;
    lines.text("flash-attn", study.flash_attention, usual.flash_attention);
    lines.text("cache-type-k", study.cache_keys, usual.cache_keys);
    lines.text("cache-type-v", study.cache_values, usual.cache_values);
    lines.number("gpu-layers", study.gpu_layers, usual.gpu_layers);
    lines.flag("no-repack", study.no_repack);
    lines.number("ctx-size", study.context, usual.context);
}

void write_source(const Study& study, Lines& lines) {
    lines.list("prompt", study.prompts);
    lines.text("file", study.file);
    lines.text("prompt-field", study.fields.prompt);
    lines.text("text-field", study.fields.text);
    lines.text("id-field", study.fields.id);
    lines.number("limit", study.limit, 0);
    lines.number("prompt-words", study.prompt_words, 0);
    lines.number("prompt-tokens", study.prompt_tokens, 0);
}

void write_draws(const Study& study, Lines& lines) {
    const Study usual;
    lines.flag("skip-impossible", study.skip_impossible);
    constexpr auto kMostInteger = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    if (study.seed > kMostInteger) {  // beyond TOML's numbers
        lines.line("seed", quoted(std::to_string(study.seed)));
    } else {
        lines.number("seed", study.seed, usual.seed);
    }
    lines.number("samples", study.samples, usual.samples);
    lines.number("predict", study.tokens, usual.tokens);
    lines.text("null", floor_word(study.null_strings), "some");
    lines.flag("independent", study.independent);
    lines.flag("stop-at-divergence", study.stop_at_divergence);
    lines.list("target", study.targets);
    lines.list("off-target", study.off_targets);
    lines.flag("law", study.laws, true);
}

void write_worlds(const Study& study, Lines& lines) {
    for (const auto& world : study.worlds) {
        // A bare name with a point in it would be two keys.
        const bool bare = world.name.find('.') == std::string::npos;
        lines.raw("\n[worlds." + (bare ? world.name : quoted(world.name)) + "]\n");
        lines.line("items", quoted_list(item_list(world.interventions)));
    }
}

void write_inline_strings(const Study& study, Lines& lines) {
    for (const auto& string : study.strings) {
        lines.raw("\n[[strings]]\n");
        lines.text("id", string.id);
        if (string.prompt) {
            lines.line("prompt", quoted(*string.prompt));
        }
        if (string.prompt_tokens) {
            lines.line("prompt_tokens", write_list(*string.prompt_tokens));
        }
        lines.text("donor", string.donor);
        if (string.text) {
            lines.line("text", quoted(*string.text));
        }
        if (string.tokens) {
            lines.line("tokens", write_list(*string.tokens));
        }
        lines.flag("ended", string.ended);
    }
}

}  // namespace

std::string items_text(const std::vector<Intervention>& interventions) {
    const std::string text = to_spec({.name = "w", .interventions = interventions});
    return text.substr(2);  // without "w="
}

std::string to_toml(const Study& study) {
    Lines lines;
    write_factual(study, lines);
    write_runtime(study, lines);
    write_source(study, lines);
    write_draws(study, lines);
    lines.text("nudge", floor_word(study.nudge_strings), "some");
    write_worlds(study, lines);
    write_inline_strings(study, lines);
    return std::move(lines).take();
}

bool is_written(const Study& study, WorldRole role) {
    return role == WorldRole::change ||
           (role == WorldRole::null ? study.null_strings : study.nudge_strings) ==
               FloorStrings::all;
}

std::vector<std::string> files_of(const std::vector<Intervention>& interventions) {
    std::vector<std::string> files;
    for (const auto& intervention : interventions) {
        if (const std::string* path = file_of(intervention)) {
            files.push_back(*path);
        }
    }
    return files;
}

Study with_files(Study study, const std::function<std::string(const std::string&)>& name_of) {
    study.model = name_of(study.model);
    const auto rename = [&](std::vector<Intervention>& interventions) {
        for (auto& intervention : interventions) {
            if (std::string* path = file_of(intervention)) {
                *path = name_of(*path);
            }
        }
    };
    rename(study.factual);
    for (auto& world : study.worlds) {
        rename(world.interventions);
    }
    return study;
}

std::string settings_text(const Study& study, const std::string& strings) {
    Lines lines;
    write_factual(study, lines);
    lines.line("seed", write_number(study.seed));
    write_draws(study, lines);
    lines.text("nudge", floor_word(study.nudge_strings), "none");  // older runs have none
    lines.line("strings", strings);
    write_worlds(study, lines);
    return std::move(lines).take();
}

std::string machine_text(const Study& study, const std::string& llama, const std::string& backend,
                         const std::string& features) {
    Lines lines;
    lines.line("llama.cpp", llama);
    lines.line("backend", backend);
    lines.line("features", features);
    lines.line("flash-attn", study.flash_attention);
    lines.line("cache-type-k", study.cache_keys);
    lines.line("cache-type-v", study.cache_values);
    lines.line("gpu-layers", write_number(study.gpu_layers));
    lines.flag("no-repack", study.no_repack);
    lines.line("noise", write_number(kNoiseVersion));
    return std::move(lines).take();
}

}  // namespace otherwise
