#include "otherwise/generate/rates.h"

#include <algorithm>

namespace otherwise {
namespace {

constexpr int kDecodeSteps = 4;
constexpr int kDecodePrefix = 16;  // a prompt of 5 tokens and half of 24 are in the middle

Call rectangle(int first, const RateShape& shape, int position, int n_vocab) {
    constexpr int kStride = 7919;
    Call call{.first_stream = first, .n_streams = shape.streams, .n_rows = shape.rows};
    call.positions.assign(static_cast<std::size_t>(shape.streams), position);
    for (int i = 0; i < call.size(); ++i) {
        call.tokens.push_back(
            static_cast<Token>((static_cast<long>(i + position) * kStride) % n_vocab));
        const bool last = i % shape.rows == shape.rows - 1;
        call.wanted.push_back(shape.work != CallKind::prompt || last ? 1 : 0);
        call.written.push_back(1);
    }
    return call;
}

/// An evaluator with empty streams, and how many of them hold the rows that decoding begins with.
class Bench {
public:
    explicit Bench(Evaluator& evaluator) : evaluator_(evaluator), shape_(evaluator.shape()) {}
    ~Bench() = default;
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    double rate(const RateShape& shape) {
        if (shape.work == CallKind::decode) {
            fill(shape.streams);
            return timed(shape, kDecodePrefix, kDecodeSteps);
        }
        clear();
        return timed(shape, 0, 1);
    }
    void clear() {
        for (int stream = 0; stream < filled_; ++stream) {
            evaluator_.trim(stream, 0);
        }
        filled_ = 0;
    }

private:
    void fill(int streams) {
        const int most = std::max(1, shape_.max_rows / kDecodePrefix);
        while (filled_ < streams) {
            const int count = std::min(most, streams - filled_);
            evaluator_.decode(
                rectangle(filled_, {CallKind::prompt, count, kDecodePrefix}, 0, shape_.n_vocab));
            filled_ += count;
        }
    }

    double timed(const RateShape& shape, int position, int steps) {
        const double before = evaluator_.seconds();
        for (int step = 0; step < steps; ++step) {
            evaluator_.decode(rectangle(0, shape, position + step * shape.rows, shape_.n_vocab));
        }
        const double seconds = evaluator_.seconds() - before;
        for (int stream = 0; stream < shape.streams; ++stream) {
            evaluator_.trim(stream, position);
        }
        return static_cast<double>(shape.streams) * shape.rows * steps / seconds;
    }

    Evaluator& evaluator_;
    Shape shape_;
    int filled_ = 0;
};

/// One call in the middle of texts, which are read up to there in long calls of any kernel: only
/// the time counts.
double text_rate(Evaluator& evaluator, const TextShape& text) {
    const Shape limits = evaluator.shape();
    const int start = (text.length - text.rows) / 2;
    for (int stream = 0; stream < text.streams; ++stream) {
        for (int at = 0; at < start;) {
            const int rows = std::min(start - at, limits.max_rows);
            Call call = rectangle(stream, {CallKind::prompt, 1, rows}, at, limits.n_vocab);
            evaluator.decode(call);
            at += rows;
        }
    }
    Call call = rectangle(0, {CallKind::forced, text.streams, text.rows}, start, limits.n_vocab);
    for (int i = 0; i < call.size(); ++i) {
        const bool second_half = i % text.rows >= text.rows / 2;
        call.wanted[static_cast<std::size_t>(i)] =
            text.work == CallKind::forced && second_half ? 1 : 0;
    }
    const double before = evaluator.seconds();
    evaluator.decode(call);
    const double seconds = evaluator.seconds() - before;
    for (int stream = 0; stream < text.streams; ++stream) {
        evaluator.trim(stream, 0);
    }
    return call.size() / seconds;
}

double& best_of(Rates& rates, CallKind work) {
    switch (work) {
        case CallKind::prompt:
            return rates.prompt;
        case CallKind::forced:
            return rates.forced;
        case CallKind::decode:
            break;
    }
    return rates.decode;
}

}  // namespace

void Rates::add(const ShapeRate& rate) {
    double& best = best_of(*this, rate.shape.work);
    best = std::max(best, rate.rate);
    shapes.push_back(rate);
}

bool takes(const Shape& evaluator, const RateShape& shape) {
    const int total = shape.streams * shape.rows;
    const int end = shape.work == CallKind::decode ? kDecodePrefix + kDecodeSteps : shape.rows;
    const bool kernel = shape.rows <= evaluator.max_stream_rows ||
                        (evaluator.tile_rows > 0 && shape.rows >= evaluator.tile_rows);
    return shape.streams <= evaluator.n_streams && total <= evaluator.max_rows &&
           total >= evaluator.min_rows && end <= evaluator.stream_length && kernel;
}

Rates measure_rates(Evaluator& evaluator, std::span<const RateShape> shapes) {
    Bench bench(evaluator);
    Rates rates;
    for (const auto& shape : shapes) {
        if (takes(evaluator.shape(), shape)) {
            rates.add({.shape = shape, .rate = bench.rate(shape)});
        }
    }
    bench.clear();
    return rates;
}

std::vector<TextRate> measure_text_rates(Evaluator& evaluator, std::span<const TextShape> shapes) {
    const Shape limits = evaluator.shape();
    std::vector<TextRate> rates;
    for (const auto& text : shapes) {
        const int total = text.streams * text.rows;
        if (text.length > limits.stream_length || text.streams > limits.n_streams ||
            total > limits.max_rows) {
            continue;
        }
        const bool tiled = text.rows >= kTileRows;
        rates.push_back({.shape = text,
                         .rate = text_rate(evaluator, text),
                         .keeps_bits = tiled == (limits.tile_rows > 0)});
    }
    return rates;
}

Rates mean(const Rates& a, const Rates& b) {
    Rates rates;
    for (std::size_t i = 0; i < a.shapes.size(); ++i) {
        rates.add({.shape = a.shapes[i].shape, .rate = (a.shapes[i].rate + b.shapes[i].rate) / 2});
    }
    return rates;
}

}  // namespace otherwise
