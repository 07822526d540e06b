#include "otherwise/base/record_fields.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

/// A record of one field "x", at line 3.
class Record {
public:
    explicit Record(const std::string& value) : text_("{\"x\": " + value + "}") {
        text_.push_back('\0');
        EXPECT_FALSE(tree_.parse(text_.data(), text_.size() - 1));
    }
    [[nodiscard]] JsonValue value() const { return tree_.root(); }
    [[nodiscard]] static RecordPlace place() { return {.source = "in", .line = 3, .number = 0}; }

private:
    std::string text_;
    JsonTree tree_;
};

template <typename Field>
auto read(const Field& field, const std::string& value) {
    const Record record(value);
    return field(record.value(), "x", Record::place());
}

TEST(RecordFields, ThoseThatAreMissingOrNullHaveNoValue) {
    EXPECT_EQ(read(text_field, "null"), std::nullopt);
    EXPECT_EQ(read(tokens_field, "null"), std::nullopt);
    EXPECT_EQ(read(bool_field, "null"), std::nullopt);
    EXPECT_EQ(read(whole_field, "null"), std::nullopt);
    EXPECT_EQ(read(end_field, "null"), std::nullopt);
    const Record record("1");
    EXPECT_EQ(text_field(record.value(), "y", Record::place()), std::nullopt);
    EXPECT_EQ(text_field(record.value(), "x.y.0", Record::place()), std::nullopt);
}

TEST(RecordFields, Texts) {
    EXPECT_EQ(read(text_field, R"("a\n\u00e9")"), "a\n\xC3\xA9");
    EXPECT_EQ(read(text_field, R"("")"), "");
    EXPECT_ERROR(read(text_field, "7"), "a string as \"x\" in in, line 3, got \"x\": 7");
    EXPECT_ERROR(read(text_field, "[]"), "got \"x\": JSON of type array");
}

TEST(RecordFields, Tokens) {
    EXPECT_EQ(read(tokens_field, "[]"), Tokens{});
    EXPECT_EQ(read(tokens_field, "[0, 2147483647]"), (Tokens{0, 2147483647}));
    for (const char* value : {"[2147483648]", "[-1]", "[1.0]", "[\"1\"]", "[null]", "\"1\"", "1"}) {
        EXPECT_ERROR(read(tokens_field, value), "a list of token numbers from 0 as \"x\"");
    }
}

TEST(RecordFields, TruthAndWordsForIt) {
    EXPECT_EQ(read(bool_field, "true"), true);
    EXPECT_EQ(read(bool_field, "false"), false);
    EXPECT_EQ(read(bool_field, R"("True")"), true);
    EXPECT_EQ(read(bool_field, R"("FALSE")"), false);
    for (const char* value : {"1", "0", R"("yes")", R"("")", "{}"}) {
        EXPECT_ERROR(read(bool_field, value), "true or false as \"x\"");
    }
}

TEST(RecordFields, WholeNumbers) {
    EXPECT_EQ(read(whole_field, "0"), 0);
    EXPECT_EQ(read(whole_field, "9223372036854775807"), 9223372036854775807);
    EXPECT_EQ(read(whole_field, R"("12")"), 12);
    for (const char* value :
         {"9223372036854775808", "-1", "1.5", "1e3", R"("")", R"("-0")", "true"}) {
        EXPECT_ERROR(read(whole_field, value), "an integer from 0 as \"x\"");
    }
}

TEST(RecordFields, Ids) {
    const auto id = [](const std::string& value) {
        const Record record(value);
        return id_field(record.value(), "x", Record::place(), 5);
    };
    EXPECT_EQ(id("null"), "5");
    EXPECT_EQ(id("7"), "7");
    EXPECT_EQ(id("-7"), "-7");
    EXPECT_EQ(id("123456789012345678901234567890"), "123456789012345678901234567890");
    EXPECT_EQ(id(R"("a b")"), "a b");
    for (const char* value : {R"("")", "1.5", "true", "[1]"}) {
        EXPECT_ERROR(id(value), "a string or an integer as \"x\"");
    }
}

TEST(RecordFields, Ends) {
    EXPECT_EQ(read(end_field, R"("eog")"), true);
    EXPECT_EQ(read(end_field, R"("limit")"), false);
    EXPECT_ERROR(read(end_field, R"("stop")"),
                 R"("eog" or "limit" as "x" in in, line 3, got "stop")");
}

}  // namespace
}  // namespace otherwise
