#include "otherwise/study/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "otherwise/base/csv_row.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Folder;
using testing::ElementsAre;
using testing::SizeIs;

class Export : public testing::Test {
protected:
    /// What an export writes of a run with this head.
    template <typename F>
    [[nodiscard]] std::vector<std::string> lines(const F& write, const RunHead& head) {
        const auto path = folder_ / std::to_string(++runs_);
        test::write_run(scene_, path, head);
        std::vector<std::string> lines;
        write(RunReader(path), [&](const std::string& line) { lines.push_back(line); });
        return lines;
    }

    test::Scene scene_ = test::study_scene(4);
    const Folder folder_;
    int runs_ = 0;
};

TEST_F(Export, JsonLinesAreTheRunsOwnWithoutFloorsOnSomeStrings) {
    auto head = test::head_of(scene_);
    const auto lines = this->lines(export_jsonl, head);
    // 4 strings, 2 samples, 3 worlds, and each under fresh noise.
    ASSERT_THAT(lines, SizeIs(4 * 2 * 3 * 2));
    for (const auto& line : lines) {
        EXPECT_TRUE(line.ends_with("}\n"));
        EXPECT_NE(nlohmann::json::parse(line).at("world"), "null");
    }
    head.all_null = true;
    EXPECT_THAT(this->lines(export_jsonl, head), SizeIs(4 * 2 * 3 * 2 + 2 * 2));
}

TEST_F(Export, NudgesAreThereWhereTheStudyAsksForAllOfThem) {
    scene_.worlds.back() = {.name = "nudge", .role = WorldRole::nudge};
    auto head = test::head_of(scene_);
    head.all_null = true;
    EXPECT_THAT(lines(export_jsonl, head), SizeIs(4 * 2 * 3 * 2));
    head.all_nudge = true;
    EXPECT_THAT(lines(export_jsonl, head), SizeIs(4 * 2 * 3 * 2 + 2 * 2));
}

TEST_F(Export, ATableHasALineAPairWithTheSameColumns) {
    auto head = test::head_of(scene_);
    head.strings[0].subject.id = "a, \"b\"\r\n";
    head.strings[1].subject.id = "b c";
    head.strings[2].subject.prompt = "\xFF";
    const auto lines = this->lines(export_csv, head);
    ASSERT_THAT(lines, SizeIs(1 + 4 * 2 * 3 * 2));
    EXPECT_EQ(lines[0],
              "string,sample,world,independent,observed,prompt,factual,factual_end,counterfactual,"
              "counterfactual_end,factual_tokens,lcp,unchanged,margin\r\n");
    EXPECT_TRUE(lines[1].starts_with("\"a, \"\"b\"\"\r\n\",0,slight,false,false,"));
    EXPECT_TRUE(lines[1 + 12].starts_with("b c,0,slight,false,true,"));
    EXPECT_NE(lines[1 + 24].find(",\xEF\xBF\xBD,"), std::string::npos);
}

TEST_F(Export, ATablesFieldsAreThoseOfThePair) {
    const auto head = test::head_of(scene_);
    const auto path = folder_ / "run";
    test::write_run(scene_, path, head);
    const RunReader run(path);
    std::vector<std::string> lines;
    export_csv(run, [&](const std::string& line) { lines.push_back(line); });
    std::size_t next = 1;
    run.each_pair([&](const Pair& pair) {
        if (pair.role != WorldRole::change) {
            return;
        }
        std::vector<std::string> fields;
        std::istringstream in(lines.at(next++));
        for (std::string field; std::getline(in, field, ',');) {
            fields.push_back(field);
        }
        ASSERT_GE(fields.size(), 13U);  // no text of the stub's has a comma
        EXPECT_EQ(fields[0], head.strings[static_cast<std::size_t>(pair.string)].subject.id);
        EXPECT_EQ(fields[1], std::to_string(pair.sample));
        EXPECT_EQ(fields[2], head.worlds[static_cast<std::size_t>(pair.world)].name);
        EXPECT_EQ(fields[3], pair.independent ? "true" : "false");
        EXPECT_EQ(fields[4], pair.observed ? "true" : "false");
        EXPECT_EQ(fields[6], run.text(*pair.factual));
        EXPECT_EQ(fields[7], pair.factual->ended ? "eog" : "limit");
        EXPECT_EQ(fields[8], run.text(pair.counterfactual));
        EXPECT_EQ(fields[9], pair.counterfactual.ended ? "eog" : "limit");
        EXPECT_EQ(fields[10], std::to_string(pair.factual->tokens.size()));
        EXPECT_EQ(fields[11], std::to_string(pair.lcp));
        EXPECT_EQ(fields[12], pair.unchanged() ? "true" : "false");
        if (pair.independent) {  // followed nothing, so no margin decided
            EXPECT_EQ(lines[next - 1].substr(lines[next - 1].rfind(',')), ",\r\n");
        }
    });
    EXPECT_EQ(next, lines.size());
}

TEST_F(Export, LawsAreALineAStringAndWorld) {
    const auto lines = this->lines(export_laws, test::head_of(scene_));
    std::map<std::string, int> worlds;
    for (const auto& line : lines) {
        const auto json = nlohmann::json::parse(line);
        ++worlds[json.at("world").get<std::string>()];
        EXPECT_EQ(json.at("stay").size(), json.at("tokens").size());
    }
    // A sampled string has one a sample, the observed one one alone; the null world on two strings.
    EXPECT_EQ(worlds, (std::map<std::string, int>{
                          {"slight", 7}, {"forced", 7}, {"prompt", 7}, {"null", 4}}));
}

}  // namespace
}  // namespace otherwise
