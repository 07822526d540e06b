#include "otherwise/generate/call_costs.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace otherwise {
namespace {

constexpr int kBlock = 32;                      // rows that kernels take together
constexpr int kHalfFull = kBlock + kBlock / 2;  // the call that shows what half a block costs
constexpr std::array kOrder{128, 64, 256, 8, kHalfFull, 16, 512};  // by use
constexpr std::array kLongCalls{128, 256, 512};
constexpr double kNearEnough = 1.005;
constexpr double kDisturbed = 0.8;
constexpr double kRowsNearEnough = 1.03;
constexpr double kShareOfRun = 0.04;
constexpr double kMostSeconds = 2.0;

Call call_of(int streams, int rows, int position, int n_vocab) {
    constexpr int kStride = 7919;
    Call call{.first_stream = 0, .n_streams = streams, .n_rows = rows};
    call.positions.assign(static_cast<std::size_t>(streams), position);
    for (int i = 0; i < call.size(); ++i) {
        call.tokens.push_back(
            static_cast<Token>((static_cast<long>(i + position) * kStride) % n_vocab));
    }
    call.wanted.assign(call.tokens.size(), 1);
    call.written.assign(call.tokens.size(), 1);
    return call;
}

/// Streams of a call of `rows` rows: as many as divide it.
int streams_for(int rows) {
    int streams = std::min(rows, kCostStreams);
    while (rows % streams != 0) {
        --streams;
    }
    return streams;
}

bool fits(int rows, const Shape& shape) {
    const int streams = streams_for(rows);
    return rows >= shape.min_rows && rows <= shape.max_rows && streams <= shape.n_streams &&
           2 * rows / streams <= std::min(shape.max_stream_rows, shape.stream_length);
}

/// Seconds of a call: the better of two, the first of which finds nothing warm.
double seconds_of(Evaluator& evaluator, int rows) {
    const int streams = streams_for(rows);
    const int each = rows / streams;
    double best = 0.0;
    for (int turn = 0; turn < 2; ++turn) {
        const double before = evaluator.seconds();
        evaluator.decode(call_of(streams, each, turn * each, evaluator.shape().n_vocab));
        const double took = evaluator.seconds() - before;
        best = turn == 0 ? took : std::min(best, took);
    }
    for (int stream = 0; stream < streams; ++stream) {
        evaluator.trim(stream, 0);
    }
    return best;
}

}  // namespace

CallCosts::CallCosts(const std::map<int, double>& relative) {
    for (const auto& [rows, cost] : relative) {
        set(rows, cost);
    }
}

void CallCosts::set(int rows, double relative) {
    if (rows > 0 && relative > 0.0 && std::isfinite(relative)) {
        points_[rows] = relative;
    }
}

int CallCosts::longest() const { return points_.empty() ? 0 : points_.rbegin()->first; }

bool CallCosts::plausible() const {
    double most = 0.0;
    return std::ranges::all_of(points_, [&](const auto& point) {
        most = std::max(most, point.second);
        return point.second >= kDisturbed * most;
    });
}

/// Linear between the neighbours that are known, and past the last as from the one before it to
/// it; below the first as many rows as that, since the weights are read for one row as for eight.
double CallCosts::between(int rows) const {
    auto above = points_.lower_bound(rows);
    if (above == points_.begin()) {
        return above->second;
    }
    if (above == points_.end()) {
        --above;
    }
    if (above == points_.begin()) {
        return above->second * rows / above->first;  // nothing else is known
    }
    const auto below = std::prev(above);
    const double share = static_cast<double>(rows - below->first) / (above->first - below->first);
    return std::max(0.0, below->second + share * (above->second - below->second));
}

double CallCosts::of(int rows) const {
    if (rows <= 0) {
        return 0.0;
    }
    if (rows <= kBlock || !has(kHalfFull) || !has(kBlock) || !has(2 * kBlock)) {
        return between(rows);
    }
    const double low = between(kBlock);
    const double all = between(2 * kBlock) - low;
    const double half = all > 0.0 ? std::clamp((between(kHalfFull) - low) / all, 0.5, 1.0) : 0.5;
    const int first = rows / kBlock * kBlock;
    const double in = static_cast<double>(rows - first) / kBlock;
    const double share = in > 0.0 ? std::pow(in, -std::log2(half)) : 0.0;
    const double start = between(first);
    return start + share * (between(first + kBlock) - start);
}

int choose_streams(const CallCosts& costs, long strings, int most) {
    const int last = static_cast<int>(std::min<long>({strings, most, costs.longest()}));
    if (costs.points().size() < 2 || last < 1) {
        return 0;
    }
    const auto seconds = [&](int streams) {
        const long full = strings / streams;
        return static_cast<double>(full) * costs.of(streams) +
               costs.of(static_cast<int>(strings % streams));
    };
    double best = seconds(last);
    for (int streams = 1; streams < last; ++streams) {
        best = std::min(best, seconds(streams));
    }
    int streams = 1;
    while (seconds(streams) > best * kNearEnough) {
        ++streams;
    }
    return streams;
}

int choose_rows(const CallCosts& costs, int most) {
    double best = 0.0;
    for (const int rows : kLongCalls) {
        if (rows <= most && costs.has(rows)) {
            const double each = costs.of(rows) / rows;
            best = best == 0.0 ? each : std::min(best, each);
        }
    }
    int chosen = most;
    for (const int rows : kLongCalls) {
        if (rows <= most && costs.has(rows) && costs.of(rows) / rows <= best * kRowsNearEnough) {
            chosen = rows;
        }
    }
    const bool all_known =
        std::ranges::all_of(kLongCalls, [&](int rows) { return rows > most || costs.has(rows); });
    return all_known && 2 * chosen <= most ? chosen : most;  // a limit above 256 is like 256
}

bool complete(const CallCosts& costs, const Shape& shape) {
    return std::ranges::all_of(kOrder,
                               [&](int rows) { return costs.has(rows) || !fits(rows, shape); });
}

Measuring measure_costs(Evaluator& evaluator, long run_rows, double spent, CallCosts& costs) {
    const Shape shape = evaluator.shape();
    Measuring result{.seconds = spent};
    if (!fits(kReferenceRows, shape)) {
        return result;
    }
    const double start = evaluator.seconds();
    const double reference = seconds_of(evaluator, kReferenceRows);
    result.reference = reference;
    costs.set(kReferenceRows, 1.0);
    const double run = static_cast<double>(run_rows) * reference / kReferenceRows;
    const double budget = std::min(kMostSeconds, kShareOfRun * run);
    const auto elapsed = [&] { return spent + evaluator.seconds() - start; };
    for (const int rows : kOrder) {
        if (costs.has(rows) || !fits(rows, shape)) {
            continue;
        }
        const double expected = 2.0 * reference * std::max(1.0, costs.of(rows));
        if (elapsed() + expected > budget) {
            continue;  // a shorter call may still fit
        }
        costs.set(rows, seconds_of(evaluator, rows) / reference);
    }
    result.seconds = elapsed();
    return result;
}

}  // namespace otherwise
