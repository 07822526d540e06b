#include "otherwise/study/sound_rows.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "otherwise/base/json_value.h"
#include "otherwise/base/text.h"
#include "otherwise/study/packed_list.h"
#include "otherwise/study/run_reader.h"
#include "otherwise/study/sound_head.h"

namespace otherwise {
namespace {

constexpr std::size_t kShown = 40;

bool within(int index, std::size_t size) {
    return index >= 0 && static_cast<std::size_t>(index) < size;
}

/// Sums of probabilities end beside 1 by their rounding.
bool is_probability(double value) {
    constexpr double kRounding = 1e-9;
    return value >= 0.0 && value <= 1.0 + kRounding;
}

int common_tokens(const Pair& pair) {
    const auto& a = pair.factual->tokens;
    const auto& b = pair.counterfactual.tokens;
    const auto n = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
    return static_cast<int>(std::mismatch(a.begin(), a.begin() + n, b.begin()).first - a.begin());
}

/// A JSON number; NaN where it is none.
double real_of(JsonValue value) {
    double real = 0.0;
    const auto text = value.is_number() ? value.text() : std::string_view();
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), real);
    return parsed.ec == std::errc() && !text.empty() ? real
                                                     : std::numeric_limits<double>::quiet_NaN();
}

/// [token, probability]
bool read_outcome(JsonValue entry, Becomes& becomes) {
    const auto token = entry.first().whole(kLargestToken);
    const double probability = real_of(entry.first().next());
    if (!entry.is_array() || !token || !is_probability(probability)) {
        return false;
    }
    becomes.tokens.emplace_back(static_cast<Token>(*token), probability);
    return true;
}

/// [position, [[token, probability], …]]
bool read_position(JsonValue entry, std::size_t length, std::vector<Becomes>& all) {
    const auto list = entry.first().next();
    const auto position = entry.first().whole(static_cast<std::int64_t>(length) - 1);
    if (!entry.is_array() || !list.is_array() || !position ||
        (!all.empty() && *position <= all.back().position)) {
        return false;
    }
    auto& becomes = all.emplace_back(Becomes{.position = static_cast<int>(*position)});
    for (auto outcome = list.first(); outcome; outcome = outcome.next()) {
        if (!read_outcome(outcome, becomes)) {
            return false;
        }
    }
    return true;
}

bool read_all(std::string_view text, std::size_t length, std::vector<Becomes>& all) {
    std::string copy(text);  // which the parser writes into
    JsonTree tree;
    const bool parsed = !tree.parse(copy.data(), copy.size());
    bool sound = parsed && tree.root().is_array();
    auto entry = parsed ? tree.root().first() : JsonValue();
    for (; sound && entry; entry = entry.next()) {
        sound = read_position(entry, length, all);
    }
    return sound;
}

bool unpack_all(std::string_view bytes, std::size_t length, std::vector<Becomes>& all) {
    all = unpack_becomes(bytes);
    int last = -1;
    return std::ranges::all_of(all, [&](const Becomes& one) {
        const bool ascends = one.position > last && within(one.position, length);
        last = one.position;
        return ascends && std::ranges::all_of(one.tokens, [](const auto& outcome) {
                   return outcome.first <= kLargestToken && is_probability(outcome.second);
               });
    });
}

}  // namespace

void SoundRows::take(int string, int sample, int world, bool independent) {
    const bool known = within(string, head_.strings.size()) && sample >= 0 &&
                       sample < head_.samples && within(world, head_.worlds.size());
    const std::array key{string, sample, world, independent ? 1 : 0};
    if (!known || key <= last_) {
        unsound(file_,
                "strings, samples and worlds that there are, each once, in the table " + table_,
                "string " + std::to_string(string) + ", sample " + std::to_string(sample) +
                    ", world " + std::to_string(world) + (known ? " again" : ""));
    }
    last_ = key;
}

void SoundRows::check(const Tokens& tokens) const {
    require_sound(tokens, "the table " + table_, file_);
}

void SoundRows::check(const Pair& pair) const {
    check(pair.factual->tokens);
    check(pair.counterfactual.tokens);
    const std::string of = " of string " + std::to_string(pair.string);
    if (const int common = common_tokens(pair); pair.lcp != common) {
        unsound(file_, "the LCP of the tokens, " + std::to_string(common) + ", in the table pairs",
                std::to_string(pair.lcp) + of);
    }
    if (pair.independent && (!head_.independent || pair.role != WorldRole::change)) {
        unsound(file_, "no fresh noise in the table pairs", "a pair" + of);
    }
    if (pair.divergence && pair.divergence->runner_up > kLargestToken) {
        unsound(file_, "a token as runner_up in the table pairs",
                std::to_string(pair.divergence->runner_up) + of);
    }
    if (pair.world_prompt) {
        check(*pair.world_prompt);
    }
}

void SoundRows::check(const StringLaw& law) const {
    check(law.written->tokens);
    const auto wrong = std::ranges::find_if_not(law.stay, is_probability);
    if (wrong != law.stay.end()) {
        unsound(file_, "stay probabilities from 0 to 1 in the table laws",
                std::to_string(*wrong) + " of string " + std::to_string(law.string));
    }
}

std::vector<Becomes> read_becomes(std::string_view text, std::size_t length,
                                  const std::filesystem::path& file) {
    std::vector<Becomes> all;
    const bool sound =
        is_packed(text) ? unpack_all(text, length, all) : read_all(text, length, all);
    if (!sound) {
        unsound(file,
                "[[position, [[token, probability], …]], …], positions ascending below " +
                    std::to_string(length) + ", in the table outcomes",
                "'" + to_utf8(text.substr(0, kShown)) + "'");
    }
    return all;
}

void require_sound_results(const RunReader& run) {
    const RunHead& head = run.head();
    std::vector<int> pairs(head.strings.size());
    run.each_pair([&](const Pair& pair) { ++pairs[static_cast<std::size_t>(pair.string)]; });
    run.each_law([&](const StringLaw& law) {
        static_cast<void>(run.becomes(law.string, law.sample, law.world));
    });
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (head.strings[i].state == StringState::done && pairs[i] != head.pairs_of(i)) {
            unsound(run.path(),
                    std::to_string(head.pairs_of(i)) + " pairs of string " + std::to_string(i),
                    std::to_string(pairs[i]));
        }
    }
}

}  // namespace otherwise
