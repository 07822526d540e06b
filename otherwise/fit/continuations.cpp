#include "otherwise/fit/continuations.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "otherwise/fit/fact_tokens.h"

namespace otherwise {
namespace {

constexpr std::size_t kStreams = 16;
constexpr int kStreamRows = 63;  // 64 rows of a stream switch llama.cpp's attention kernel
constexpr int kLeastRows = 2;

/// A token whose probability is wanted: query, and the token that should come.
struct Wanted {
    std::size_t query = 0;
    Token token = 0;
};

/// One list of tokens to evaluate, and what is wanted after its rows.
struct Text {
    Tokens rows;
    std::multimap<int, Wanted> wanted;
};

std::vector<Text> texts_of(const Model& model, const std::vector<Continuation>& queries) {
    std::map<Tokens, Text> texts;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const auto tokens = with_target(model, queries[i].text, queries[i].target);
        auto& text = texts[tokens.rows()];
        text.rows = tokens.rows();
        for (std::size_t t = 0; t < tokens.target.size(); ++t) {
            text.wanted.emplace(static_cast<int>(tokens.prompt.size() + t) - 1,
                                Wanted{.query = i, .token = tokens.target[t]});
        }
    }
    std::vector<Text> sorted;
    for (auto& [rows, text] : texts) {
        sorted.push_back(std::move(text));
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Text& a, const Text& b) { return a.rows.size() > b.rows.size(); });
    return sorted;
}

double log_probability(std::span<const float> logits, Token token) {
    const double most = *std::max_element(logits.begin(), logits.end());
    double sum = 0.0;
    for (const float value : logits) {
        sum += std::exp(value - most);
    }
    return logits[static_cast<std::size_t>(token)] - most - std::log(sum);
}

/// Rows [first, first + n_rows) of each text; short texts repeat their last token.
Call call_of(std::span<const Text> group, int first, int n_rows) {
    Call call{.n_streams = static_cast<int>(group.size()), .n_rows = n_rows};
    for (const auto& text : group) {
        for (int row = first; row < first + n_rows; ++row) {
            const auto at = std::min(static_cast<std::size_t>(row), text.rows.size() - 1);
            call.tokens.push_back(text.rows[at]);
            call.wanted.push_back(text.wanted.contains(row) ? 1 : 0);
        }
        call.positions.push_back(first);
    }
    // At least two rows with logits, as in every call of a run.
    for (std::size_t i = 0; i < call.wanted.size() &&
                            std::count(call.wanted.begin(), call.wanted.end(), 1) < kLeastRows;
         ++i) {
        call.wanted[i] = 1;
    }
    call.written.assign(call.tokens.size(), 0);
    return call;
}

void evaluate(Context& context, std::span<const Text> group, std::vector<double>& logs) {
    for (std::size_t s = 0; s < group.size(); ++s) {
        context.trim(static_cast<int>(s), 0);
    }
    const int longest = static_cast<int>(group.front().rows.size());
    for (int first = 0; first < longest; first += kStreamRows) {
        int n_rows = std::min(kStreamRows, longest - first);
        if (n_rows * static_cast<int>(group.size()) < kLeastRows) {
            n_rows = kLeastRows;
        }
        context.decode(call_of(group, first, n_rows));
        for (std::size_t s = 0; s < group.size(); ++s) {
            for (const auto& [row, wanted] : group[s].wanted) {
                if (row >= first && row < first + n_rows) {
                    const auto logits = context.logits(static_cast<int>(s) * n_rows + row - first);
                    logs[wanted.query] += log_probability(logits, wanted.token);
                }
            }
        }
    }
}

}  // namespace

std::vector<double> log_probabilities(const std::shared_ptr<const Model>& model,
                                      const std::vector<Continuation>& queries,
                                      const CheckOptions& options) {
    const auto texts = texts_of(*model, queries);
    std::vector<double> logs(queries.size(), 0.0);
    if (texts.empty()) {
        return logs;
    }
    const int longest = static_cast<int>(texts.front().rows.size());
    const auto streams = std::min(kStreams, texts.size());
    Context context(
        model, {.n_streams = static_cast<int>(streams),
                .stream_length = longest + kLeastRows,
                .max_rows = std::max(
                    kLeastRows, static_cast<int>(streams) * std::min(longest + 1, kStreamRows)),
                .threads = options.threads,
                .loras = options.loras,
                .sites = options.edits});
    for (std::size_t first = 0; first < texts.size(); first += streams) {
        if (options.cancelled && options.cancelled()) {
            return {};
        }
        const auto n = std::min(streams, texts.size() - first);
        evaluate(context, std::span(texts).subspan(first, n), logs);
        if (options.on_progress) {
            options.on_progress(static_cast<long>(first + n), static_cast<long>(texts.size()));
        }
    }
    return logs;
}

}  // namespace otherwise
