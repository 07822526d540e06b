#include "otherwise/model/probe.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/base/cancelled.h"

namespace otherwise {
namespace {

constexpr int kCompared = 8;  // positions whose logits are compared
constexpr int kShortPrefix = 40;
constexpr int kLongPrefix = 300;
constexpr int kLongestPrefix = 1000;  // of calls of one shape
constexpr int kBesideRows = 600;      // of the longer text beside them, where there is room

struct ProbeShape {
    int streams;
    int rows;
    bool all_wanted = true;
    int first = 0;             ///< stream
    bool beside_long = false;  ///< the stream after these holds a longer text

    [[nodiscard]] std::string name() const {
        return std::to_string(streams) + " × " + std::to_string(rows) + " rows" +
               (all_wanted ? "" : " with few logits") +
               (first > 0 ? " from stream " + std::to_string(first) + " on" : "") +
               (beside_long ? " beside a longer text" : "");
    }
};

Token probe_token(int position, const Shape& shape) {
    constexpr int kStride = 7919;
    constexpr int kStart = 13;
    return static_cast<Token>((static_cast<long>(position) * kStride + kStart) % shape.n_vocab);
}

/// Notes in `probe` that the row differs, where it does.
void compare_logits(std::span<const float> reference, std::span<const float> logits,
                    const std::string& shape, Probe& probe) {
    if (std::ranges::equal(reference, logits)) {
        return;
    }
    if (probe.invariant) {
        probe.invariant = false;
        probe.shape = shape;
    }
    for (std::size_t k = 0; k < logits.size(); ++k) {
        probe.worst =
            std::max(probe.worst, std::abs(static_cast<double>(logits[k]) - reference[k]));
    }
}

/// The shapes that calls of at least `least` rows can have: few streams, few rows, many, mixed.
std::vector<ProbeShape> probe_shapes(int least, int spare_streams) {
    std::vector<ProbeShape> shapes{{.streams = least, .rows = 1}};
    for (const int rows : {2, 4, 7}) {
        for (const int streams : {1, 2}) {
            if (rows * streams >= least) {
                shapes.push_back({.streams = streams, .rows = rows});
            }
        }
    }
    shapes.push_back({.streams = 1, .rows = std::max(least, kCompared)});
    shapes.push_back({.streams = 1, .rows = kPlainRows});
    shapes.push_back({.streams = 1, .rows = kPlainRows, .all_wanted = false});
    if (spare_streams > 0) {
        shapes.push_back({.streams = spare_streams, .rows = 1});
        shapes.push_back({.streams = 1, .rows = 1, .first = spare_streams - 1});
        shapes.push_back({.streams = 1, .rows = 1, .beside_long = true});
        shapes.push_back({.streams = 1, .rows = kCompared, .first = 1, .beside_long = true});
    }
    return shapes;
}

class Prober {
public:
    explicit Prober(Evaluator& evaluator)
        : evaluator_(evaluator),
          shape_(evaluator.shape()),
          pristine_(shape_.n_streams - 1),
          longer_(pristine_ - 1),
          shapes_(probe_shapes(std::max(kUsualLeastRows, shape_.min_rows),
                               shape_.one_shape ? longer_ : 0)) {}

    Probe go() {
        in_scope(true);
        if (shape_.scoped_calls) {  // other adapters act on the prompt
            in_scope(false);
        }
        return probe_;
    }

private:
    void in_scope(bool written) {
        written_ = written;
        if (shape_.one_shape) {
            prefill(longer_, std::min(kBesideRows, shape_.stream_length));
        }
        at_prefix(kShortPrefix);
        if (shape_.stream_length > kLongPrefix + shape_.max_stream_rows) {
            at_prefix(kLongPrefix);
        }
        const int most = shape_.stream_length - shape_.max_stream_rows;
        if (shape_.one_shape && most > kBesideRows) {
            at_prefix(std::min(most, kLongestPrefix));
        }
        if (shape_.one_shape) {
            evaluator_.trim(longer_, 0);
        }
    }

    Call call(int first_stream, int streams, int rows, int position) const {
        Call call{.first_stream = first_stream, .n_streams = streams, .n_rows = rows};
        for (int s = 0; s < streams; ++s) {
            call.positions.push_back(position);
            for (int r = 0; r < rows; ++r) {
                call.tokens.push_back(probe_token(position + r, shape_));
            }
        }
        call.wanted.assign(static_cast<std::size_t>(call.size()), 0);
        call.written.assign(static_cast<std::size_t>(call.size()), written_ ? 1 : 0);
        return call;
    }

    void decode(const Call& call) {
        stop_if_cancelled();
        evaluator_.decode(call);
    }

    void prefill(int stream, int length) {
        evaluator_.trim(stream, 0);
        for (int at = 0; at < length;) {
            const int rows = std::min({length - at, 50, shape_.max_rows});
            decode(call(stream, 1, rows, at));
            at += rows;
        }
    }

    /// Evaluates the compared positions in this shape; every stream must give what the first shape
    /// gave.
    void evaluate(const ProbeShape& shape, int prefix) {
        const int end = shape.first + shape.streams;
        for (int s = shape.first; s < end; ++s) {
            evaluator_.copy(pristine_, s);
        }
        if (shape.beside_long) {
            evaluator_.copy(longer_, end);
        }
        const int most = std::min(shape.rows, shape_.max_rows / shape.streams);
        const int few = std::max(1, shape_.min_wanted);
        for (int at = 0; at < kCompared; at += most) {
            Call now = call(shape.first, shape.streams, most, prefix + at);
            for (std::size_t i = 0; i < now.wanted.size(); ++i) {
                now.wanted[i] = shape.all_wanted || static_cast<int>(i) < few ? 1 : 0;
            }
            decode(now);
            for (int row = 0; row < now.size(); ++row) {
                const int position = at + row % most;
                if (now.wanted[static_cast<std::size_t>(row)] != 0 && position < kCompared) {
                    compare(position, evaluator_.logits(row), shape);
                }
            }
        }
        for (int s = shape.first; s < end + (shape.beside_long ? 1 : 0); ++s) {
            evaluator_.trim(s, 0);
        }
    }

