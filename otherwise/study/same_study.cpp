#include "otherwise/study/same_study.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

/// The first line of each text where they differ; nothing where they are equal.
std::optional<std::pair<std::string, std::string>> first_difference(const std::string& a,
                                                                    const std::string& b) {
    const auto left = setting_lines(a);
    const auto right = setting_lines(b);
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
        const std::string x = i < left.size() ? left[i] : "nothing more";
        const std::string y = i < right.size() ? right[i] : "nothing more";
        if (x != y) {
            return std::pair(x, y);
        }
    }
    return std::nullopt;
}

}  // namespace

std::vector<std::string> setting_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::string table;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with('[')) {
            table = line.substr(1, line.size() - 2) + ".";
        } else if (!line.empty()) {
            lines.push_back(table + line);
        }
    }
    return lines;
}

void require_same(const RunHead& stored, const RunHead& now, const std::string& file,
                  const std::string& what, bool force) {
    if (stored.chat && stored.chat_template.empty() && !now.chat_template.empty()) {
        misuse({.where = "require_same",
                .expected = "a run whose chats went through the model's own template",
                .came = "'" + file + "', written before they did",
                .advice = "run it anew: its prompts were others"});
    }
    if (const auto lines = first_difference(stored.settings, now.settings)) {
        misuse({.where = "require_same",
                .expected = "the study of '" + file + "' (" + lines->first + ")",
                .came = what + " with another one (" + lines->second + ")"});
    }
    const auto lines = first_difference(stored.machine, now.machine);
    if (lines && !force) {
        misuse({.where = "require_same",
                .expected = "the machine of '" + file + "' (" + lines->first + ")",
                .came = what + " with another one (" + lines->second + ")",
                .advice = "results may differ in their last bits; " + setting("force") +
                          " mixes them anyway"});
    }
}

}  // namespace otherwise
