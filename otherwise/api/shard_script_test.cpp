#include "otherwise/api/shard_script.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

TEST(ShardScript, SaysTheArrayToSlurmAlone) {
    ShardJob job{.shards = 64,
                 .mark = "00ff",
                 .folder = "/data/a \"b\"",
                 .work = "/home/it's",
                 .command = "/bin/otherwise",
                 .name = "runs"};
    const auto slurm = shard_script(job);
    EXPECT_TRUE(slurm.starts_with("#!/usr/bin/env bash\n"));
    EXPECT_NE(slurm.find("\n#SBATCH --array=1-64\n"), std::string::npos);
    EXPECT_NE(slurm.find("\n#SBATCH --output=\"/data/a \\\"b\\\"/logs/%a.txt\"\n"),
              std::string::npos);
    EXPECT_NE(slurm.find("\nwork='/home/it'\\''s'\n"), std::string::npos);
    job.scheduler = ShardScheduler::none;
    EXPECT_EQ(shard_script(job).find("#SBATCH"), std::string::npos);
}

TEST(ShardScript, AShellWordIsThatWord) {
    EXPECT_EQ(shell_word("a b"), "'a b'");
    EXPECT_EQ(shell_word("it's $x"), "'it'\\''s $x'");
    EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace otherwise
