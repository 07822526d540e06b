// needs: llama
#include "otherwise/api/open.h"

#include <gtest/gtest.h>

#include "otherwise/generate/session.h"
#include "otherwise/world/spec.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

Study short_study() {
    Study study{.model = test::default_model().string(),
                .prompts = {"The Louvre is in", "In 1911"},
                .tokens = 4};
    study.worlds = {parse_world("hot=temp:1.5")};
    return study;
}

TEST(Open, GivesASessionOfTheStudy) {
    auto opened = open(short_study(), {.threads = 1});
    EXPECT_EQ(opened.study().tokens, 4);
    EXPECT_EQ(opened.work().threads, 1);
    EXPECT_EQ(opened.session().world_names(), (std::vector<std::string>{"hot", "null"}));
    EXPECT_EQ(opened.session().subjects().size(), 2U);
    auto moved = std::move(opened);
    EXPECT_EQ(moved.session().run({}).pairs, 4);
}

TEST(Open, SaysWhatIsWrongBeforeItLoads) {
    Study study = short_study();
    study.model = "nowhere.gguf";
    EXPECT_ERROR(open(study, {}), "nowhere.gguf");
    study = short_study();
    EXPECT_ERROR(open(study, {.cpu_variant = "abacus"}), "abacus");
    study.prompts = {};
    study.file = "nowhere.txt";
    EXPECT_ERROR(open(study, {}), "nowhere.txt");
}

TEST(Open, ForLawsLeavesRoomForOtherTexts) {
    const auto run = open(short_study(), {.threads = 1});
    const auto laws = open(short_study(), {.threads = 1}, {}, {.laws = true, .extra_tokens = 900});
    EXPECT_GT(laws.session().estimate().stream_length, run.session().estimate().stream_length);
}

}  // namespace
}  // namespace otherwise
