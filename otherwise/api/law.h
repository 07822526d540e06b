// The exact law of what would have stayed, without sampling: of a study's strings in each of its
// worlds, along a dose, at the strength that changes each string, or of one token.
//
//   LawTable table = law(study, {.target_text = " Paris"}, {.threads = 4});
//
// Or in two steps, for what lies between:
//
//   OpenedLaw opened = open_law(study, {.sweep = "steer.scale=0:2:0.25"}, work, note);
//   Sweep table = law_sweep(opened, {.on_progress = …, .cancelled = …});
//
// Probabilities are exact (measure/law.h); intervals are over strings (measure/statistics.h); KL
// divergence is in nats, LCP in tokens. Not thread safe, as OpenedStudy. When cancelled, results
// are those of the strings until there.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "otherwise/api/open.h"
#include "otherwise/measure/law_at.h"
#include "otherwise/measure/law_request.h"
#include "otherwise/measure/string_law.h"
#include "otherwise/measure/world_law.h"

namespace otherwise {

class Model;  // model/model.h

/// What a law is asked beside its study. At most one of sweep, threshold and law_at.
struct LawSettings {
    /// A file with a long text in place of the study's strings: cut into chunks of `context` tokens
    /// (512 where it is 0), of which the second half is scored (generate/corpus.h).
    std::string corpus{};
    std::optional<std::string> target_text{};  ///< also its probability right after each prompt
    bool agreement = false;                    ///< also the exact coupled agreement; slower
    std::string sweep{};      ///< "steer.scale=0:2:0.25" (world/dose.h): the law at each dose
    std::string threshold{};  ///< "steer.scale=0:2" (law_request.h): the strength that changes
    int halvings = 8;         ///< steps of the bisection
    std::string law_at{};     ///< "STRING:POSITION": what one token would have become
    int top = 20;             ///< tokens that it becomes, at most
};

/// Throws misuse where settings contradict each other or the study.
void check_law(const Study& study, const LawSettings& settings);

struct LawEvents {
    std::function<void(const StringLaw&)> on_string{};  ///< in order: of a table, a sweep
    /// Strings; of a threshold readings.
    std::function<void(long done, long total)> on_progress{};
    std::function<bool()> cancelled{};
};

/// A study opened for its laws: of a sweep each dose is a world, of a threshold there is one.
class OpenedLaw {
public:
    OpenedLaw(OpenedStudy opened, LawSettings settings);

    [[nodiscard]] Session& session() { return opened_.session(); }
    [[nodiscard]] const Session& session() const { return opened_.session(); }
    /// With the worlds and strings that are read.
    [[nodiscard]] const Study& study() const { return opened_.study(); }
    [[nodiscard]] const OpenedStudy& opened() const { return opened_; }
    [[nodiscard]] const LawSettings& settings() const { return settings_; }

    /// The line of `law --jsonl` for one string and world (law_jsonl.h), without a newline.
    [[nodiscard]] std::string line(const StringLaw& law) const;

