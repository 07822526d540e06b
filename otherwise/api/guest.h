// Runs and laws of networks that are no file of ours: whoever calls evaluates the rows.
//
//   GuestStudy guest{.study = {.seed = 7, …}, .engine = "PyTorch 2.15 on cpu",
//                    .factual = {.name = "gpt2", .evaluator = &network}, …};
//   OpenedGuests opened(std::move(guest), {.threads = 4});
//   RunResult result = run(opened, {}, {.path = "run.db"});
//
// Evaluator (model/evaluator.h) is the border: rectangles of rows, copy, trim. Noise, mechanisms,
// hindsight, run files, laws and tables are those of any other study. The null world is the factual
// one on an evaluator of its own, which reads drafts in long calls where the factual world wrote
// token after token: what differs there is the rounding of calls of another shape.
//
// Nudges, chats, and interventions in words need a model of ours; a study with them is refused.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "otherwise/api/law.h"
#include "otherwise/api/run_file.h"
#include "otherwise/api/run_result.h"
#include "otherwise/api/work.h"
#include "otherwise/generate/jsonl.h"
#include "otherwise/generate/run_callbacks.h"
#include "otherwise/generate/strings.h"
#include "otherwise/measure/run_totals.h"
#include "otherwise/model/evaluator.h"
#include "otherwise/study/study.h"

namespace otherwise {

struct Scene;  // generate/run.h

/// What stands for each token, [n_vocab] each.
struct GuestVocabulary {
    std::vector<std::string> pieces{};  ///< bytes in a text; "" of control tokens
    std::vector<std::string> names{};   ///< the same with control tokens written out
    std::vector<bool> ends{};           ///< ends a string
};

struct GuestWorld {
    std::string name;
    std::string identity{};     ///< what runs must share beside the name: a hash of its weights
    std::string description{};  ///< for people
    Evaluator* evaluator = nullptr;  ///< lent; null: the factual one's network
    WorldRole role = WorldRole::change;
    Mechanism mechanism{};
};

struct GuestStudy {
    /// What is drawn and measured. Its model, worlds and strings are not looked at.
    Study study{};
    std::string engine{};              ///< what evaluates, where, in which precision: one line
    GuestWorld factual{};              ///< named as its model is; by the study's mechanism
    std::vector<GuestWorld> worlds{};  ///< the null world last, where there is one
    GuestVocabulary vocabulary{};
    std::vector<Subject> subjects{};
    std::vector<Tokens> prompts{};     ///< [subjects]
    std::vector<WorldProbe> probes{};  ///< what is known of shapes of calls
};

/// A guest's study, checked. Not thread safe; lent evaluators must outlive it.
class OpenedGuests {
public:
    /// Throws misuse: no worlds, lists of other lengths, two vocabularies, tokens beyond it, what
    /// guests cannot do (see above); Error: a forbidden observed token is found in the run.
    OpenedGuests(GuestStudy guest, Work work);
    ~OpenedGuests();
    OpenedGuests(const OpenedGuests&) = delete;
    OpenedGuests& operator=(const OpenedGuests&) = delete;

    [[nodiscard]] const GuestStudy& guest() const { return guest_; }
    [[nodiscard]] const Study& study() const { return guest_.study; }
    [[nodiscard]] const Work& work() const { return work_; }
    /// Borrows from this.
    [[nodiscard]] const Scene& scene() const { return *scene_; }
    [[nodiscard]] std::vector<std::string> names() const;
    [[nodiscard]] std::vector<WorldLabel> labels() const;

    /// Bytes of tokens, control tokens written out where `special`.
    [[nodiscard]] std::string text(std::span<const Token> tokens, bool special = false) const;
    [[nodiscard]] PairTexts texts(const Pair& pair) const;
    [[nodiscard]] PairContext context(const Pair& pair) const;

private:
    void check() const;
    void make_scene();

    GuestStudy guest_;
    Work work_;
    std::unique_ptr<Scene> scene_;
};

/// As run of api/run.h.
[[nodiscard]] RunResult run(const OpenedGuests& opened, const RunCallbacks& callbacks = {},
                            const RunFile& file = {});

/// As law_table of api/law.h, without a target text. Throws Error where no string can be read.
[[nodiscard]] LawTable law_table(const OpenedGuests& opened, bool agreement,
                                 const LawEvents& events = {});

}  // namespace otherwise
