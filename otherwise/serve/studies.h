// The open studies of the browsers, one for each session, which share what they keep.
//
// Contexts with the starts of prompts, strings and laws of all of them take the memory of `work` at
// most: what was longest unused goes first, whosever it is. A study itself is small: the longest
// unused one goes where there are too many.
//
// For the thread that evaluates alone.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <utility>

#include "otherwise/api/live.h"
#include "otherwise/api/live_kept.h"

namespace otherwise::serve {

/// The memory of `work`; where it says none, half of what is free now.
[[nodiscard]] std::size_t memory_of(const Work& work, int gpu_layers);

class Studies {
public:
    /// The memory of `work` must be given; models are loaded once for all.
    explicit Studies(Work work, std::size_t most);

    /// A study for the next session that has none: what is evaluated in it is there already.
    [[nodiscard]] LiveStudy& spare();
    /// The study of a session; where it has none the spare one, or a new one.
    [[nodiscard]] LiveStudy& of(const std::string& session);
    /// For what is opened for one answer: half of the memory, for which room is made.
    [[nodiscard]] Work work_of_one();
    [[nodiscard]] const Work& work() const { return work_; }
    [[nodiscard]] const LiveKept& kept() const { return *kept_; }
    [[nodiscard]] std::size_t size() const { return open_.size(); }

private:
    Work work_;
    std::size_t most_;
    std::shared_ptr<LiveKept> kept_;
    std::unique_ptr<LiveStudy> spare_;
    std::list<std::pair<std::string, std::unique_ptr<LiveStudy>>> open_;  // used last first
};

}  // namespace otherwise::serve
