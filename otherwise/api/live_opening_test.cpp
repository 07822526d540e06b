// needs: llama
#include "otherwise/api/live_opening.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "otherwise/world/spec.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

namespace fs = std::filesystem;

const test::TinyFiles& files() {
    static const test::TinyFiles made;
    return made;
}

Study study_of(const std::string& items) {
    Study study{.model = files().path("a.gguf"), .prompts = {"the city of"}, .tokens = 4};
    study.null_strings = FloorStrings::none;
    study.nudge_strings = FloorStrings::none;
    study.worlds = {parse_world("x=" + items)};
    return study;
}

std::string steer(const std::string& rest) { return "steer:" + files().path("vector.gguf") + rest; }

/// Probes that a machine keeps once they are made.
class Probes {
public:
    explicit Probes(const std::string& name)
        : folder_(fs::path(files().path("a.gguf")).parent_path() / name) {
        fs::remove_all(folder_);
    }
    [[nodiscard]] Work work() const { return {.threads = 1, .cache_folder = folder_.string()}; }
    /// Made since the last time.
    long made() {
        long now = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
            now += entry.is_regular_file() ? 1 : 0;
        }
        return now - std::exchange(before_, now);
    }

private:
    fs::path folder_;
    long before_ = 0;
};

TEST(LiveOpening, NetworksAreProbedOnce) {
    Probes probes("probes_once");
    LiveOpening opening(probes.work(), nullptr);
    const auto open = [&](const std::string& items) {
        const Study study = study_of(items);
        EXPECT_FALSE(opening.prepare(study, {}));
        opening.open(study, {}, {});
        opening.close();
        return probes.made();
    };
    EXPECT_EQ(open(steer(":1.5")), 2) << "the factual network and this one";
    for (const char* same : {":0.25", ":0", ":-1"}) {
        EXPECT_EQ(open(steer(same)), 0) << same;
    }
    EXPECT_EQ(open(steer(":0.5") + ",temp:2"), 0);
    EXPECT_EQ(open("lora:" + files().path("lora.gguf") + ":0.5"), 1);
    EXPECT_EQ(open("lora:" + files().path("lora.gguf") + ":2"), 0);
    EXPECT_EQ(open("lora:" + files().path("lora.gguf") + ":0"), 1) << "a graph without the adapter";
}

TEST(LiveOpening, KeysAreOfAllThatStringsDependOn) {
    LiveOpening opening({.threads = 1}, nullptr);
    const auto key = [&](const Study& study, int sample) {
        return opening.keys(study, sample).front();
    };
    const Study study = study_of(steer(":1.5"));
    EXPECT_EQ(key(study, 0), key(study, 0));
    EXPECT_NE(key(study, 0), key(study, 1));
    EXPECT_NE(key(study, 0), key(study_of(steer(":1.25")), 0));
    EXPECT_TRUE(key(study, 0).starts_with(opening.head(study, 0)));
    const auto before = key(study, 0);
    fs::last_write_time(files().path("vector.gguf"), fs::file_time_type::clock::now());
    EXPECT_NE(key(study, 0), before) << "another file";
}

TEST(LiveOpening, ContextsGoBackAndModelsStay) {
    const auto kept = std::make_shared<LiveKept>(std::size_t{256} << 20U);
    LiveOpening opening({.threads = 1}, kept);
    const Study study = study_of("temp:2");
    (void)opening.prepare(study, {});
    opening.open(study, {}, {});
    const auto* used = opening.opened().session().scene().factual.evaluator;
    opening.close();
    EXPECT_NE(kept->last, nullptr);
    LiveOpening other({.threads = 1}, kept);
    (void)other.prepare(study, {});
    other.open(study, {}, {});
    EXPECT_EQ(other.opened().session().scene().factual.evaluator, used);
}

}  // namespace
}  // namespace otherwise
