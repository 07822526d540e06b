// What the report page shows, as plain values: made by ReportBuilder, written by render_report.
//
// Shares and probabilities are between 0 and 1, margins and divergences in nats, lengths in tokens.
// Texts are what a model or a user wrote: any bytes at all, never trusted, made UTF-8 on the way
// into the page.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "otherwise/measure/histogram.h"
#include "otherwise/measure/law_summary.h"
#include "otherwise/measure/pair_measures.h"
#include "otherwise/measure/rounding.h"
#include "otherwise/measure/summary.h"
#include "otherwise/page/curves.h"

namespace otherwise {

/// A line of the table that says how the run was made.
struct RunDetail {
    std::string label;
    std::string value;
};

/// What is known before the first pair.
struct ReportHead {
    std::string title;  ///< the study's name; may be empty
    std::string model;  ///< the factual world's model, as a name to read
    std::vector<RunDetail> facts;
    std::vector<std::string> warnings;  ///< shown on top
    bool smooth = false;                ///< no activation is rounded to 8 bits
};

/// A token that could have come instead.
struct Alternative {
    std::string piece;
    double probability = 0.0;
};

/// One factual string; `pieces` are its tokens as bytes, the EOG token included.
struct ReportString {
    std::string id;
    int sample = 0;
    bool observed = false;
    std::string prompt;
    std::vector<std::string> pieces;
    bool ended = false;  ///< the last token is an EOG token
};

/// One counterfactual of a shown string.
struct ReportPair {
    int string = 0;  ///< index into ReportData::strings
    int world = 0;   ///< index into ReportData::worlds
    int lcp = 0;
    bool unchanged = false;
    double margin = std::numeric_limits<double>::infinity();
    std::vector<std::string> tail;  ///< tokens from the LCP on
    bool ended = false;
    std::vector<unsigned> hits;  ///< [targets] 1: factual text, 2: counterfactual
    /// [factual tokens]; empty where there is no law, NaN after a do that differs.
    std::vector<double> stay;
    std::vector<std::vector<Alternative>>
        become;  ///< [factual tokens]; empty where there is no law
};

/// A pair that another build or processor could have decided otherwise.
struct FragilePair {
    std::string id;
    int sample = 0;
    int lcp = 0;
    bool unchanged = false;
    std::string piece;  ///< the factual token where the strings divide; "" where they do not
    double margin = 0.0;
};

/// One strength of a sweep.
struct DosePoint {
    double dose = 0.0;
    Measured unchanged;
    Measured expected_lcp;
    double kl = std::numeric_limits<double>::quiet_NaN();  ///< mean, nats
    bool factual = false;                                  ///< where the world is the factual one
};

struct DoseCurve {
    std::string name;   ///< what was varied, as "steer.scale"
    bool exact = true;  ///< by the law, else from the sampled pairs
    std::vector<DosePoint> points;
};

struct ReportWorld {
    std::string name;
    std::vector<std::string> changes;  ///< its items, as given
    WorldRole role = WorldRole::change;
    std::string nudge;  ///< the name of the one beside it; "" none
    /// Beside that nudge, by the exact law where both have one.
    std::optional<BeyondRounding> beyond;
    bool exact_beyond = false;
    Summary summary;
    PairSummary pairs;
    std::optional<LawSummary> law;
    std::vector<CurvePoint> sampled;  ///< survival of the sampled pairs
    LcpHistogram histogram;
    Histogram edits;                   ///< over the longer text
    Histogram cosines;                 ///< without counts where there is no embedder
    std::vector<FragilePair> fragile;  ///< the smallest margins first
};

struct ReportData {
    ReportHead head;
    std::vector<ReportWorld> worlds;  ///< the floors last
    std::vector<DoseCurve> doses;
    std::vector<std::string> targets;   ///< "target “(?i)koala”"
    std::vector<ReportString> strings;  ///< the first ones
    std::vector<ReportPair> pairs;      ///< of these strings
    long all_strings = 0;               ///< shown or not: each sample counts
};

}  // namespace otherwise
