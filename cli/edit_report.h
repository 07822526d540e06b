// What `otherwise edit` says on stderr while it works, and how long each part took.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/progress.h"
#include "otherwise/fit/edit/knowledge_edit.h"

namespace otherwise::cli {

class EditReport {
public:
    explicit EditReport(bool quiet) : quiet_(quiet) {}

    void note(const std::string& line);
    /// Ends the phase before it and starts this one.
    void phase(EditPhase which);
    void progress(long done, long total);
    /// A step of the search for the target values of some of `n_facts` facts, from `first` on; says
    /// every fifth and the last.
    void step(int step, int most_steps, const std::vector<TargetState>& facts, std::size_t first,
              std::size_t n_facts);
    /// Says the times; a phase that came more than once counts once.
    void finish();

private:
    void end_phase();
    bool quiet_;
    std::string name_;
    std::vector<std::pair<std::string, double>> seconds_;
    std::chrono::steady_clock::time_point start_;
    std::unique_ptr<Progress> progress_;
};

}  // namespace otherwise::cli
