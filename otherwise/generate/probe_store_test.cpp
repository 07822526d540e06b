#include "otherwise/generate/probe_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <set>
#include <string>

namespace otherwise {
namespace {

using std::chrono::seconds;

class ProbeStoreTest : public testing::Test {
protected:
    void SetUp() override {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::path(testing::TempDir()) /
                  (std::string("probe_store_") + test->name());
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::filesystem::path file(const std::string& name,
                                             const std::string& text) const {
        const auto path = folder_ / name;
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    [[nodiscard]] ProbeStore store(const std::string& build = "1") const {
        return {folder_ / "probes", "threads = 2\n", build};
    }
    /// The one file that was kept.
    [[nodiscard]] std::filesystem::path kept() const {
        return std::filesystem::directory_iterator(folder_ / "probes")->path();
    }

    std::filesystem::path folder_;
    const Probe bad_{.invariant = false, .worst = 0.625, .shape = "2 × 1 rows"};
};

TEST_F(ProbeStoreTest, GivesBackWhatWasKept) {
    auto first = store();
    EXPECT_FALSE(first.find("model = a\n"));
    first.keep("model = a\n", bad_);
    first.keep("model = b\n", Probe{});
    EXPECT_EQ(first.note(), "");
    auto second = store();
    const auto a = second.find("model = a\n");
    ASSERT_TRUE(a);
    EXPECT_EQ(a->invariant, false);
    EXPECT_EQ(a->worst, bad_.worst);
    EXPECT_EQ(a->shape, bad_.shape);
    EXPECT_EQ(second.note(), " before");
    ASSERT_TRUE(second.find("model = b\n"));
    EXPECT_FALSE(second.find("model = c\n"));
    second.keep("model = c\n", Probe{});
    EXPECT_EQ(second.note(), " (2 of 3 probes before)");
    ProbeStore other(folder_ / "probes", "threads = 1\n", "1");
    EXPECT_FALSE(other.find("model = a\n"));
}

TEST_F(ProbeStoreTest, DoesNotTakeAnotherBuilds) {
    store("1").keep("model = a\n", Probe{});
    auto next = store("2");
    EXPECT_FALSE(next.find("model = a\n"));
    EXPECT_EQ(next.other_build(), "1");
    next.keep("model = a\n", bad_);  // which takes its place
    EXPECT_FALSE(store("1").find("model = a\n"));
    EXPECT_FALSE(store("2").find("model = a\n")->invariant);
}

TEST_F(ProbeStoreTest, TakesNothingFromAFileThatMakesNoSense) {
    store().keep("model = a\n", bad_);
    std::ifstream in(kept(), std::ios::binary);
    const std::string sound((std::istreambuf_iterator<char>(in)), {});
    const auto with = [&](const std::string& from, const std::string& to) {
        auto text = sound;
        return text.replace(text.find(from), from.size(), to);
    };
    std::ofstream(kept(), std::ios::binary) << sound;
    EXPECT_TRUE(store().find("model = a\n"));  // what the others break
    for (const auto& text :
         {std::string(), std::string("\0\xff\xfe", 3), std::string("[]"),
          sound.substr(0, sound.size() / 2), with("false", "true"), with("false", "0"),
          with("0.625", "-1.0"), with("0.625", "null"), with("0.625", "1e999"),
          with("\"shape\"", "\"form\""), with("\"invariant\"", "\"variant\""),
          with("threads = 2", "threads = 3")}) {
        std::ofstream(kept(), std::ios::binary) << text;
        EXPECT_FALSE(store().find("model = a\n")) << text;
    }
}

TEST_F(ProbeStoreTest, IsNoErrorWhereNothingCanBeKept) {
    ProbeStore blocked(file("a file", "no folder") / "probes", "", "1");
    blocked.keep("model = a\n", bad_);
    EXPECT_FALSE(blocked.find("model = a\n"));
    EXPECT_NE(blocked.note().find("could not be kept in"), std::string::npos);
    ProbeStore nowhere("", "", "1");
    nowhere.keep("model = a\n", bad_);
    EXPECT_FALSE(nowhere.find("model = a\n"));
    auto unmarked = store();
    unmarked.keep("", bad_);
    EXPECT_FALSE(unmarked.find(""));
    EXPECT_EQ(nowhere.note() + unmarked.note(), "");
}

TEST_F(ProbeStoreTest, MarksFilesByWhatIsInThem) {
    std::string large(std::size_t{5} << 20U, 'x');
    const auto path = file("large", large);
    const auto time = std::filesystem::last_write_time(path);
    std::set<std::string> marks{mark_of_file(path)};
    std::filesystem::last_write_time(path, time + seconds(1));
    marks.insert(mark_of_file(path));
    std::filesystem::last_write_time(path, time);
    EXPECT_EQ(marks.count(mark_of_file(path)), 1U);
    for (const std::size_t at : {std::size_t{0}, large.size() - 1}) {
        large[at] = 'y';
        std::filesystem::last_write_time(file("large", large), time);
        marks.insert(mark_of_file(path));
    }
    large.push_back('x');
    std::filesystem::last_write_time(file("large", large), time);
    marks.insert(mark_of_file(path));
    const auto small = file("small", std::string(3000, 'x') + "y");
    std::filesystem::last_write_time(small, time);
    marks.insert(mark_of_file(small));
    std::filesystem::last_write_time(file("small", std::string(3000, 'x') + "z"), time);
    marks.insert(mark_of_file(small));
    EXPECT_EQ(marks.size(), 7U);
    EXPECT_EQ(mark_of_file(folder_ / "none"), "");
    EXPECT_NE(mark_of_file(file("empty", "")), "");
}

TEST_F(ProbeStoreTest, ANetworkIsAllThatMovesItsLogits) {
    const auto model = file("a.gguf", "a");
    WorldPlan plan;
    plan.model = model.string();
    std::set<std::string> all;
    const auto add = [&](const WorldPlan& with) { all.insert(network_settings(with, {model})); };
    add(plan);
    auto like = plan;
    like.name = "other";
    like.mechanism.temperature = 0.5F;
    like.prompt.prefix = "more";
    add(like);
    EXPECT_EQ(all.size(), 1U);
    all.insert(network_settings(plan, {file("b.gguf", "b")}));
    all.insert(network_settings(plan, {model, file("c.gguf", "c")}));
    const auto vector = file("v.gguf", "v").string();
    for (const float scale : {1.0F, 1.0000001F}) {
        auto steered = plan;
        steered.edits.emplace_back(Steer{.path = vector, .scale = scale});
        add(steered);
        auto adapted = plan;
        adapted.loras.push_back({.path = vector, .scale = scale});
        add(adapted);
    }
    auto scoped = plan;
    scoped.loras.push_back({.path = vector, .scope = Scope::written});
    add(scoped);
    auto nudged = plan;
    nudged.edits.emplace_back(Nudge{});
    add(nudged);
    auto cached = plan;
    cached.cache_values = "q8_0";
    add(cached);
    auto plain = plan;
    plain.flash_attention = "off";
    add(plain);
    auto dense = plan;
    dense.weights = "f16";
    add(dense);
    EXPECT_EQ(all.size(), 12U);
    std::ofstream(vector) << "w";  // the adapter is another one
    add(scoped);
    EXPECT_EQ(all.size(), 13U);
    EXPECT_EQ(all.count(""), 0U);
    scoped.loras[0].path = (folder_ / "gone.gguf").string();
    EXPECT_EQ(network_settings(scoped, {model}), "");
}

}  // namespace
}  // namespace otherwise
