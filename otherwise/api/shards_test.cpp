// needs: llama
#include "otherwise/api/shards.h"

#include <gtest/gtest.h>

#include "otherwise/study/study.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

class Shards : public testing::Test {
protected:
    [[nodiscard]] Study study() const {
        Study study{.model = files.path("a.gguf"), .file = files.path("prompts.txt")};
        study.worlds = {{.name = "hot", .interventions = {SetTemperature{.value = 1.5F}}}};
        return study;
    }
    test::TinyFiles files;
};

TEST_F(Shards, AFolderHoldsTheStudyTheMarkAndTheScript) {
    const ShardSettings settings{.shards = 2, .folder = files.path("runs"), .command = "/c"};
    const auto made = write_shards(study(), settings);
    EXPECT_EQ(made.strings, 2);
    EXPECT_EQ(made.start, "sbatch '" + files.path("runs/shards.sh") + "'");
    EXPECT_EQ(to_toml(read_study(files.path("runs/study.toml"))), to_toml(study()));
    const auto mark = files.read("runs/.otherwise-shards");
    EXPECT_NE(files.read("runs/shards.sh").find(mark.substr(0, 16)), std::string::npos);
    (void)write_shards(study(), settings);
    EXPECT_EQ(files.read("runs/.otherwise-shards"), mark);
}

TEST_F(Shards, AnotherStudyIsRefusedThere) {
    const ShardSettings settings{.shards = 2, .folder = files.path("runs"), .command = "/c"};
    (void)write_shards(study(), settings);
    Study other = study();
    other.seed = 9;
    EXPECT_ERROR(write_shards(other, settings), "shards of another study");
    ShardSettings three = settings;
    three.shards = 3;
    EXPECT_ERROR(write_shards(study(), three), "of at most 2");
    other.file = "-";
    EXPECT_ERROR(write_shards(other, settings), "standard input");
}

}  // namespace
}  // namespace otherwise