    std::vector<float> doses{};           ///< of a sweep, by world
    std::vector<std::string> left_out{};  ///< worlds that a sweep does not read
    ThresholdRequest request{};           ///< of a threshold
    TokenSite site{};                     ///< of law_at

private:
    OpenedStudy opened_;
    LawSettings settings_;
};

/// Opens the worlds and strings that are asked for. `input` is what the study's file "-" stands
/// for. Throws Error like open(), check_law, parse_sweep, parse_threshold, parse_site and
/// choose_string; a corpus that is none, or chunks beyond the model's context; a target text of no
/// token.
[[nodiscard]] OpenedLaw open_law(const Study& study, const LawSettings& settings, const Work& work,
                                 const Note& note = {}, std::istream* input = nullptr);

/// The laws of all strings in all worlds.
struct LawTable {
    std::string model;                         ///< its file
    std::vector<WorldLaw> worlds;              ///< floors last
    std::optional<Measured> factual_target{};  ///< P(target text | prompt) in the factual world
    LawOutcome report;
    bool smooth = false;  ///< no weight of the factual model is quantized
};
[[nodiscard]] LawTable law_table(OpenedLaw& opened, const LawEvents& events = {});
/// All in one, and throws where require_laws does.
[[nodiscard]] LawTable law(const Study& study, const LawSettings& settings, const Work& work = {},
                           const LawEvents& events = {}, const Note& note = {});

/// Throws Error where no string could be read, or a world's do lies beyond all strings. Not where
/// it was cancelled.
void require_laws(const OpenedLaw& opened, const LawOutcome& report);

/// Lines for people on what the numbers are worth: a null world that is no floor, positions after a
/// do, worlds that changed nothing, and, unless `brief`, intervals of few strings.
[[nodiscard]] std::vector<std::string> doubts(const LawTable& table, bool brief = false);

/// A dose, or the nudge beside all of them, and what it came to.
struct DoseRow {
    std::optional<float> dose{};  ///< none: the nudge
    LawSummary summary;
    std::optional<Measured> target{};
};
struct SweepTable {
    std::string target;  ///< "steer.scale"
    std::vector<DoseRow> rows;
    LawOutcome report;
};
[[nodiscard]] SweepTable law_sweep(OpenedLaw& opened, const LawEvents& events = {});

/// The smallest strength at which a string changes under its noise (measure/threshold.h).
struct StringThreshold {
    std::string string;  ///< id
    int sample = 0;
    std::optional<double> strength{};  ///< none: unchanged at the highest
    bool at_low = false;               ///< changed already at the lowest, which it is then
    int position = -1;                 ///< where it changes
    std::string factual{};             ///< bytes of the token there
    std::string counterfactual{};      ///< and of what it becomes
};
struct ThresholdTable {
    std::string target;  ///< "steer.scale"
    double low = 0.0;
    double high = 1.0;
    std::vector<StringThreshold> strings;
    std::vector<std::string> skipped;  ///< ids that the factual world cannot write
    bool cancelled = false;  ///< then these strengths change, maybe smaller ones do; none: unknown
};
/// Gives back the contexts of the session's worlds: it answers no other question afterwards.
[[nodiscard]] ThresholdTable law_threshold(OpenedLaw& opened, const LawEvents& events = {});

/// What one token would have become in each world.
struct WorldTokenLaw {
    std::string world;
    TokenLaw law;
};
struct TokenTable {
    std::vector<WorldTokenLaw> worlds;
    std::vector<std::string> without;       ///< worlds without a law there: of a do
    std::map<Token, std::string> pieces{};  ///< bytes of the tokens in the laws
    bool known = false;  ///< false where it was cancelled before, or the string is impossible
    LawOutcome report;
};
/// Throws misuse for a sample or a position that the string does not have.
[[nodiscard]] TokenTable law_of_token(OpenedLaw& opened, const LawEvents& events = {});

/// Puts the laws of a token, by index of the names, into the table.
void add_laws(TokenTable& table, std::vector<std::optional<TokenLaw>> laws,
              const std::vector<std::string>& names, const Model& model);

/// JSON, indented, without a newline at the end. Numbers that are not finite are null.
/// {"model", "strings", "tokens", "seconds", …, "factual_target", "worlds": [world_law_json.h]}
[[nodiscard]] std::string to_json(const LawTable& table);
/// [{"dose" | "world": "nudge", "unchanged", "expected_lcp", "kl_mean", "target"}]
[[nodiscard]] std::string to_json(const SweepTable& table);
/// [{"string", "sample", "threshold", "at_low", "position", "factual", "counterfactual"}]
[[nodiscard]] std::string to_json(const ThresholdTable& table);
/// The same, a line a string, each with its newline.
[[nodiscard]] std::string to_jsonl(const ThresholdTable& table);
/// [{"world", "observed", "outcomes": [{"token", "text", "probability", "p", "q"}], "rest",
/// "stay_bounds"}]
[[nodiscard]] std::string to_json(const TokenTable& table);

}  // namespace otherwise
