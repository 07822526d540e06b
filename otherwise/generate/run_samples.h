// The samples that a run writes: of each string in each world, with the noise and rules of each.
//
// A world of the user's has two of each number where fresh noise is asked for; floors have one.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "otherwise/generate/bundle.h"
#include "otherwise/generate/run.h"

namespace otherwise {

/// Borrows all that it is given. Samples point into it, so it stays where it is.
class RunSamples {
public:
    RunSamples(const std::vector<Subject>& subjects, const std::vector<RunWorld>& worlds,
               const RunOptions& options);
    ~RunSamples() = default;
    RunSamples(const RunSamples&) = delete;
    RunSamples& operator=(const RunSamples&) = delete;

    /// Of a world in this run.
    [[nodiscard]] const Rules& rules(std::size_t world) const { return rules_[world]; }
    /// Tokens to write at most.
    [[nodiscard]] int limit(int string) const;
    /// Pairs that one sample of the string yields.
    [[nodiscard]] int worlds_of(int string) const;
    /// Pairs of all samples of all strings.
    [[nodiscard]] long pairs() const;

    /// A sample that has written nothing; `independent` of the factual one, under fresh noise.
    [[nodiscard]] Sample sample(int string, int number, bool independent) const;
    /// The samples [first, last) in all worlds that share the factual rows, those of a world
    /// together; `reading` is the text that they go along with, null beside factual samples.
    [[nodiscard]] std::vector<Sample> led(int string, int first, int last,
                                          const std::shared_ptr<FactualString>& reading) const;

private:
    [[nodiscard]] bool has_fresh(const RunWorld& world) const {
        return options_.independent && world.role == WorldRole::change;
    }

    const std::vector<Subject>& subjects_;
    const std::vector<RunWorld>& worlds_;
    const RunOptions& options_;
    std::vector<Rules> rules_;  // [worlds]
};

}  // namespace otherwise
