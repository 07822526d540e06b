// The sessions of a live study, one after another: the remedy for batch invariance is found once
// for the networks that its worlds have, and contexts are taken over.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/api/live.h"
#include "otherwise/api/live_kept.h"
#include "otherwise/api/live_remedy.h"
#include "otherwise/generate/session.h"

namespace otherwise {

/// Factual strings that are known. [subjects][samples]
using KnownStrings = std::vector<std::vector<std::shared_ptr<const FactualString>>>;

/// How a study is opened once its remedy is known.
struct Opening {
    int sample = 0;     ///< the first of its samples
    bool laws = false;  ///< nothing is written: each draw is only read, in every world
    const KnownStrings* known = nullptr;
};

class LiveOpening {
public:
    LiveOpening(Work work, std::shared_ptr<LiveKept> kept);

    /// Finds the remedy where the networks are not those of one that was found. Returns whether
    /// strings under it have other bits than those before.
    bool prepare(const Study& study, const LiveEvents& events);
    /// Without probes; the study must be prepared.
    void open(const Study& study, const Opening& how, const LiveEvents& events);
    [[nodiscard]] OpenedStudy& opened() { return *opened_; }
    /// The same for a caller that keeps it.
    [[nodiscard]] OpenedStudy take() { return std::move(*std::exchange(opened_, nullptr)); }
    /// Gives back its contexts. Its models stay loaded until the next one of all that share them.
    void close();

    /// All that a world's strings depend on beside the world: the first part of its key.
    [[nodiscard]] std::string head(const Study& study, int sample) const;
    /// The whole key of each world of the study, as it and its files are now.
    [[nodiscard]] std::vector<std::string> keys(const Study& study, int sample) const;

    [[nodiscard]] const Work& work() const { return work_; }
    [[nodiscard]] LiveKept& kept() { return *kept_; }

private:
    [[nodiscard]] std::set<std::string> networks_of(const Study& study) const;
    [[nodiscard]] Study one_each(Study study) const;
    [[nodiscard]] SessionOptions options_for(const Study& study, const Opening& how) const;
    void note_tiles();

    Work work_;
    std::shared_ptr<LiveKept> kept_;
    std::vector<std::shared_ptr<FoundRemedy>> remedies_;  // used last last
    std::shared_ptr<FoundRemedy> remedy_;                 // in use; null before the first
    std::unique_ptr<OpenedStudy> opened_;
};

}  // namespace otherwise
