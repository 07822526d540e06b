#include "otherwise/generate/rates.h"

#include <algorithm>

namespace otherwise {
namespace {

constexpr int kDecodeSteps = 8;
constexpr int kDecodePrefix = 16;

/// Which rows have logits.
enum class Wanted { all, last };

Call rectangle(int streams, int rows, int position, Wanted wanted, int n_vocab) {
    constexpr int kStride = 7919;
    Call call{.first_stream = 0, .n_streams = streams, .n_rows = rows};
    call.positions.assign(static_cast<std::size_t>(streams), position);
    for (int i = 0; i < call.size(); ++i) {
        call.tokens.push_back(
            static_cast<Token>((static_cast<long>(i + position) * kStride) % n_vocab));
        call.wanted.push_back(wanted == Wanted::all || i % rows == rows - 1 ? 1 : 0);
        call.written.push_back(1);
    }
    return call;
}

void clear(Evaluator& evaluator, int streams) {
    for (int s = 0; s < streams; ++s) {
        evaluator.trim(s, 0);
    }
}

/// Rows a second of calls of `rows` rows in each of `streams` streams, `steps` calls one after
/// another.
double rate(Evaluator& evaluator, int streams, int rows, int steps, Wanted wanted) {
    const Shape shape = evaluator.shape();
    int position = 0;
    if (rows == 1) {
        evaluator.decode(rectangle(streams, std::min(kDecodePrefix, shape.max_rows / streams), 0,
                                   Wanted::last, shape.n_vocab));
        position = std::min(kDecodePrefix, shape.max_rows / streams);
    }
    const double before = evaluator.seconds();
    for (int step = 0; step < steps; ++step, position += rows) {
        evaluator.decode(rectangle(streams, rows, position, wanted, shape.n_vocab));
    }
    const double seconds = evaluator.seconds() - before;
    clear(evaluator, streams);
    return static_cast<double>(streams) * rows * steps / seconds;
}

}  // namespace

Rates measure_rates(Evaluator& evaluator, int parallel) {
    const Shape shape = evaluator.shape();
    Rates rates;
    for (const int rows : {8, 16, 32, shape.max_stream_rows}) {
        const int streams = std::clamp(shape.max_rows / rows, 1, parallel);
        if (streams * rows >= shape.min_rows && rows <= shape.stream_length) {
            rates.prompt = std::max(rates.prompt, rate(evaluator, streams, rows, 1, Wanted::last));
            rates.forced = std::max(rates.forced, rate(evaluator, streams, rows, 1, Wanted::all));
        }
    }
    for (const int rows : {2 * kTileRows, 4 * kTileRows, shape.max_rows}) {
        if (shape.tile_rows > 0 && rows <= std::min(shape.max_rows, shape.stream_length)) {
            rates.prompt = std::max(rates.prompt, rate(evaluator, 1, rows, 1, Wanted::last));
        }
    }
    for (const int streams : {parallel, std::max(1, parallel / 2)}) {
        if (streams >= shape.min_rows) {
            rates.decode =
                std::max(rates.decode, rate(evaluator, streams, 1, kDecodeSteps, Wanted::all));
        }
    }
    return rates;
}

}  // namespace otherwise
