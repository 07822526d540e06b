// From a study to its session: the models loaded, the worlds checked, the memory planned.
//
//   Study study{.model = "m.gguf", .prompts = {"The Louvre is in"}, …};
//   study.worlds = {parse_world("hot=temp:1.5")};
//   OpenedStudy opened = open(study, {.threads = 4});
//
// Several studies may be open in one process, and each may be used by a thread of its own; one
// OpenedStudy is not thread safe. The kernels (Work::cpu_variant) are the process's: the first
// study that is opened chooses them.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>

#include "otherwise/api/note.h"
#include "otherwise/api/work.h"
#include "otherwise/generate/jsonl.h"
#include "otherwise/measure/run_totals.h"
#include "otherwise/study/study.h"

namespace otherwise {

class Session;  // generate/session.h

/// What a study is opened for, where it is not to be run from its start.
struct Purpose {
    bool laws = false;       ///< nothing is written: each draw is only read, in every world
    int extra_tokens = 0;    ///< room after every prompt for other texts than the strings
    bool all_costs = false;  ///< measure what all shapes of calls cost, however short the run is
    std::string run_file{};  ///< of a run to go on with: its remedy and kernels are kept
    std::istream* input = nullptr;  ///< what the study's file "-" stands for
};

class OpenedStudy {
public:
    OpenedStudy(Study study, Work work, std::unique_ptr<Session> session);
    ~OpenedStudy();
    OpenedStudy(const OpenedStudy&) = delete;
    OpenedStudy& operator=(const OpenedStudy&) = delete;
    OpenedStudy(OpenedStudy&& other) noexcept;
    OpenedStudy& operator=(OpenedStudy&& other) noexcept;

    /// As it was given, but that its day is settled (with_clock).
    [[nodiscard]] const Study& study() const { return study_; }
    [[nodiscard]] const Work& work() const { return work_; }
    [[nodiscard]] Session& session() { return *session_; }
    [[nodiscard]] const Session& session() const { return *session_; }

    /// The texts of a pair, without the token that ends one.
    [[nodiscard]] PairTexts texts(const Pair& pair) const;
    /// What to_jsonl needs of a pair. Borrows from the study.
    [[nodiscard]] PairContext context(const Pair& pair) const;

private:
    Study study_;
    Work work_;
    std::unique_ptr<Session> session_;
};

/// Opens every world of the study, the null world and the nudges, probes them and plans the run.
/// Costs the loading of each model, and the probes unless the study is `fast`. Throws Error: no
/// such file, a study that contradicts itself, worlds that do not fit the model, too little memory.
[[nodiscard]] OpenedStudy open(const Study& study, const Work& work, const Note& note = {},
                               const Purpose& purpose = {});

}  // namespace otherwise
