#include "otherwise/world/kinds_help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "otherwise/world/kinds.h"

namespace otherwise {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// A text with each run of white space as one space.
std::string unwrapped(const std::string& text) {
    std::istringstream in(text);
    std::string all;
    for (std::string word; in >> word;) {
        all += (all.empty() ? "" : " ") + word;
    }
    return all;
}

TEST(ItemsHelp, HasNoLineOfMoreThan80Columns) {
    for (const auto& line : lines_of(items_help())) {
        EXPECT_LE(line.size(), 80U) << line;
        EXPECT_FALSE(line.ends_with(' ')) << line;
    }
}

TEST(ItemsHelp, HasARowForEachKindInTheirOrder) {
    std::vector<std::string> rows;
    for (const auto& line : lines_of(items_help())) {
        if (line.starts_with("  ") && line[2] != ' ') {
            rows.push_back(line.substr(2, line.find(':') - 2));
        }
    }
    std::vector<std::string> words;
    for (const auto& kind : kinds()) {
        words.emplace_back(kind.words.word);
    }
    EXPECT_EQ(rows, words);
}

TEST(ItemsHelp, WrapsSummariesUnderTheirColumn) {
    const auto text = items_help();
    EXPECT_THAT(text, testing::HasSubstr("  model:FILE               another model file with the "
                                         "same vocabulary\n"));
    EXPECT_THAT(
        text, testing::HasSubstr("  nudge:SIZE               states times 1 + SIZE or 1 - SIZE: a "
                                 "change of no\n"
                                 "                           meaning, whose effect is rounding\n"));
    const auto flat = unwrapped(text);
    for (const auto& kind : kinds()) {  // no word is lost at the end of a line
        EXPECT_THAT(flat, testing::HasSubstr(unwrapped(std::string(kind.words.summary))));
    }
}

TEST(ItemsHelp, SaysOfEachKeyOnceWhoTakesIt) {
    const auto flat = unwrapped(items_help());
    for (const std::string key :
         {"layers=8-12 (steer, ablate, affine, heads, patch, nudge)",
          "scope=prompt|written|all (lora, steer, ablate, affine, heads, "
          "nudge)",
          "site=l_out (patch)", "rows=3,5-7,-1 (patch)", "seed=N (nudge)", "as=tokens (do)"}) {
        const auto at = flat.find(key);
        ASSERT_NE(at, std::string::npos) << key << " in " << flat;
        EXPECT_EQ(flat.find(key.substr(0, key.find('=') + 1), at + 1), std::string::npos) << key;
    }
}

}  // namespace
}  // namespace otherwise
