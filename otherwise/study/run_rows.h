// Rows of a run file's results (schema.h), as statements that are prepared once.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/generate/record.h"
#include "otherwise/study/database.h"
#include "otherwise/study/law_rows.h"
#include "otherwise/study/run_head.h"

namespace otherwise {

/// What a token writes.
struct Piece {
    std::string bytes;    ///< "" for control tokens
    std::string special;  ///< the same with the names of control tokens
    bool ends = false;    ///< end of generation
};
using PieceOf = std::function<Piece(Token)>;

/// What one token would have become: the likeliest tokens and their probabilities, which are kept
/// to four digits and from 0.001 on.
struct Becomes {
    int position = 0;
    std::vector<std::pair<Token, double>> tokens{};  ///< likeliest first
};

/// [[position, [[token, probability], …]], …]
[[nodiscard]] std::string becomes_text(const std::vector<Becomes>& becomes);

/// Each write is in a transaction of the caller, whose database outlives this. Throws Error where
/// the disk does not take it.
class RunRows {
public:
    explicit RunRows(const Database& database);

    /// A pair and, unless they are there, its draw and the prompt of its world. The texts are those
    /// of its strings.
    void write(const Pair& pair, std::string_view factual, std::string_view counterfactual);
    /// A law; `outcomes` is what its tokens become, packed, "" where every token stays.
    void write(const LawRow& law, std::string_view outcomes);
    void write(Token token, const Piece& piece);
    void write_state(int string, StringState state);
    /// 1: all laws of the draw are there; 2: it has none.
    void write_law_state(int string, int sample, int state);
    void write_batch(std::size_t pairs, std::size_t laws, double store_seconds);

private:
    Statement draw_;
    Statement pair_;
    Statement prompt_;
    Statement piece_;
    Statement state_;
    Statement law_;
    Statement outcomes_;
    Statement law_state_;
    Statement batch_;
};

}  // namespace otherwise
