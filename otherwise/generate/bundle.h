// Strings being written in one evaluator, grouped while they share every token.
//
// Worlds whose network and prompt are the factual ones have the factual logits for as long as they
// write what the factual world writes. So their samples go along with a factual one: *led*, each
// decided by its own rules on the same rows, until it writes another token and leaves.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/generate/factual.h"
#include "otherwise/generate/sharing.h"
#include "otherwise/mechanism/mechanism.h"
#include "otherwise/noise/field.h"
#include "otherwise/noise/race.h"

namespace otherwise {

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
    /// An observed text, which ended where its last token says so.
    [[nodiscard]] Written observed(const Tokens& tokens) const {
        return {.tokens = tokens, .ended = !tokens.empty() && is_end(tokens.back())};
    }
};

/// One string under one draw of the noise.
struct Sample {
    int string = 0;  ///< index into the run's subjects
    int number = 0;  ///< of the run's samples
    int first = 0;   ///< number of the first of them; both are part of the noise key
    std::uint64_t seed = 0;
    std::uint64_t noise = 0;                         ///< hash of the string's id
    bool independent = false;                        ///< fresh noise, for comparison
    std::shared_ptr<const FactualString> factual{};  ///< null in the factual world

    int world = -1;                ///< of those that share an evaluator; −1: the evaluator's own
    const Rules* rules = nullptr;  ///< of that world; null: the writer's
    bool led = false;  ///< goes along with the factual sample before it of the same number, or with
                       ///< the text that is read

    double margin = std::numeric_limits<double>::infinity();
    bool following = true;  ///< every token so far is the factual one
    Finish last{};          ///< how its last token was decided while it followed
    std::uint64_t first_row = 0;

    [[nodiscard]] Place place(int position) const {
        return {.seed = seed,
                .string = noise,
                .sample = static_cast<std::uint32_t>(first + number),
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
    /// The observed string that the first sample reads, and whose laws it keeps; null where tokens
    /// are decided. Samples that leave it need laws beyond, so they wait for its end.
    std::shared_ptr<FactualString> reading{};

    /// Samples with a string of their own, not led.
    [[nodiscard]] int own_samples() const {
        return static_cast<int>(std::ranges::count(samples, false, &Sample::led));
    }
    /// Streams that it may come to need: led samples need none before they leave, and those of a
    /// sure world never part. `own` are the rules of samples without any.
    [[nodiscard]] int width(const Rules& own) const {
        int width = 0;
        const Rules* sure = nullptr;
        for (const Sample& sample : samples) {
            const Rules* rules = sample.rules != nullptr ? sample.rules : &own;
            if (!sample.led && rules != sure) {
                ++width;
                sure = is_sure(rules->mechanism) ? rules : nullptr;
            }
        }
        return width;
    }
    [[nodiscard]] int length() const { return static_cast<int>(prompt->size() + written.size()); }
    [[nodiscard]] int pending() const { return length() - cached; }
    /// Token at a position of prompt + written.
    [[nodiscard]] Token at(int position) const {
        const auto i = static_cast<std::size_t>(position);
        return i < prompt->size() ? (*prompt)[i] : written[i - prompt->size()];
    }
};

/// Takes the samples of one string in bundles of at most `at_once`; `sample_of` makes each from its
/// number.
template <typename SampleOf, typename Take>
void each_bundle(const std::shared_ptr<const Tokens>& prompt, int limit, int samples, int at_once,
                 const SampleOf& sample_of, const Take& take) {
    for (int first = 0; first < samples; first += at_once) {
        Bundle bundle{.prompt = prompt, .written = {}, .samples = {}, .limit = limit};
        const int end = std::min(samples, first + at_once);
        for (int number = first; number < end; ++number) {
            bundle.samples.push_back(sample_of(number));
        }
        take(std::move(bundle));
    }
}

}  // namespace otherwise
