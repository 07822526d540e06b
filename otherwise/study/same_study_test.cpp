#include "otherwise/study/same_study.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(SameStudy, LinesNameTheirTable) {
    EXPECT_EQ(setting_lines("seed = 1\n\n[worlds.sad]\nitems = []\n"),
              (std::vector<std::string>{"seed = 1", "worlds.sad.items = []"}));
    EXPECT_TRUE(setting_lines("").empty());
}

TEST(SameStudy, AnotherStudyIsRefusedByTheLineThatDiffers) {
    RunHead stored{.settings = "seed = 1\nsamples = 2\n", .machine = "llama.cpp = a\n"};
    RunHead now = stored;
    require_same(stored, now, "run.db", "the command line", false);
    now.machine = "llama.cpp = b\n";
    EXPECT_ERROR(require_same(stored, now, "run.db", "x", false), "`force` mixes them anyway");
    require_same(stored, now, "run.db", "x", true);
    now.settings = "seed = 1\nsamples = 3\n";
    EXPECT_ERROR(require_same(stored, now, "run.db", "x", true), "(samples = 2), got x with");
    RunHead older = stored;  // of a version that did not keep the template
    older.chat = true;
    RunHead newer = older;
    newer.chat_template = "00";
    newer.settings = "chat = true\nchat-template = \"sha256 00\"\n";
    EXPECT_ERROR(require_same(older, newer, "run.db", "x", true), "written before they did");
    now.settings = "seed = 1\n";
    EXPECT_ERROR(require_same(stored, now, "run.db", "x", true), "(nothing more)");
}

}  // namespace
}  // namespace otherwise
