// What calls of llama.cpp cost on this machine, and the shapes of calls that follow from it.
//
// T(R) is the time of one call of R rows that all want logits, relative to T(32): how far it is
// from proportional to R is all that the choice needs, and relative times that were measured at
// different hours can stand side by side. Between the rows that were measured T is interpolated
// linearly, in blocks of 32 rows, as the kernels take them; T(48) says how much a block costs that
// is half full, h of a whole one, and so one that is full to a share x, x^(−log2 h). No choice
// changes a bit of a result.
#pragma once

#include <map>

#include "otherwise/model/evaluator.h"

namespace otherwise {

/// The call that others are relative to, and the longest.
inline constexpr int kReferenceRows = 32;
inline constexpr int kMostCostRows = 512;

class CallCosts {
public:
    CallCosts() = default;
    /// By rows; those without a positive, finite time are left out.
    explicit CallCosts(const std::map<int, double>& relative);

    /// Sets T(rows) / T(32).
    void set(int rows, double relative);
    [[nodiscard]] bool has(int rows) const { return points_.contains(rows); }
    [[nodiscard]] const std::map<int, double>& points() const { return points_; }
    /// The longest call that is known; 0 without any.
    [[nodiscard]] int longest() const;
    /// Whether no call is cheaper than a shorter one by more than a fifth: else something that ran
    /// beside the measurement made one of them slow, and if that was T(32), all of them are wrong.
    [[nodiscard]] bool plausible() const;
    /// T(rows) / T(32); beyond longest() a guess. At least one call must be known.
    [[nodiscard]] double of(int rows) const;

private:
    [[nodiscard]] double between(int rows) const;

    std::map<int, double> points_;
};

/// Streams to write so many strings of one length on, at most `most`, in turns of P: the fewest
/// whose time, floor(N / P) T(P) + T(N mod P), is within 0.5 % of the best. 0 where too little is
/// known.
[[nodiscard]] int choose_streams(const CallCosts& costs, long strings, int most);

/// Rows of long calls, at most `most`: the most of 128, 256, 512 whose time a row is within 3 % of
/// the best of them; `most` where too little is known.
[[nodiscard]] int choose_rows(const CallCosts& costs, int most);

/// Whether all calls are known that such an evaluator can take.
[[nodiscard]] bool complete(const CallCosts& costs, const Shape& shape);

/// What a measurement took.
struct Measuring {
    double seconds = 0.0;    ///< of all
    double reference = 0.0;  ///< T(32); 0 where not even that could be measured
};

/// Adds to `costs` what is not known yet, the most useful first, each call twice, on an evaluator
/// with empty streams, which are left empty. `run_rows` are the rows of the run that waits: no call
/// begins after which the measurement, the `spent` seconds before it included, would have taken 4 %
/// of that run, or two seconds.
Measuring measure_costs(Evaluator& evaluator, long run_rows, double spent, CallCosts& costs);

/// Streams that measure_costs wants; with fewer it measures less.
inline constexpr int kCostStreams = kReferenceRows;

}  // namespace otherwise
