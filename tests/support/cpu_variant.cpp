// Runs all tests of a program on the CPU variant that $OTHERWISE_TEST_CPU_VARIANT names, and skips
// them where this processor cannot run it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "otherwise/model/backends.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

class OnVariant : public testing::Environment {
    void SetUp() override {
        const auto name = test::environment("OTHERWISE_TEST_CPU_VARIANT");
        const auto variants = cpu_variants();
        const auto at = std::ranges::find(variants, name, &CpuVariant::name);
        if (at != variants.end() && at->score == 0) {
            // The mark that ctest looks for, which GoogleTest prints for tests alone.
            GTEST_SKIP() << "[  SKIPPED ] this processor cannot run " << name;
        }
        start_backend({.cpu_variant = name});
    }
};

const auto* const kOnVariant = testing::AddGlobalTestEnvironment(new OnVariant);

}  // namespace
}  // namespace otherwise
