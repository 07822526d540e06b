// needs: llama
#include "otherwise/api/invariant.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "otherwise/model/model.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

class OpenInvariant : public testing::Test {
protected:
    /// What is noted, and the remedy.
    Remedy open() {
        notes_.clear();
        return open_invariant(path_, {}, {.threads = 1, .cache_folder = folder_.path().string()},
                              [&](const std::string& line) { notes_.push_back(line); })
            .invariance.remedy;
    }
    /// How many probes are kept; they are all made failed ones.
    int spoil() const {
        int n = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder_ / "probes")) {
            std::ifstream in(entry.path());
            auto kept = nlohmann::json::parse(in);
            in.close();
            kept["invariant"] = false;
            kept["worst"] = 0.5;
            kept["shape"] = "2 × 1 rows";
            std::ofstream(entry.path()) << kept;
            ++n;
        }
        return n;
    }
    test::TemporaryFolder folder_;
    std::filesystem::path path_ = test::tiny_model(folder_, "llama");
    std::vector<std::string> notes_;
};

TEST_F(OpenInvariant, TakesTheNextRemedyAndSaysWhereNoneHelps) {
    const auto all = remedies({.can_trim = false});
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(open(), all[i]);
        EXPECT_TRUE(notes_.empty());
        EXPECT_EQ(spoil(), static_cast<int>(i) + 1);
    }
    EXPECT_EQ(open(), all.front());
    EXPECT_EQ(notes_, std::vector<std::string>{
                          "WARNING: the model is not batch invariant (2 × 1 rows: logits differ "
                          "by up to 0.500000 nats); small differences may be noise"});
    // Nobody need listen.
    EXPECT_NO_THROW((void)open_invariant(
        path_, {}, {.threads = 1, .cache_folder = folder_.path().string()}, {}));
}

TEST_F(OpenInvariant, KeepsNothingWithoutAFolder) {
    (void)open_invariant(path_, {}, {.threads = 1}, {});
    EXPECT_FALSE(std::filesystem::exists(folder_ / "probes"));
}

}  // namespace
}  // namespace otherwise
