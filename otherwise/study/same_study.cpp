#include "otherwise/study/same_study.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/strict_stream.h"

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

std::string numbers_of(const RunHead& head) {
    return "seed " + std::to_string(head.seed) + ", " + std::to_string(head.samples) +
           " samples of " + std::to_string(head.tokens) + " tokens" +
           (head.independent ? ", fresh noise" : "") + (head.laws ? ", laws" : "");
}

std::string world_text(const StoredWorld& world) {
    return "'" + world.name + "' of role " + std::to_string(static_cast<int>(world.role)) +
           (world.nudge.empty() ? "" : " beside '" + world.nudge + "'");
}

/// Of a string all that decides what is written for it.
bool same_string(const StoredString& a, const StoredString& b) {
    const bool by_text = !a.subject.from_tokens && a.subject.messages.empty();  // else for people
    return a.subject.id == b.subject.id && (!by_text || a.subject.prompt == b.subject.prompt) &&
           a.subject.prompt_tokens == b.subject.prompt_tokens &&
           a.subject.messages == b.subject.messages && a.subject.observed == b.subject.observed &&
           a.in_null == b.in_null && a.in_nudge == b.in_nudge;
}

/// What `at` gives of both where they first differ.
template <typename List, typename Same, typename Text>
std::optional<std::pair<std::string, std::string>> first_other(const List& a, const List& b,
                                                               const Same& same, const Text& text) {
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
        if (i >= a.size() || i >= b.size() || !same(a[i], b[i])) {
            return std::pair(i < a.size() ? text(a[i]) : "nothing more",
                             i < b.size() ? text(b[i]) : "nothing more");
        }
    }
    return std::nullopt;
}

/// Where the tables differ though the settings, which follow from them, are the same: one of the
/// files was changed.
std::optional<std::pair<std::string, std::string>> other_tables(const RunHead& a, const RunHead& b,
                                                                Compared compared) {
    if (numbers_of(a) != numbers_of(b)) {
        return std::pair(numbers_of(a), numbers_of(b));
    }
    if (a.masked != b.masked) {
        return std::pair("its masked tokens", "others");
    }
    const auto same_world = [](const StoredWorld& x, const StoredWorld& y) {
        return world_text(x) == world_text(y);
    };
    const auto worlds = first_other(a.worlds, b.worlds, same_world, [](const StoredWorld& world) {
        return "world " + world_text(world);
    });
    return worlds || compared == Compared::facts
               ? worlds
               : first_other(a.strings, b.strings, same_string, [](const StoredString& string) {
                     return "string '" + string.subject.id + "'";
                 });
}

}  // namespace

std::vector<std::string> setting_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::string table;
    auto in = strict(std::istringstream(text));
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
                  const std::string& what, bool force, Compared compared) {
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
    if (const auto tables = other_tables(stored, now, compared)) {
        fail({.where = "require_same",
              .expected = "what '" + file + "' says of its study (" + tables->first + ")",
              .came = what + " that says otherwise (" + tables->second + ")",
              .advice = "one of them is damaged, or was changed"});
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
