// needs: llama
#include "otherwise/api/run_files.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "otherwise/base/error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

class RunFiles : public testing::Test {
protected:
    test::TinyFiles files;
};

TEST_F(RunFiles, RunFilesAreComparedCheckedAndExported) {
    const auto run = [&](const char* name, const char* seed) {
        (void)files.command({"run", "-t", "1", "-m", files.path("a.gguf"), "-f",
                             files.path("prompts.txt"), "-n", "4", "--seed", seed, "--world",
                             "hot=temp:1.5", "-o", files.path(name)});
        return files.path(name);
    };
    const auto a = run("a.db", "1");
    const auto b = run("b.db", "2");
    EXPECT_EQ(to_json(compare(a, b)) + "\n", files.command({"compare", a, b, "--json"}));

    const auto verdicts = check(a, {.max_changed = 1.0, .floor = true});
    std::string lines;
    for (const auto& verdict : verdicts) {
        lines += (verdict.kept ? "kept    " : "broken  ") + verdict.expected + ": " + verdict.came +
                 "\n";
    }
    EXPECT_EQ(lines, files.command({"check", a, "--max-changed", "1", "--floor"}));
    EXPECT_NO_THROW(require_kept(verdicts));
    EXPECT_EQ(Json::parse(to_json(verdicts)).size(), verdicts.size());
    EXPECT_THROW(require_kept(check(a, {.min_expected_lcp = 1e6})), Error);

    for (const auto& [form, flag] :
         {std::pair{ExportForm::jsonl, "--jsonl"}, std::pair{ExportForm::csv, "--csv"},
          std::pair{ExportForm::laws, "--law"}}) {
        const auto out = files.path("out");
        const auto printed = files.command({"export", a, flag});
        EXPECT_TRUE(export_run(a, form, std::filesystem::path(out)).progress.finished());
        EXPECT_EQ(files.read("out"), printed);
        std::string taken;
        (void)export_run(a, form, [&](const std::string& more) { taken += more; });
        EXPECT_EQ(taken, printed);
    }
}

}  // namespace
}  // namespace otherwise
