// needs: llama
#include "otherwise/model/invariance.h"

#include <gtest/gtest.h>

#include "otherwise/model/model.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

const FixedCalls kOneShape{.streams = 16, .rows = 1};
const std::vector<Remedy> kAll{{.repack = true, .least_rows = 2},
                               {.repack = true, .least_rows = 8},
                               {.repack = false, .least_rows = 2},
                               {.repack = false, .least_rows = 8},
                               {.repack = true, .least_rows = 1, .fixed = kOneShape}};

TEST(Remedies, TheCheapestFirst) {
    EXPECT_EQ(remedies({}), kAll);
    const auto unpacked = remedies({.may_repack = false});
    ASSERT_EQ(unpacked.size(), 3U);
    EXPECT_EQ(unpacked[0], kAll[2]);
    EXPECT_EQ(unpacked[1], kAll[3]);
    EXPECT_EQ(unpacked[2].fixed, kOneShape);
    EXPECT_FALSE(unpacked[2].repack);
}

TEST(Remedies, NoPaddingWhereItCannotBeForgotten) {
    EXPECT_EQ(remedies({.can_trim = false}), (std::vector<Remedy>{kAll.begin(), kAll.begin() + 4}));
    EXPECT_EQ(remedies({.on_gpu = true, .can_trim = false}),
              (std::vector<Remedy>{kAll.begin(), kAll.begin() + 1}));
}

TEST(Remedies, ShapesAloneOnAGpuTheFastestFirst) {
    const auto list = remedies({.on_gpu = true});
    ASSERT_GT(list.size(), 2U);
    EXPECT_EQ(list[0], kAll[0]);
    for (std::size_t i = 1; i < list.size(); ++i) {
        EXPECT_TRUE(list[i].fixed.any());
        EXPECT_LE(list[i].fixed.all_rows(), 128);
        EXPECT_TRUE(i == 1 || list[i].fixed.streams < list[i - 1].fixed.streams ||
                    !list[i].fixed.flash_attention);
    }
}

TEST(Remedies, ShapesAloneWithoutFlashAttention) {
    EXPECT_EQ(remedies({.flash_attention = false}),
              (std::vector<Remedy>{kAll.begin() + 4, kAll.end()}));
    EXPECT_EQ(remedies({.can_trim = false, .flash_attention = false}).size(), 4U);
    for (const auto& remedy : remedies({.on_gpu = true, .flash_attention = false})) {
        EXPECT_TRUE(remedy.fixed.any());
    }
}

TEST(FindRemedy, StopsAtTheFirstThatHolds) {
    for (std::size_t good = 0; good < kAll.size(); ++good) {
        std::vector<Remedy> tried;
        const Remedy found = find_remedy({}, [&](const Remedy& remedy) {
            tried.push_back(remedy);
            return remedy == kAll[good];
        });
        EXPECT_EQ(found, kAll[good]);
        EXPECT_EQ(tried,
                  (std::vector<Remedy>{kAll.begin(), kAll.begin() + 1 + static_cast<long>(good)}));
    }
}

// What is in use afterwards is the last that was tried.
TEST(FindRemedy, TheFirstWhereNoneHolds) {
    for (const bool may_repack : {true, false}) {
        Remedy last;
        const RemedyTerms terms{.may_repack = may_repack};
        EXPECT_EQ(find_remedy(terms,
                              [&](const Remedy& remedy) {
                                  last = remedy;
                                  return false;
                              }),
                  remedies(terms).front());
        EXPECT_EQ(last, remedies(terms).front());
    }
}

TEST(InvarianceWarning, IsForNetworksThatNoRemedyHelps) {
    EXPECT_EQ(invariance_warning("the model", {}, "beware"), "");
    EXPECT_EQ(
        invariance_warning("world 'a'", {.invariant = false, .worst = 0.5, .shape = "2 × 1 rows"},
                           "beware"),
        "WARNING: world 'a' is not batch invariant (2 × 1 rows: logits differ by up to 0.500000 "
        "nats); beware");
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