    void compare(int position, std::span<const float> logits, const ProbeShape& shape) {
        auto& reference = reference_[static_cast<std::size_t>(position)];
        if (reference.empty()) {
            reference.assign(logits.begin(), logits.end());
        }
        compare_logits(reference, logits, shape.name(), probe_);
    }

    void at_prefix(int prefix) {
        prefill(pristine_, prefix);
        reference_.assign(kCompared, {});
        for (const auto& shape : shapes_) {
            evaluate(shape, prefix);
        }
        evaluator_.trim(pristine_, 0);
    }

    Evaluator& evaluator_;
    Shape shape_;
    int pristine_;         // the stream that holds the prefix
    int longer_;           // and one with a longer text, where calls have one shape
    bool written_ = true;  // the scope of all rows
    std::vector<ProbeShape> shapes_;
    std::vector<std::vector<float>> reference_;  // [kCompared][n_vocab]
    Probe probe_;
};

constexpr int kTail = 4;      // rows of the other kernel after a head
constexpr int kOther = 1000;  // the text beside it has the tokens of so much later

/// One way to read a head: rows of each call, in one stream or two.
struct HeadCuts {
    std::vector<int> calls;
    int streams = 1;

    [[nodiscard]] std::string name() const {
        std::string text = std::to_string(streams) + " × ";
        for (std::size_t i = 0; i < calls.size(); ++i) {
            text += (i == 0 ? "" : " + ") + std::to_string(calls[i]);
        }
        return text + " rows of a prompt";
    }
};

/// Calls of `rows` rows, the last of which takes what is left.
std::vector<int> equal_calls(int head, int rows) {
    std::vector<int> calls;
    for (; head >= 2 * rows; head -= rows) {
        calls.push_back(rows);
    }
    calls.push_back(head);
    return calls;
}

/// Calls of so many rows more each, as no engine would cut them.
std::vector<int> odd_calls(int head, int least) {
    constexpr int kMore = 9;
    std::vector<int> calls;
    for (int rows = least + 1; head >= rows + least; rows += kMore) {
        calls.push_back(rows);
        head -= rows;
    }
    calls.push_back(head);
    return calls;
}

class TileProber {
public:
    TileProber(Evaluator& evaluator, int length)
        : evaluator_(evaluator),
          shape_(evaluator.shape()),
          head_(std::min(length, shape_.stream_length - kTail)) {}

    Probe go() {
        in_scope(false);
        if (shape_.scoped_calls) {
            in_scope(true);
        }
        return probe_;
    }

private:
    [[nodiscard]] std::vector<HeadCuts> cuts() const {
        const int least = shape_.tile_rows;
        return {{.calls = equal_calls(head_, least)},
                {.calls = equal_calls(head_, 2 * least)},
                {.calls = odd_calls(head_, least)},
                {.calls = odd_calls(head_, least), .streams = 2}};
    }

    void in_scope(bool written) {
        written_ = written;
        reference_.clear();
        for (const auto& each : cuts()) {
            read(each);
        }
    }

    /// Rows [position, position + rows) of the text, and of another one beside it; logits of the
    /// last ones.
    void call(const HeadCuts& cuts, int position, int rows, int wanted) {
        Call call{.first_stream = 0, .n_streams = cuts.streams, .n_rows = rows};
        for (int s = 0; s < cuts.streams; ++s) {
            call.positions.push_back(position);
            for (int r = 0; r < rows; ++r) {
                call.tokens.push_back(probe_token(position + r + kOther * s, shape_));
                call.wanted.push_back(r + wanted >= rows ? 1 : 0);
            }
        }
        call.written.assign(call.tokens.size(), written_ ? 1 : 0);
        stop_if_cancelled();
        evaluator_.decode(call);
        for (int row = 0; row < rows; ++row) {
            if (call.wanted[static_cast<std::size_t>(row)] != 0) {
                keep(position + row, evaluator_.logits(row), cuts);
            }
        }
    }

    void read(const HeadCuts& cuts) {
        const int tail = std::max(kTail, shape_.min_rows);
        int position = 0;
        for (const int rows : cuts.calls) {
            const bool last = position + rows == head_;
            call(cuts, position, rows, last ? tail : 0);
            position += rows;
        }
        if (position + tail <= shape_.stream_length) {
            call(cuts, position, tail, tail);
        }
        for (int s = 0; s < cuts.streams; ++s) {
            evaluator_.trim(s, 0);
        }
    }

    void keep(int position, std::span<const float> logits, const HeadCuts& cuts) {
        auto& reference = reference_[position];
        if (reference.empty()) {
            reference.assign(logits.begin(), logits.end());
        }
        compare_logits(reference, logits, cuts.name(), probe_);
    }

    Evaluator& evaluator_;
    Shape shape_;
    int head_;
    bool written_ = false;
    std::map<int, std::vector<float>> reference_;  // position -> [n_vocab]
    Probe probe_;
};

}  // namespace

Probe probe_invariance(Evaluator& evaluator) { return Prober(evaluator).go(); }

Probe probe_tiles(Evaluator& evaluator, int length) { return TileProber(evaluator, length).go(); }

}  // namespace otherwise
