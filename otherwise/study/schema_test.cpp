// Run files of the first version: read, merged and gone on with as they are. What refuses files is
// in database_test.cpp.
#include "otherwise/study/schema.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "otherwise/study/merge.h"
#include "tests/support/aged_run.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::contents;
using test::Folder;

class OldRun : public testing::Test {
protected:
    /// Part `index` of two, in a file of the first version.
    void write_part(int index) {
        auto head = test::head_of(scene_);
        head.shard = {.index = index, .count = 2};
        const auto path = part(index);
        test::write_run(scene_, path, head);
        test::age(path);
    }
    [[nodiscard]] std::filesystem::path part(int index) const {
        return folder_ / ("part" + std::to_string(index) + ".db");
    }
    /// Without the runner-ups of divergences, which that version did not keep.
    [[nodiscard]] static std::vector<std::string> known(const std::filesystem::path& path) {
        auto lines = contents(path);
        for (auto& line : lines) {
            cut(line, " over ", " {");
            cut(line, "\"runner_up\"", "}");
        }
        return lines;
    }

    static void cut(std::string& line, const char* from, const char* to) {
        if (const auto start = line.find(from); start != std::string::npos) {
            const auto end = line.find(to, start);
            line.erase(start, end == std::string::npos ? end : end - start);
        }
    }

    Folder folder_;
    test::Scene scene_ = test::study_scene(6);
};

TEST_F(OldRun, IsReadAsItIs) {
    const auto path = folder_ / "run.db";
    test::write_run(scene_, path, test::head_of(scene_));
    const auto now = known(path);
    EXPECT_NE(now, contents(path));
    test::age(path);
    EXPECT_EQ(known(path), now);
    EXPECT_EQ(Database(path, OpenMode::read).number("SELECT count(*) FROM migrations"), 1);
}

TEST_F(OldRun, IsMerged) {
    test::write_run(scene_, folder_ / "run.db", test::head_of(scene_));
    write_part(1);
    write_part(2);
    EXPECT_EQ(merge_runs({part(1), part(2)}, folder_ / "all.db", false).done, 6);
    EXPECT_EQ(known(folder_ / "all.db"), known(folder_ / "run.db"));
}

TEST_F(OldRun, ColumnsThatItLacksAreNull) {
    write_part(1);
    const Database old(part(1), OpenMode::read);
    EXPECT_EQ(column_or_null(old, "pairs", "runner_up"), "NULL");
    EXPECT_EQ(column_or_null(old, "pairs", "lcp"), "lcp");
    EXPECT_EQ(column_or_null(old, "none", "lcp"), "NULL");
    EXPECT_EQ(columns_of(old, "main", "prompts"), R"("string", "world", "tokens")");
}

}  // namespace
}  // namespace otherwise
