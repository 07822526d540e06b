// needs: llama
#include "otherwise/generate/kept_invariance.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <iterator>

#include "otherwise/model/model.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

TEST(KeptInvariance, IsProbedOnceForEachModel) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "otherwise-kept-invariance";
    std::filesystem::remove_all(folder);
    const auto path = test::default_model();
    const auto first = load_invariant_kept(path, {}, 2, folder);
    ASSERT_TRUE(first.model);
    EXPECT_TRUE(first.invariance.probe.invariant);
    const auto kept = std::filesystem::directory_iterator(folder)->path();
    const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
    std::filesystem::last_write_time(kept, long_ago);
    const auto written = std::filesystem::last_write_time(kept);
    const auto again = load_invariant_kept(path, {}, 2, folder);
    EXPECT_EQ(again.invariance.remedy, first.invariance.remedy);
    EXPECT_EQ(std::filesystem::last_write_time(kept), written);  // nothing new was to be kept
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
    // The control: another number of threads is another probe.
    (void)load_invariant_kept(path, {}, 1, folder);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 2);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace otherwise
