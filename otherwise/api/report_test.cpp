// needs: llama
#include "otherwise/api/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otherwise/study/conduct.h"
#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

/// A run of stub models, with its laws.
std::string stub_run(const test::Folder& folder) {
    const auto scene = test::study_scene();
    test::Bench bench(scene, {});
    RunWriter writer(folder / "run.db", test::head_of(scene), test::stub_piece);
    writer.begin({.version = "1", .llama = "stub"});
    (void)conduct(bench.scene(), folder / "run.db", writer, {});
    return (folder / "run.db").string();
}

TEST(Report, IsValuesAndAPage) {
    const test::Folder folder;
    const auto run = stub_run(folder);
    long last = 0;
    const auto data = report(run, {.title = "Koalas", .targets = {"a"}, .off_targets = {"b"}}, {},
                             [&](long done, long total) {
                                 last = done;
                                 EXPECT_LE(done, total);
                             });
    EXPECT_GT(last, 0);
    EXPECT_EQ(data.head.title, "Koalas");
    EXPECT_EQ(data.targets.size(), 2U);
    EXPECT_FALSE(data.worlds.empty());
    EXPECT_THAT(render_report(data), testing::HasSubstr("Koalas"));
    EXPECT_EQ(report(run).head.title, "run");
    EXPECT_EQ(report(run, {.strings = 1}).strings.size(), 1U);
}

TEST(Report, SaysWhatIsWrong) {
    const test::Folder folder;
    EXPECT_ERROR(report((folder / "no.db").string()), "no such file");
    const auto run = stub_run(folder);
    EXPECT_ERROR(report(run, {.targets = {"("}}), "`target` REGEX");
    EXPECT_ERROR(report(run, {.e5 = true}), "`e5` alone");
    EXPECT_ERROR(report(run, {.embedder = "nowhere.gguf"}), "nowhere.gguf");
}

}  // namespace
}  // namespace otherwise
