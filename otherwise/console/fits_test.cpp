#include "otherwise/console/fits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "tests/support/models.h"

namespace otherwise::console {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// 9 of 10 and 7 of 10: 0.8.
Accuracy accuracy(long a = 9, long b = 7) {
    Accuracy accuracy(2);
    accuracy.sets = {{.right = a, .n = 10}, {.right = b, .n = 10}};
    return accuracy;
}

FitResult direction() {
    FitResult result;
    result.layers = {{.layer = 3, .accuracy = accuracy(5, 3), .separation = 0.5, .distance = 2.0},
                     {.layer = 12,
                      .accuracy = accuracy(),
                      .separation = std::numeric_limits<double>::infinity(),
                      .distance = 12.25,
                      .chosen = true}};
    result.findings = {{.key = "a", .text = "probe 0.80", .in_table = true},
                       {.key = "b", .text = "step 4"}};
    result.step = 4.04;
    result.file = ControlVector{};
    return result;
}

TEST(FitText, OfDirectionsIsATableOfLayersAndHowToApplyThem) {
    const auto text = fit_text(direction(), "no such.gguf", {});
    EXPECT_THAT(text, HasSubstr("layer"));
    EXPECT_THAT(text, HasSubstr("  12 ←"));
    EXPECT_THAT(text, HasSubstr("0.80"));
    EXPECT_THAT(text, HasSubstr("∞"));
    EXPECT_THAT(text, HasSubstr("12.2"));
    EXPECT_THAT(text, HasSubstr("0.5 to 1"));
    // 0.8 is 0.6 of the way from 0.5 to 1: 14.4 of 24 columns.
    EXPECT_THAT(text, HasSubstr("  ██████████████▍\n"));
    EXPECT_THAT(text, Not(HasSubstr("probe 0.80")));  // the table has it
    EXPECT_THAT(text, HasSubstr("\n\n  step 4\n"));
    EXPECT_THAT(text, HasSubstr("\n\nno such.gguf\napply it: "));
    EXPECT_THAT(text, HasSubstr("fitted=steer:no such.gguf:4"));
    EXPECT_THAT(text, EndsWith("   (ablate: takes the direction out)\n"));
}

TEST(FitText, HasTheSizeOfTheFile) {
    const test::TemporaryFolder folder;
    std::ofstream(folder / "v.gguf") << std::string(12345, 'x');
    EXPECT_THAT(fit_text(direction(), (folder / "v.gguf").string(), {}),
                HasSubstr("v.gguf (12 kB)\n"));
}

TEST(FitText, OfOneLayerSaysAllFindings) {
    auto result = direction();
    result.layers.resize(1);
    EXPECT_THAT(fit_text(result, "v.gguf", {}), HasSubstr("  probe 0.80\n  step 4\n"));
}

TEST(FitText, BarsOfMoreSetsBeginAtZero) {
    auto result = direction();
    result.n_sets = 3;
    result.layers[1].accuracy = accuracy(5, 5);
    const auto text = fit_text(result, "v.gguf", {});
    EXPECT_THAT(text, HasSubstr("0 to 1"));
    EXPECT_THAT(text, HasSubstr("  ████████████\n"));
}

TEST(FitText, OfMapsAndHeadsSaysWhatTheirScaleIs) {
    auto result = direction();
    result.method = FitMethod::leace;
    result.file = AffineFile{};
    EXPECT_THAT(fit_text(result, "m.gguf", {}),
                AllOf(HasSubstr("fitted=affine:m.gguf"), HasSubstr("   (a scale below")));
    result.method = FitMethod::iti;
    result.file = HeadsFile{};
    result.n_heads = 1;
    for (int head = 0; head < 30; ++head) {
        result.heads.push_back({.layer = 1,
                                .head = head,
                                .choosing = accuracy(8, 8),
                                .accuracy = accuracy(),
                                .length = 0.125});
    }
    const auto text = fit_text(result, "h.gguf", {});
    EXPECT_THAT(text, AllOf(HasSubstr("fitted=heads:h.gguf:1"),
                            HasSubstr("   (a scale of 1 is one standard deviation)")));
    EXPECT_THAT(text, HasSubstr("  1.0 ←"));
    EXPECT_THAT(text, HasSubstr("  1.19 "));
    EXPECT_THAT(text, Not(HasSubstr("1.20")));  // twenty are shown
    EXPECT_THAT(text, HasSubstr("0.125"));
    result.n_heads = 25;  // or all that are in the file
    EXPECT_THAT(fit_text(result, "h.gguf", {}), HasSubstr("1.24 ←"));
}

TEST(FitText, AFileWhoseNameItemsWouldCutIsQuoted) {
    auto result = direction();
    EXPECT_THAT(fit_text(result, "a,b:2.gguf", {}), HasSubstr("fitted=steer:\"a,b:2.gguf\":4"));
    result.method = FitMethod::mimic;
    result.file = AffineFile{};
    EXPECT_THAT(fit_text(result, "a@b.gguf", {}), HasSubstr("fitted=affine:\"a@b.gguf\""));
}

TEST(FitText, WithoutHeldOutTextsHasNoRates) {
    auto result = direction();
    result.layers[0].accuracy = result.layers[1].accuracy = Accuracy(2);
    const auto text = fit_text(result, "v.gguf", {});
    EXPECT_THAT(text, Not(HasSubstr("nan")));
    EXPECT_THAT(text, Not(HasSubstr("accuracy")));  // an empty column is left out
}

}  // namespace
}  // namespace otherwise::console
