#include "otherwise/study/study_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

Study some_study() {
    Study study;
    study.prompts = {"the house"};
    study.worlds = {{.name = "hot", .interventions = {SetTemperature{2.0F}}}};
    return study;
}

TEST(WithValues, TakesSettingsByTheirNamesInCalls) {
    const Study study = with_values(some_study(),
                                    "tokens = 7\nskip_impossible = true\n"
                                    "seed = 3\nno_repack = true\nprompt_tokens = 4\n"
                                    "null = \"some\"");
    EXPECT_EQ(study.tokens, 7);
    EXPECT_TRUE(study.skip_impossible);
    EXPECT_TRUE(study.no_repack);
    EXPECT_EQ(study.prompt_tokens, 4);
    EXPECT_EQ(study.seed, 3U);
    EXPECT_EQ(study.null_strings, FloorStrings::some);
    EXPECT_EQ(study.prompts, some_study().prompts);  // the rest is as it was
    EXPECT_EQ(study.worlds, some_study().worlds);
}

TEST(WithValues, RefusesUnknownOnesWithTheNearest) {
    EXPECT_ERROR(with_values({}, "toksens = 7"), "`toksens`");
    EXPECT_ERROR(with_values({}, "toksens = 7"), "did you mean `tokens`?");
    EXPECT_ERROR(with_values({}, "max_tokens = 7"), "did you mean `tokens`?");
    EXPECT_ERROR(with_values({}, "skip_imposible = true"), "did you mean `skip_impossible`?");
    EXPECT_ERROR(with_values({}, "zzz = 1"), "`zzz`");
}

TEST(WithValues, RefusesValuesOfAnotherTypeOrRange) {
    EXPECT_ERROR(with_values({}, "tokens = \"seven\""), "tokens");
    EXPECT_ERROR(with_values({}, "prompt_tokens = 0"), "prompt_tokens");
    EXPECT_ERROR(with_values({}, "independent = 3"), "independent");
}

TEST(RequireConsistent, WantsOneSourceOfStrings) {
    Study study = some_study();
    EXPECT_NO_THROW(require_consistent(study));
    study.file = "prompts.txt";
    EXPECT_ERROR(require_consistent(study), "one source of strings");
    study.prompts.clear();
    EXPECT_NO_THROW(require_consistent(study));
    study.file.clear();
    EXPECT_ERROR(require_consistent(study), "strings to run on");
    study.strings = {{.id = "x", .prompt = "a"}};
    EXPECT_NO_THROW(require_consistent(study));
}

TEST(RequireConsistent, WantsAWorldOrAFloorOnAllStrings) {
    Study study = some_study();
    study.worlds.clear();
    EXPECT_ERROR(require_consistent(study), "a world to compare with");
    EXPECT_NO_THROW(require_consistent(study, false));
    study.nudge_strings = FloorStrings::all;
    EXPECT_NO_THROW(require_consistent(study));
    study.nudge_strings = FloorStrings::none;
    study.null_strings = FloorStrings::all;
    EXPECT_NO_THROW(require_consistent(study));
    study.worlds = {{.name = "a"}, {.name = "b"}, {.name = "a"}};
    EXPECT_ERROR(require_consistent(study), "'a' twice");
}

TEST(RequireConsistent, RefusesSettingsThatExcludeEachOther) {
    Study split = some_study();
    split.prompt_words = 2;
    EXPECT_NO_THROW(require_consistent(split));
    split.chat = true;
    EXPECT_ERROR(require_consistent(split), "whole texts to split");
    split.chat = false;
    split.prompt_tokens = 3;
    EXPECT_ERROR(require_consistent(split), "`prompt_words` or `prompt_tokens`");
    Study stops = some_study();
    stops.stop_at_divergence = true;
    EXPECT_NO_THROW(require_consistent(stops));
    stops.independent = true;
    EXPECT_ERROR(require_consistent(stops), "`stop_at_divergence` or `independent`");
}

}  // namespace
}  // namespace otherwise
