#include "otherwise/study/run_rows.h"

#include <array>
#include <cstdint>

#include "otherwise/study/lists.h"
#include "otherwise/study/packed_list.h"

namespace otherwise {
namespace {

constexpr int kOutcomeDigits = 4;  // of probabilities of other tokens
constexpr double kLeastOutcome = 0.001;

void bind_divergence(Statement& row, int first, const Divergence& at) {
    if (at.runner_up < 0) {
        row.bind_null(first);
    } else {
        row.bind(first, at.runner_up);
    }
    row.bind(first + 1, at.margin);
}

}  // namespace

std::string becomes_text(const std::vector<Becomes>& becomes) {
    std::string text = "[";
    for (const auto& [position, tokens] : becomes) {
        text += (text.size() == 1 ? "[" : ",[") + std::to_string(position) + ",[";
        bool first = true;
        for (const auto& [token, probability] : tokens) {
            if (probability < kLeastOutcome) {
                continue;
            }
            text += (first ? "[" : ",[") + std::to_string(token) + ",";
            const std::string number = write_list(std::array{probability}, kOutcomeDigits);
            text.append(number, 1, number.size() - 2).append("]");
            first = false;
        }
        text += "]]";
    }
    return text + "]";
}

RunRows::RunRows(const Database& database)
    : draw_(database.prepare("INSERT OR IGNORE INTO draws VALUES (?, ?, ?, ?, ?, ?, 0)")),
      pair_(database.prepare("INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")),
      prompt_(database.prepare("INSERT OR IGNORE INTO prompts VALUES (?, ?, ?)")),
      piece_(database.prepare("INSERT OR IGNORE INTO pieces VALUES (?, ?, ?, ?)")),
      state_(database.prepare("UPDATE strings SET state = ? WHERE string = ?")),
      law_(database.prepare(insert_law())),
      outcomes_(database.prepare("INSERT INTO outcomes VALUES (?, ?, ?, ?)")),
      law_state_(database.prepare("UPDATE draws SET law = ? WHERE string = ? AND sample = ?")),
      batch_(database.prepare("INSERT INTO batches (finished, pairs, laws, store_seconds) VALUES "
                              "(strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?, ?, ?)")) {}

void RunRows::write(const Pair& pair, std::string_view factual, std::string_view counterfactual) {
    draw_.bind(0, pair.string);
    draw_.bind(1, pair.sample);
    draw_.bind_blob(2, pack_tokens(pair.factual->tokens));
    draw_.bind(3, pair.factual->ended ? 1 : 0);
    draw_.bind(4, pair.observed ? 1 : 0);
    draw_.bind(5, factual);
    draw_.run();
    pair_.bind(0, pair.string);
    pair_.bind(1, pair.sample);
    pair_.bind(2, pair.world);
    pair_.bind(3, pair.independent ? 1 : 0);
    pair_.bind_blob(4, pack_tokens(pair.counterfactual.tokens));
    pair_.bind(5, pair.counterfactual.ended ? 1 : 0);
    pair_.bind(6, pair.lcp);
    pair_.bind(7, pair.unchanged() ? 1 : 0);
    pair_.bind(8, pair.margin);
    pair_.bind(9, counterfactual);
    bind_divergence(pair_, 10, pair.divergence.value_or(Divergence{}));
    pair_.run();
    if (pair.world_prompt) {
        prompt_.bind(0, pair.string);
        prompt_.bind(1, pair.world);
        prompt_.bind_blob(2, pack_tokens(*pair.world_prompt));
        prompt_.run();
    }
}

void RunRows::write(const LawRow& law, std::string_view outcomes) {
    bind(law_, law);
    law_.run();
    if (!outcomes.empty()) {
        outcomes_.bind(0, law.string);
        outcomes_.bind(1, law.sample);
        outcomes_.bind(2, law.world);
        outcomes_.bind_blob(3, outcomes);
        outcomes_.run();
    }
}

void RunRows::write(Token token, const Piece& piece) {
    piece_.bind(0, token);
    piece_.bind_blob(1, piece.bytes);
    piece_.bind_blob(2, piece.special);
    piece_.bind(3, piece.ends ? 1 : 0);
    piece_.run();
}

void RunRows::write_state(int string, StringState state) {
    state_.bind(0, static_cast<int>(state));
    state_.bind(1, string);
    state_.run();
}

void RunRows::write_law_state(int string, int sample, int state) {
    law_state_.bind(0, state);
    law_state_.bind(1, string);
    law_state_.bind(2, sample);
    law_state_.run();
}

void RunRows::write_batch(std::size_t pairs, std::size_t laws, double store_seconds) {
    batch_.bind(0, static_cast<std::int64_t>(pairs));
    batch_.bind(1, static_cast<std::int64_t>(laws));
    batch_.bind(2, store_seconds);
    batch_.run();
}

}  // namespace otherwise
