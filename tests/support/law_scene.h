// Laws on stub models: a scene's evaluators and the laws that come out.
#pragma once

#include <vector>

#include "otherwise/measure/law.h"
#include "tests/support/plain_run.h"

namespace otherwise::test {

/// Stub evaluators of a test scene, as the scene of a law.
class LawBench {
public:
    LawBench(const Scene& scene, const Machine& machine) : bench_(scene, machine) {}

    [[nodiscard]] otherwise::Scene scene() { return bench_.scene(); }

    std::vector<StringLaw> laws(const LawOptions& options = {}) {
        std::vector<StringLaw> laws;
        report = run_laws(scene(), options,
                          {.on_string = [&](const StringLaw& law) { laws.push_back(law); },
                           .on_progress = {},
                           .cancelled = {}});
        return laws;
    }

    LawOutcome report;

private:
    Bench bench_;
};

}  // namespace otherwise::test
