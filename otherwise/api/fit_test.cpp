// needs: llama
//
// Covers also: fit_json.cpp.
#include "otherwise/api/fit.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "otherwise/base/hash.h"
#include "otherwise/model/gguf_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

std::vector<std::string> texts_with(const std::string& word) {
    std::vector<std::string> texts;
    for (const char* place :
         {"river", "city", "house", "garden", "winter", "summer", "road", "hill", "sea", "ship"}) {
        texts.push_back("the " + word + " in the " + place);
        texts.push_back("a " + word + " of the " + place);
    }
    return texts;
}

class FitApi : public testing::Test {
protected:
    [[nodiscard]] FitStudy study() const {
        return {.model = test::tiny_model(folder_, "llama").string(),
                .sets = {text_set(texts_with("king"), "kings"),
                         text_set(texts_with("queen"), "queens")},
                .request = {.layers = parse_fit_layers("1-3")}};
    }
    test::TemporaryFolder folder_;
};

TEST_F(FitApi, GivesAFileItsQualityAndItsJson) {
    long last = 0;
    const auto opened = open(study(), {.threads = 1});
    EXPECT_EQ(opened.plan().layers, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(opened.plan().n_texts, 40U);
    const auto fitted = opened.run({.on_progress = [&](long done, long) { last = done; }});
    EXPECT_EQ(last, opened.plan().n_tokens);
    EXPECT_EQ(fitted.layers.size(), 3U);
    const auto json = nlohmann::json::parse(to_json(fitted, "kings.gguf"));
    EXPECT_EQ(json["file"], "kings.gguf");
    EXPECT_EQ(json["notes"]["otherwise.fit.n_first"], 20);
    EXPECT_EQ(json["layers"].size(), 3U);
    EXPECT_EQ(nlohmann::json::parse(to_json(fitted, "\xFF.gguf"))["file"], "\xEF\xBF\xBD.gguf");
    const auto path = folder_ / "kings.gguf";
    save_learned(fitted.file, path);
    EXPECT_EQ(load_control_vector(path).directions.size(), 3U);
}

TEST_F(FitApi, ThreadsChangeNothing) {
    const auto one = fit(study(), {.threads = 1});
    const auto two = fit(study(), {.threads = 2});
    save_learned(one.file, folder_ / "one.gguf");
    save_learned(two.file, folder_ / "two.gguf");
    EXPECT_EQ(sha256_file(folder_ / "one.gguf"), sha256_file(folder_ / "two.gguf"));
}

TEST_F(FitApi, EndsWhereItIsTold) {
    EXPECT_TRUE(fit(study(), {}, {.cancelled = [] { return true; }}).cancelled);
}

TEST_F(FitApi, ErrorsNameSettings) {
    auto bad = study();
    bad.system = "Be brief.";
    EXPECT_THROW((void)open(bad), Error);
    bad = study();
    bad.request.layers.range = {.first = 7, .last = 9};
    EXPECT_ERROR((void)open(bad), "layers within 0-3, got `layers=7-9`");
    bad = study();
    EXPECT_ERROR((void)open(bad, {.memory = 1}), "expected `memory` of at least");
    bad.sets.pop_back();
    EXPECT_ERROR((void)open(bad), "two sets of texts, got 1");
    bad = study();
    bad.request = {.method = FitMethod::iti, .layers = parse_fit_layers("auto")};
    EXPECT_ERROR((void)open(bad), "`layers=all`, N or A-B with iti");
}

TEST(TextSets, AreHashedAsAFileOfLines) {
    EXPECT_EQ(text_set({"a", "b"}, "x").sha256, sha256_text("a\nb\n"));
}

}  // namespace
}  // namespace otherwise
