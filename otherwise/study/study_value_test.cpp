#include "otherwise/study/study_value.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

const std::string kSource = "s.toml";

class Values : public testing::Test {
protected:
    [[nodiscard]] StudyValue at(const char* key) const { return {key, *table_.get(key), kSource}; }

private:
    toml::table table_ = toml::parse(R"(
few = 3
half = 0.5
texts = ["a", "b"]
day = 2026-11-27
large = "18446744073709551615"
tokens = [7, 9]
)");
};

TEST_F(Values, HaveTheTypesOfTheirKeys) {
    EXPECT_EQ(at("few").count(1), 3);
    EXPECT_EQ(at("few").real(0.0, 10.0), 3.0F);
    EXPECT_EQ(at("half").real(0.0, 1.0), 0.5F);
    EXPECT_EQ(at("texts").texts(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(at("day").day(), "2026-11-27");
    EXPECT_EQ(at("large").seed(), 18446744073709551615U);
    EXPECT_EQ(at("tokens").tokens(), (Tokens{7, 9}));
    EXPECT_EQ(at("few").elements().size(), 1U);
}

TEST_F(Values, OfAnotherTypeOrRangeNameKeyAndLine) {
    EXPECT_ERROR((void)at("few").count(4), "few: a whole number from 4, got '3' in line 2");
    EXPECT_ERROR((void)at("half").count(0), "half: a whole number from 0");
    EXPECT_ERROR((void)at("half").real(0.6, 1.0), "a number from 0.6 to 1");
    EXPECT_ERROR((void)at("few").text(), "a text in quotes");
    EXPECT_ERROR((void)at("few").flag(), "true or false");
    EXPECT_ERROR((void)at("texts").word({"on", "off"}), "on|off");
    EXPECT_ERROR((void)at("few").day(), "YYYY-MM-DD");
}

}  // namespace
}  // namespace otherwise
