// The open studies of the browsers: one for each session, the longest unused one goes first.
//
// For the thread that evaluates alone.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <utility>

#include "otherwise/api/live.h"

namespace otherwise::serve {

class Studies {
public:
    /// The memory of `work` is shared by the sessions; models are loaded once for all.
    explicit Studies(Work work, std::size_t most);

    /// A study for the next session that has none: what is evaluated in it is there already.
    [[nodiscard]] LiveStudy& spare();
    /// The study of a session; where it has none the spare one, or a new one.
    [[nodiscard]] LiveStudy& of(const std::string& session);
    [[nodiscard]] const Work& work() const { return work_; }
    [[nodiscard]] std::size_t size() const { return open_.size(); }

private:
    Work work_;
    std::size_t most_;
    std::unique_ptr<LiveStudy> spare_;
    std::list<std::pair<std::string, std::unique_ptr<LiveStudy>>> open_;  // used last first
};

}  // namespace otherwise::serve
