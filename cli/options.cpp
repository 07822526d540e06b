#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/base/text.h"

namespace otherwise::cli {
namespace {

constexpr double kMostBytes = 1e15;

template <typename T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole_text = result.ec == std::errc() && result.ptr == text.data() + text.size();
    return whole_text ? std::optional(value) : std::nullopt;
}

[[noreturn]] void refuse(const std::string& expected, std::string_view came,
                         const std::string& advice = {}) {
    misuse({.where = "options",
            .expected = expected,
            .came = "'" + to_utf8(came) + "'",
            .advice = advice});
}

/// False for NaN.
bool is_within(double value, double low, double high) { return value >= low && value <= high; }

}  // namespace

const std::vector<ShortName>& short_names() {
    static const std::vector<ShortName> names = {
        {.as_given = "-ngl", .as_parsed = "--gpu-layers"},
        {.as_given = "-ub", .as_parsed = "--ubatch-size"},
        {.as_given = "-fa", .as_parsed = "--flash-attn"},
        {.as_given = "-ctk", .as_parsed = "--cache-type-k"},
        {.as_given = "-ctv", .as_parsed = "--cache-type-v"},
        {.as_given = "-np", .as_parsed = "--parallel"},
    };
    return names;
}

std::vector<std::string> names_of(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const auto& name : option.get_snames()) {
        names.push_back("-" + name);
    }
    for (const auto& name : option.get_lnames()) {
        for (const auto& known : short_names()) {
            if (known.as_parsed == "--" + name) {
                names.emplace_back(known.as_given);
            }
        }
    }
    for (const auto& name : option.get_lnames()) {
        names.push_back("--" + name);
    }
    return names;
}

std::string label_of(const CLI::Option& option) {
    const auto names = names_of(option);
    return names.empty() ? option.get_name() : names.front();
}

std::string flag_text(std::string_view setting, std::string_view value) {
    if (const auto mark = mark_of(setting)) {
        return command_line_text(*mark, value);
    }
    constexpr std::pair<std::string_view, const char*> kShort[] = {
        {"context", "-c"}, {"file", "-f"},      {"model", "-m"}, {"output", "-o"},
        {"prompt", "-p"},  {"parallel", "-np"}, {"tokens", "-n"}};
    std::string flag = "--" + std::string(setting);
    std::ranges::replace(flag, '_', '-');
    for (const auto& [name, letter] : kShort) {  // as in llama.cpp's own messages
        flag = name == setting ? letter : flag;
    }
    return value.empty() ? flag : flag + " " + std::string(value);
}

CLI::Option* whole(CLI::Option* option, std::int64_t low, std::int64_t high) {
    option->type_name("N");
    option->check([=](const std::string& text) -> std::string {
        const auto value = number<std::int64_t>(text);
        if (!value || *value < low || *value > high) {
            const auto to = high == std::numeric_limits<int>::max() ? std::string()
                                                                    : fmt::format(" to {}", high);
            refuse(fmt::format("{} N, a whole number from {}{}", label_of(*option), low, to), text);
        }
        return {};
    });
    return option;
}

CLI::Option* seed(CLI::Option* option) {
    option->type_name("N");
    option->check([=](const std::string& text) -> std::string {
        if (!number<std::uint64_t>(text)) {
            refuse(label_of(*option) + " N, a whole number from 0 to 2^64 - 1", text,
                   "every seed gives the same strings again");
        }
        return {};
    });
    return option;
}

CLI::Option* real(CLI::Option* option, double low, double high) {
    option->type_name("X");
    option->check([=](const std::string& text) -> std::string {
        const auto value = number<double>(text);
        const double most = std::numeric_limits<float>::max();  // what takes it has floats
        if (!value || !is_within(*value, low, std::min(high, most))) {
            const bool beyond = value && *value > most;
            const bool open = std::isinf(high) && !beyond;
            const auto to = open ? std::string() : fmt::format(" to {:.3g}", std::min(high, most));
            refuse(fmt::format("{} X, a number from {}{}", label_of(*option), low, to), text);
        }
        return {};
    });
    return option;
}

CLI::Option* word(CLI::Option* option, const std::vector<std::string>& words) {
    option->type_name(fmt::format("{}", fmt::join(words, "|")));
    option->check([=](const std::string& text) -> std::string {
        if (std::find(words.begin(), words.end(), text) == words.end()) {
            const auto near = nearest_name(text, words);
            refuse(fmt::format("{} {}", label_of(*option), fmt::join(words, "|")), text,
                   near.empty() ? "" : "did you mean '" + near + "'?");
        }
        return {};
    });
    return option;
}

std::size_t read_bytes(const std::string& name, std::string_view text) {
    constexpr std::string_view kUnits = "kmgt";
    double value = 0.0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    std::string unit(result.ptr, text.data() + text.size());
    std::transform(unit.begin(), unit.end(), unit.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    double factor = 1.0;
    const auto at = unit.empty() ? std::string_view::npos : kUnits.find(unit[0]);
    if (at != std::string_view::npos) {
        factor = std::pow(1024.0, static_cast<double>(at + 1));
        unit.erase(0, 1);
    }
    const bool sound = result.ec == std::errc() && (unit.empty() || unit == "b" || unit == "ib");
    const bool possible = value > 0.0 && value * factor < kMostBytes;  // not NaN either
    if (!sound || !possible) {
        refuse(name + " SIZE, a number of bytes", text, "for example, " + name + " 4G");
    }
    return static_cast<std::size_t>(value * factor);
}

}  // namespace otherwise::cli
