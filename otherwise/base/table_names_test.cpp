// Names by themselves; records_test.cpp reads whole tables.
#include "otherwise/base/table_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace otherwise {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TableNames, AreTheFieldsOfARow) {
    EXPECT_THAT(names_of("id,prompt,\"a, b\"", ','), ElementsAre("id", "prompt", "a, b"));
    EXPECT_THAT(names_of("id\tprompt", '\t'), ElementsAre("id", "prompt"));
    EXPECT_THAT(names_of("\"open", ','), IsEmpty());
}

TEST(TableNames, AreKnownWhereTheyMeanSomething) {
    EXPECT_TRUE(has_known({"x", "prompt"}));
    EXPECT_FALSE(has_known({"x", "y"}));
    EXPECT_FALSE(has_known({}));
    EXPECT_TRUE(has_name({"x", "y"}, "y"));
    EXPECT_FALSE(has_name({"x", "y"}, "z"));
}

TEST(TableNames, AskedOnesAreAllThere) {
    EXPECT_TRUE(has_all({"a", " b ", "c"}, {"b", "a"}));
    EXPECT_FALSE(has_all({"a", "b"}, {"a", "z"}));
    EXPECT_FALSE(has_all({"a", "b"}, {}));
}

TEST(TableNames, OfASentenceAreNone) {
    EXPECT_TRUE(is_sentence({"In winter", " the house"}));
    EXPECT_FALSE(is_sentence({"id", "prompt"}));
    EXPECT_FALSE(is_sentence({}));
    for (const std::string name : {"prompt", "a_1", "a.b", "x-y", "2nd", "é"}) {
        EXPECT_TRUE(is_plain_name(name)) << name;
    }
    for (const std::string text : {"", "12", "a b", "a:b", "\"a\""}) {
        EXPECT_FALSE(is_plain_name(text)) << text;
    }
}

TEST(TableNames, AreListed) {
    EXPECT_EQ(listed({"a", "b"}), "a, b");
    EXPECT_EQ(listed({}), "");
}

}  // namespace
}  // namespace otherwise
