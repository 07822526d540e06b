#include "otherwise/fit/edit/continuations.h"

#include <algorithm>
#include <map>
#include <span>

#include "otherwise/fit/edit/fact_tokens.h"
#include "otherwise/fit/states/text_calls.h"
#include "otherwise/fit/tail/row_sums.h"

namespace otherwise {
namespace {

/// A token whose probability is wanted: query, and the token that should come.
struct Wanted {
    std::size_t query = 0;
    Token token = 0;
};

/// One list of tokens to evaluate, and what is wanted after its rows.
struct Text {
    Tokens rows;
    int prompt = 0;                             ///< rows before the target
    std::map<int, std::vector<Wanted>> wanted;  // by row
};

std::vector<Text> texts_of(const Model& model, const std::vector<Continuation>& queries) {
    std::map<std::pair<Tokens, std::size_t>, Text> texts;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const auto tokens = with_target(model, queries[i].text, queries[i].target);
        auto& text = texts[{tokens.rows(), tokens.prompt.size()}];
        text.rows = tokens.rows();
        text.prompt = static_cast<int>(tokens.prompt.size());
        for (std::size_t t = 0; t < tokens.target.size(); ++t) {
            text.wanted[static_cast<int>(tokens.prompt.size() + t) - 1].push_back(
                {.query = i, .token = tokens.target[t]});
        }
    }
    std::vector<Text> list;
    for (auto& [rows, text] : texts) {
        list.push_back(std::move(text));
    }
    return list;
}

double log_probability(std::span<const float> logits, Token token) {
    return logits[static_cast<std::size_t>(token)] - log_sum(logits);
}

/// As many rows with logits as the remedy asks for: with fewer, weights take other kernels.
void want_enough(Call& call, int least) {
    for (std::size_t i = 0;
         i < call.wanted.size() && std::count(call.wanted.begin(), call.wanted.end(), 1) < least;
         ++i) {
        call.wanted[i] = 1;
    }
}

/// What is wanted after this row of a text.
std::span<const Wanted> wanted_in(const Text& text, int row) {
    const auto found = text.wanted.find(row);
    return found == text.wanted.end() ? std::span<const Wanted>() : found->second;
}

void evaluate(Context& context, const std::vector<Text>& all, const TextGroup& group,
              std::vector<double>& logs) {
    std::vector<std::span<const Token>> rows;
    for (const auto text : group.texts) {
        rows.emplace_back(all[text].rows);
    }
    for (const auto& piece : group.pieces) {
        Call call = call_of(piece, rows, false);
        const auto each = [&](const auto& body) {
            for (std::size_t s = 0; s < group.texts.size(); ++s) {
                for (int row = piece.first[s]; row < piece.end[s]; ++row) {
                    const auto at = static_cast<int>(s) * piece.rows + row - piece.first[s];
                    for (const auto& wanted : wanted_in(all[group.texts[s]], row)) {
                        body(at, wanted);
                    }
                }
            }
        };
        each([&](int at, const Wanted&) { call.wanted[static_cast<std::size_t>(at)] = 1; });
        want_enough(call, context.shape().min_wanted);
        make_ready(context, piece);
        context.decode(call);
        each([&](int at, const Wanted& wanted) {
            logs[wanted.query] += log_probability(context.logits(at), wanted.token);
        });
    }
}

}  // namespace

std::vector<double> log_probabilities(const std::shared_ptr<const Model>& model,
                                      const std::vector<Continuation>& queries,
                                      const CheckOptions& options) {
    const auto texts = texts_of(*model, queries);
    std::vector<double> logs(queries.size(), 0.0);
    std::vector<TextRows> sizes;
    for (const auto& text : texts) {
        sizes.push_back({.tokens = static_cast<int>(text.rows.size()), .prompt = text.prompt});
    }
    std::size_t done = 0;
    for (auto& batch : text_calls(sizes, *model, options.least_rows)) {
        batch.shape.threads = options.threads;
        batch.shape.loras = options.loras;
        batch.shape.sites = options.edits;
        Context context(model, std::move(batch.shape));
        for (const auto& group : batch.groups) {
            if (options.cancelled && options.cancelled()) {
                return {};
            }
            evaluate(context, texts, group, logs);
            done += group.texts.size();
            if (options.on_progress) {
                options.on_progress(static_cast<long>(done), static_cast<long>(texts.size()));
            }
        }
    }
    return logs;
}

}  // namespace otherwise
