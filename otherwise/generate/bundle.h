// Strings being written in one world, grouped while they share every token.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "otherwise/generate/factual.h"
#include "otherwise/mechanism/mechanism.h"
#include "otherwise/noise/field.h"

namespace otherwise {

/// One string under one draw of the noise.
struct Sample {
    int string = 0;  ///< index into the run's subjects
    int number = 0;  ///< sample number, part of the noise key
    std::uint64_t seed = 0;
    std::uint64_t noise = 0;                         ///< hash of the string's id
    bool independent = false;                        ///< fresh noise, for comparison
    std::shared_ptr<const FactualString> factual{};  ///< null in the factual world

    double margin = std::numeric_limits<double>::infinity();
    bool following = true;  ///< every token so far is the factual one
    std::uint64_t first_row = 0;

    [[nodiscard]] Place place(int position) const {
        return {.seed = seed,
                .string = noise,
                .sample = static_cast<std::uint32_t>(number),
                .position = static_cast<std::uint32_t>(position)};
    }
};

/// Samples of one string that share a stream: same prompt, same tokens written so far.
struct Bundle {
    std::shared_ptr<const Tokens> prompt;
    Tokens written;
    std::vector<Sample> samples;
    int limit = 0;          ///< tokens to write at most
    int cached = 0;         ///< tokens of prompt + written in the stream; all but at least one
    bool verifying = true;  ///< worth feeding many rows at a time

    [[nodiscard]] int length() const { return static_cast<int>(prompt->size() + written.size()); }
    [[nodiscard]] int pending() const { return length() - cached; }
    /// Token at a position of prompt + written.
    [[nodiscard]] Token at(int position) const {
        const auto i = static_cast<std::size_t>(position);
        return i < prompt->size() ? (*prompt)[i] : written[i - prompt->size()];
    }
};

/// What decides the next token in one world, besides its logits.
struct Rules {
    std::string world{};  ///< for errors
    Mechanism mechanism;
    std::map<int, Token> forced;  ///< do(token at position)
    Tokens forbidden;             ///< impossible, as some model of the study lacks them
    std::vector<bool> ends;       ///< [n_vocab] the factual model's end-of-generation tokens
    bool stop_at_divergence = false;

    [[nodiscard]] bool is_end(Token token) const {
        return static_cast<std::size_t>(token) < ends.size() &&
               ends[static_cast<std::size_t>(token)];
    }
};

}  // namespace otherwise
