// needs: llama
#include "otherwise/model/invariance.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

const std::vector<Remedy> kAll{{.repack = true, .least_rows = 2},
                               {.repack = true, .least_rows = 8},
                               {.repack = false, .least_rows = 2},
                               {.repack = false, .least_rows = 8}};

TEST(Remedies, TheCheapestFirst) {
    EXPECT_EQ(remedies(true), kAll);
    EXPECT_EQ(remedies(false), (std::vector<Remedy>{kAll[2], kAll[3]}));
}

TEST(FindRemedy, StopsAtTheFirstThatHolds) {
    for (std::size_t good = 0; good < kAll.size(); ++good) {
        std::vector<Remedy> tried;
        const Remedy found = find_remedy(true, [&](const Remedy& remedy) {
            tried.push_back(remedy);
            return remedy == kAll[good];
        });
        EXPECT_EQ(found, kAll[good]);
        EXPECT_EQ(tried,
                  (std::vector<Remedy>{kAll.begin(), kAll.begin() + 1 + static_cast<long>(good)}));
    }
}

TEST(FindRemedy, TheLastWhereNoneHolds) {
    for (const bool may_repack : {true, false}) {
        EXPECT_EQ(find_remedy(may_repack, [](const Remedy&) { return false; }), kAll.back());
    }
}

TEST(ProbeModel, TheDefaultModelTakesTwoRows) {
    const auto found = probe_model(test::default_model(), {}, 2);
    EXPECT_TRUE(found.probe.invariant) << found.probe.shape;
    EXPECT_EQ(found.remedy, kAll.front());
}

TEST(ProbeModel, NeverRepacksUnasked) {
    const auto found = probe_model(test::default_model(), {.repack = false}, 2);
    EXPECT_TRUE(found.probe.invariant) << found.probe.shape;
    EXPECT_EQ(found.remedy, kAll[2]);
}

TEST(ProbeModel, NeedsAModel) { EXPECT_ERROR(probe_model("none.gguf", {}, 1), "none.gguf"); }

}  // namespace
}  // namespace otherwise
