#include "otherwise/fit/states/sampling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <span>

#include "otherwise/base/parallel.h"

namespace otherwise {
namespace {

constexpr int kStreams = 64;
constexpr std::array<const char*, 32> kStarts{
    "The", "In",   "A",    "It", "He",    "When", "For",  "This", "She",     "Many", "After",
    "One", "Our",  "Most", "If", "There", "My",   "On",   "What", "During",  "As",   "You",
    "We",  "They", "To",   "An", "By",    "Some", "With", "But",  "However", "Today"};

/// A number in [0, 1) with 53 bits.
double uniform(std::mt19937_64& random) {
    constexpr unsigned kShift = 11;
    return static_cast<double>(random() >> kShift) * 0x1p-53;
}

/// A token of the law without `ends`. (Cumulated weights, which no sum of logarithms gives.)
Token draw(std::span<const float> logits, const Tokens& ends, std::mt19937_64& random) {
    const double most = *std::max_element(logits.begin(), logits.end());
    std::vector<double> sums(logits.size());
    for (std::size_t v = 0; v < logits.size(); ++v) {
        sums[v] = std::exp(logits[v] - most);
    }
    for (const Token end : ends) {
        sums[static_cast<std::size_t>(end)] = 0.0;
    }
    std::partial_sum(sums.begin(), sums.end(), sums.begin());
    const double sum = sums.back();
    const double at = uniform(random) * sum;
    const auto found = std::upper_bound(sums.begin(), sums.end(), at);
    return static_cast<Token>(std::min(found, sums.end() - 1) - sums.begin());
}

Tokens ends_of(const Model& model) {
    Tokens ends;
    for (Token token = 0; token < model.n_vocab(); ++token) {
        if (model.ends(token)) {
            ends.push_back(token);
        }
    }
    return ends;
}

ContextOptions context_options(int streams, const SamplingOptions& options) {
    return {.n_streams = streams,
            .stream_length = options.length,
            .max_rows = streams,
            .threads = options.threads,
            .loras = {},
            .sites = options.hooks,
            .least_rows = options.least_rows};
}

/// Texts that are written side by side.
struct Group {
    std::vector<Tokens> texts;
    std::vector<std::mt19937_64> randoms;
};

Group start_group(const Model& model, int first, int n, std::uint64_t seed) {
    Group group;
    for (int i = 0; i < n; ++i) {
        const auto text = static_cast<std::uint32_t>(first + i);
        std::seed_seq seeds{static_cast<std::uint32_t>(seed),
                            static_cast<std::uint32_t>(seed >> 32U), text};
        group.randoms.emplace_back(seeds);
        group.texts.push_back(model.tokenize(kStarts[text % kStarts.size()], true, false));
    }
    return group;
}

/// Evaluates token `at` of every text, and draws the next one where it is not known.
void step(Context& context, const Tokens& ends, Group& group, int at, int threads) {
    Call call{.n_streams = static_cast<int>(group.texts.size()), .n_rows = 1};
    for (const auto& text : group.texts) {
        call.tokens.push_back(text[static_cast<std::size_t>(at)]);
    }
    call.positions.assign(group.texts.size(), at);
    call.wanted.assign(group.texts.size(), 1);
    call.written.assign(group.texts.size(), 0);
    context.decode(call);
    parallel_for(call.n_streams, threads, [&](int i) {
        const auto s = static_cast<std::size_t>(i);
        if (group.texts[s].size() == static_cast<std::size_t>(at) + 1) {
            group.texts[s].push_back(draw(context.logits(i), ends, group.randoms[s]));
        }
    });
}

}  // namespace

std::vector<Tokens> sample_texts(const std::shared_ptr<const Model>& model,
                                 const SamplingOptions& options) {
    const int streams = std::clamp(options.texts, options.least_rows, kStreams);
    Context context(model, context_options(streams, options));
    const Tokens ends = ends_of(*model);
    const long total = static_cast<long>(options.texts) * options.length;
    std::vector<Tokens> texts;
    while (static_cast<int>(texts.size()) < options.texts) {
        const int first = static_cast<int>(texts.size());
        const int n = std::max(options.least_rows, std::min(streams, options.texts - first));
        Group group = start_group(*model, first, n, options.seed);
        for (int s = 0; s < n; ++s) {
            context.trim(s, 0);
        }
        for (int at = 0; at + 1 < options.length; ++at) {
            if (options.cancelled && options.cancelled()) {
                return texts;
            }
            step(context, ends, group, at, options.threads);
            if (options.on_progress) {
                const long done =
                    static_cast<long>(first) * options.length + static_cast<long>(n) * (at + 2);
                options.on_progress(std::min(done, total), total);  // one text is written as two
            }
        }
        for (auto& text : group.texts) {
            if (static_cast<int>(texts.size()) < options.texts) {
                text.resize(std::min(text.size(), static_cast<std::size_t>(options.length)));
                texts.push_back(std::move(text));
            }
        }
    }
    return texts;
}

std::size_t sampling_bytes(const Model& model, int length) {
    return context_bytes(model, context_options(kStreams, {.length = length}));
}

}  // namespace otherwise
