#include "otherwise/study/run_rows.h"

#include <gtest/gtest.h>

#include <memory>

#include "otherwise/study/head_tables.h"
#include "otherwise/study/schema.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

TEST(RunRows, WhatATokenBecomesInDigitsThatCount) {
    EXPECT_EQ(becomes_text({}), "[]");
    EXPECT_EQ(becomes_text({{.position = 2, .tokens = {{5, 0.123456}, {6, 0.0009}, {7, 0.25}}},
                            {.position = 4, .tokens = {}}}),
              "[[2,[[5,0.1235],[7,0.25]]],[4,[]]]");
}

TEST(RunRows, ADrawStandsOnceAndEachPairForItself) {
    const test::Folder folder;
    Database database(folder / "run.db", OpenMode::create);
    migrate(database);
    write_head(database, test::head_of(test::study_scene(2)));
    RunRows rows(database);
    Pair pair;
    pair.factual = std::make_shared<Written>(Written{.tokens = {1, 2}});
    pair.counterfactual = {.tokens = {1, 3}, .ended = true};
    pair.lcp = 1;
    rows.write(pair, "one two", "one three");
    pair.world = 1;
    pair.world_prompt = std::make_shared<Tokens>(Tokens{9});
    rows.write(pair, "one two", "one three");
    EXPECT_EQ(database.number("SELECT count(*) FROM draws"), 1);
    EXPECT_EQ(database.number("SELECT count(*) FROM pairs WHERE lcp = 1 AND unchanged = 0"), 2);
    EXPECT_EQ(database.number("SELECT count(*) FROM prompts WHERE world = 1"), 1);
    rows.write_state(1, StringState::done);
    EXPECT_EQ(database.number("SELECT state FROM strings WHERE string = 1"), 1);
    rows.write_law_state(0, 0, 2);
    EXPECT_EQ(database.number("SELECT law FROM draws"), 2);
}

}  // namespace
}  // namespace otherwise
