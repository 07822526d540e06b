// needs: llama
#include "otherwise/fit/methods/fitted.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(FitLayers, ReadsWhatPeopleWrite) {
    EXPECT_EQ(parse_fit_layers("").choice, LayerChoice::usual);
    EXPECT_EQ(parse_fit_layers("auto").choice, LayerChoice::best);
    EXPECT_EQ(parse_fit_layers("all").choice, LayerChoice::all);
    EXPECT_EQ(parse_fit_layers("7").range, (LayerRange{.first = 7, .last = 7}));
    EXPECT_EQ(parse_fit_layers("3-7").range, (LayerRange{.first = 3, .last = 7}));
    for (const char* text : {"best", "3-", "-3", "3,5", "x"}) {
        EXPECT_ERROR((void)parse_fit_layers(text), "auto, all, N or A-B");
    }
}

TEST(FitLayers, MapsTakeTheBestUnlessARangeIsGiven) {
    FitRequest request{.method = FitMethod::mimic};
    EXPECT_TRUE(request.best_layer());
    request.layers = parse_fit_layers("3-7");
    EXPECT_FALSE(request.best_layer());
    request.layers.choice = LayerChoice::best;
    EXPECT_TRUE(request.best_layer());
    EXPECT_FALSE(FitRequest{.method = FitMethod::direction}.best_layer());
    EXPECT_FALSE(
        (FitRequest{.method = FitMethod::leace, .layers = parse_fit_layers("all")}).best_layer());
}

TEST(FitWords, AreReadBothWays) {
    for (const auto& name : fit_method_names()) {
        EXPECT_EQ(method_name(fit_method_of(name)), name);
    }
    for (const auto& name : by_names()) {
        EXPECT_EQ(by_name(by_of(name)), name);
    }
    for (const auto& name : pooling_names()) {
        EXPECT_EQ(pooling_name(pooling_of(name)), name);
    }
    EXPECT_ERROR((void)fit_method_of("rome"),
                 "a method (direction, mimic, leace, iti), got 'rome'");
    EXPECT_ERROR((void)by_of("median"), "`by` (mean, pca, pca-centred), got 'median'");
}

}  // namespace
}  // namespace otherwise
