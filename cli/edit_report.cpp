#include "cli/edit_report.h"
#include "cli/output.h"

#include <fmt/core.h>

#include <algorithm>

namespace otherwise::cli {
namespace {

const char* name_of(EditPhase phase) {
    switch (phase) {
        case EditPhase::prefixes:
            return "prefixes";
        case EditPhase::covariance:
            return "covariance";
        case EditPhase::states:
            return "states";
        case EditPhase::target:
            return "target values";
        case EditPhase::write:
            return "update";
        case EditPhase::effect:
            return "effect";
        case EditPhase::scores:
            return "scores";
    }
    return "";
}

/// "fact 3 of 10", "facts 1-4 of 10", or nothing where there is one fact.
std::string place_of(std::size_t first, std::size_t n, std::size_t all) {
    if (all < 2) {
        return "";
    }
    return n == 1 ? fmt::format("fact {} of {}  ", first + 1, all)
                  : fmt::format("facts {}-{} of {}  ", first + 1, first + n, all);
}

}  // namespace

void EditReport::note(const std::string& line) {
    progress_.reset();
    if (!quiet_) {
        say(line);
    }
}

void EditReport::phase(EditPhase which) {
    end_phase();
    name_ = name_of(which);
    start_ = std::chrono::steady_clock::now();
    const bool texts = which == EditPhase::effect || which == EditPhase::scores;
    Progress::Options options{.unit = texts ? "texts" : "tokens"};
    if (quiet_) {
        options.visible = false;
    }
    progress_ = std::make_unique<Progress>(0, stderr, options);
}

void EditReport::progress(long done, long total) {
    if (progress_) {
        progress_->update(done, total);
    }
}

void EditReport::step(int step, int most_steps, const std::vector<TargetState>& facts,
                      std::size_t first, std::size_t n_facts) {
    constexpr int kEvery = 5;
    const bool all_done = std::ranges::all_of(facts, &TargetState::done);
    if (step % kEvery != 0 && step != most_steps && !all_done) {
        return;
    }
    double loss = 0.0;
    double probability = 0.0;
    for (const auto& fact : facts) {
        loss += fact.loss / static_cast<double>(facts.size());
        probability += fact.parts.probability / static_cast<double>(facts.size());
    }
    note(fmt::format("  {}step {:>2}  loss {:.3f}  P(new) {:.3f}",
                     place_of(first, facts.size(), n_facts), step, loss, probability));
}

void EditReport::finish() {
    end_phase();
    std::string text;
    double all = 0.0;
    for (const auto& [name, seconds] : seconds_) {
        text += fmt::format("{} {:.1f} s, ", name, seconds);
        all += seconds;
    }
    note(text + fmt::format("in all {:.1f} s", all));
}

void EditReport::end_phase() {
    progress_.reset();
    if (!name_.empty()) {
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
        const auto known =
            std::ranges::find(seconds_, name_, &std::pair<std::string, double>::first);
        if (known == seconds_.end()) {
            seconds_.emplace_back(name_, seconds);
        } else {
            known->second += seconds;
        }
    }
    name_.clear();
}

}  // namespace otherwise::cli
