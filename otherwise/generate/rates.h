// What llama.cpp itself does: rows a second in calls of given shapes.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "otherwise/model/evaluator.h"

namespace otherwise {

/// What calls are for: prompts want the logits of the last row, teacher forcing those of all, and
/// decoding adds one row to streams that hold some already.
enum class CallKind { prompt, forced, decode };

/// Calls of `rows` rows for each of `streams` streams.
struct RateShape {
    CallKind work;
    int streams;
    int rows;
    friend bool operator==(const RateShape&, const RateShape&) = default;
};

struct ShapeRate {
    RateShape shape{};
    double rate = 0.0;  ///< rows a second, inside the backend alone
};

struct Rates {
    // The best of each kind of work, rows a second; 0 where none was measured.
    double prompt = 0.0;
    double forced = 0.0;
    double decode = 0.0;
    std::vector<ShapeRate> shapes;  ///< those that the evaluator could take

    void add(const ShapeRate& rate);
};

/// The shapes that short strings are measured against: always the same, whatever a run chooses.
/// Those of 64 or more rows of a stream are for evaluators with a tiled kernel.
inline constexpr std::array kRateShapes{
    RateShape{CallKind::prompt, 64, 4},         RateShape{CallKind::prompt, 32, 8},
    RateShape{CallKind::prompt, 16, 16},        RateShape{CallKind::prompt, 16, 32},
    RateShape{CallKind::prompt, 8, kPlainRows}, RateShape{CallKind::prompt, 1, 256},
    RateShape{CallKind::prompt, 1, 512},        RateShape{CallKind::forced, 64, 4},
    RateShape{CallKind::forced, 64, 8},         RateShape{CallKind::forced, 32, 8},
    RateShape{CallKind::forced, 16, 16},        RateShape{CallKind::forced, 16, 32},
    RateShape{CallKind::forced, 8, kPlainRows}, RateShape{CallKind::decode, 32, 1},
    RateShape{CallKind::decode, 64, 1},         RateShape{CallKind::decode, 96, 1},
    RateShape{CallKind::decode, 128, 1},        RateShape{CallKind::decode, 192, 1}};

/// Whether an evaluator can take calls of this shape and keep the bits.
[[nodiscard]] bool takes(const Shape& evaluator, const RateShape& shape);

/// Measures on an evaluator with empty streams, and leaves them empty. kRateShapes take about 7,500
/// rows.
[[nodiscard]] Rates measure_rates(Evaluator& evaluator, std::span<const RateShape> shapes);

/// Calls of `rows` rows for each of `streams` streams in the middle of texts of `length` tokens,
/// where a call takes what calls take on average over a text.
struct TextShape {
    CallKind work;  ///< prompt: no logits; forced: those of half the rows, as of a corpus's chunks
    int length;
    int streams;
    int rows;
};

/// Long prompts and chunks of a corpus, in calls for either kernel.
inline constexpr std::array kTextShapes{TextShape{CallKind::prompt, 1200, 1, 64},
                                        TextShape{CallKind::prompt, 1200, 1, 128},
                                        TextShape{CallKind::prompt, 1200, 1, 256},
                                        TextShape{CallKind::prompt, 1200, 1, 512},
                                        TextShape{CallKind::prompt, 1200, 2, 256},
                                        TextShape{CallKind::prompt, 1200, 4, 128},
                                        TextShape{CallKind::prompt, 1200, 1, kPlainRows},
                                        TextShape{CallKind::prompt, 1200, 4, kPlainRows},
                                        TextShape{CallKind::forced, 512, 1, 128},
                                        TextShape{CallKind::forced, 512, 1, 256},
                                        TextShape{CallKind::forced, 512, 1, 512},
                                        TextShape{CallKind::forced, 512, 2, 256},
                                        TextShape{CallKind::forced, 512, 4, 128},
                                        TextShape{CallKind::forced, 512, 8, kPlainRows}};

struct TextRate {
    TextShape shape{};
    double rate = 0.0;        ///< rows a second
    bool keeps_bits = false;  ///< a run may read so
};

/// Measures those that fit on an evaluator with empty streams, and leaves them empty.
[[nodiscard]] std::vector<TextRate> measure_text_rates(Evaluator& evaluator,
                                                       std::span<const TextShape> shapes);

/// The same shapes measured twice: the means, and the best of these.
[[nodiscard]] Rates mean(const Rates& a, const Rates& b);

}  // namespace otherwise
