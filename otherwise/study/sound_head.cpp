#include "otherwise/study/sound_head.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <string_view>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr std::size_t kShown = 60;

/// In quotes, of a length for people.
std::string shown(std::string_view text) {
    return "'" + to_utf8(text.substr(0, kShown)) + (text.size() > kShown ? "…'" : "'");
}

/// Complaints of one file's head.
class Head {
public:
    Head(const RunHead& head, const std::filesystem::path& file) : head_(head), file_(file) {}

    void check() const {
        check_counts();
        check_worlds();
        check_strings();
        require_sound(head_.masked, "the table meta (masked)", file_);
        check_size();
    }

private:
    void require(bool sound, const std::string& expected, const std::string& came) const {
        if (!sound) {
            unsound(file_, expected, came);
        }
    }

    void check_counts() const {
        const auto [index, count] = head_.shard;
        require(head_.samples >= 1, "samples from 1 on in the table meta",
                std::to_string(head_.samples));
        require(head_.tokens >= 0, "a number of tokens in the table meta",
                std::to_string(head_.tokens));
        require(count >= 1 && index >= 1 && index <= count,
                "a shard from 1 to their number in the table meta",
                "shard " + std::to_string(index) + " of " + std::to_string(count));
        require(head_.least_rows >= 0, "rows of a call from 0 on in the table meta",
                std::to_string(head_.least_rows));
    }

    void check_worlds() const {
        std::set<std::string_view> names;
        int null_worlds = 0;
        require(!head_.worlds.empty(), "a world in the table worlds", "none");
        for (const auto& world : head_.worlds) {
            const auto role = static_cast<int>(world.role);
            require(!world.name.empty() && is_utf8(world.name) && names.insert(world.name).second,
                    "names of worlds in UTF-8, each once, in the table worlds", shown(world.name));
            require(role >= 0 && role <= static_cast<int>(WorldRole::nudge),
                    "roles from 0 to 2 in the table worlds", std::to_string(role));
            null_worlds += world.role == WorldRole::null ? 1 : 0;
        }
        require(null_worlds <= 1, "one null world at most", std::to_string(null_worlds));
        for (std::size_t w = 0; w < head_.worlds.size(); ++w) {
            const auto nudge = head_.nudge_of(w);
            require(head_.worlds[w].nudge.empty() ||
                        (nudge && head_.worlds[*nudge].role == WorldRole::nudge),
                    "nudges that are worlds of their own in the table worlds",
                    shown(head_.worlds[w].nudge));
        }
    }

    void check_strings() const {
        std::set<std::string_view> ids;
        for (std::size_t i = 0; i < head_.strings.size(); ++i) {
            const auto& string = head_.strings[i];
            const auto& subject = string.subject;
            const auto state = static_cast<int>(string.state);
            require(!subject.id.empty() && is_utf8(subject.id) && ids.insert(subject.id).second,
                    "ids in UTF-8, each once, in the table strings", shown(subject.id));
            require(state >= 0 && state <= static_cast<int>(StringState::skipped),
                    "states from 0 to 2 in the table strings", std::to_string(state));
            require(head_.shard.has(i) || string.state == StringState::waiting,
                    "results of shard " + std::to_string(head_.shard.index) + " of " +
                        std::to_string(head_.shard.count),
                    "string " + shown(subject.id) + " of another one");
            require(string.prompt_length >= 0, "lengths of prompts in the table strings",
                    std::to_string(string.prompt_length));
            require_sound(subject.prompt_tokens, "the table strings", file_);
            require_sound(subject.observed.value_or(Tokens{}), "the table strings", file_);
        }
    }

    /// The most pairs of a string have to fit into an int, as does the number of strings.
    void check_size() const {
        constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<int>::max());
        const auto samples = static_cast<std::uint64_t>(head_.samples);
        require(2 * head_.worlds.size() <= kMost / samples && head_.strings.size() <= kMost,
                "no more pairs of a string than can be counted",
                std::to_string(head_.worlds.size()) + " worlds and " +
                    std::to_string(head_.samples) + " samples");
    }

    const RunHead& head_;
    const std::filesystem::path& file_;
};

}  // namespace

void unsound(const std::filesystem::path& file, const std::string& expected,
             const std::string& came) {
    fail({.where = "RunReader",
          .expected = expected + " of '" + file.string() + "'",
          .came = came,
          .advice = "the file is damaged, or was changed; take a copy, or run it again"});
}

void require_sound(const Tokens& tokens, const std::string& what,
                   const std::filesystem::path& file) {
    const auto outside = std::ranges::find_if(
        tokens, [](Token token) { return token < 0 || token > kLargestToken; });
    if (outside != tokens.end()) {
        unsound(file, "tokens from 0 to " + std::to_string(kLargestToken) + " in " + what,
                std::to_string(*outside));
    }
}

void require_sound(const RunHead& head, const std::filesystem::path& file) {
    Head(head, file).check();
}

}  // namespace otherwise
