#include "otherwise/base/json_value.h"

#include <gtest/gtest.h>

#include <string>

namespace otherwise {
namespace {

class Tree {
public:
    explicit Tree(std::string text) : text_(std::move(text)) {
        size_ = text_.size();
        text_.push_back('!');  // what follows a record is not the tree's
        fault = tree_.parse(text_.data(), size_);
        EXPECT_EQ(text_[size_], '!');
    }
    [[nodiscard]] JsonValue root() const { return tree_.root(); }
    std::optional<JsonFault> fault;

private:
    std::string text_;
    std::size_t size_ = 0;
    JsonTree tree_;
};

TEST(JsonValue, HoldsEveryKind) {
    const Tree tree(
        R"({"a": [1, -2.50, 1e3, "x\u0000\n\"é"], "b": {"c": true, "d": null}, "": []})");
    ASSERT_FALSE(tree.fault);
    const auto root = tree.root();
    EXPECT_EQ(root.at("a.1").text(), "-2.50");
    EXPECT_EQ(root.at("a.2").text(), "1e3");
    EXPECT_EQ(root.at("a.3").text(), std::string("x\0\n\"é", 6));
    EXPECT_TRUE(root.at("b.c").is_true());
    EXPECT_FALSE(root.at("b.d"));  // null counts as missing
    EXPECT_TRUE(root.find("").is_array());
    EXPECT_FALSE(root.find("").first());
    EXPECT_FALSE(root.at("a.4") || root.at("a.x") || root.at("a.-1") || root.at("b.c.d") ||
                 root.at("z.0"));
}

TEST(JsonValue, WalksSiblingsOverWholeTrees) {
    const Tree tree(R"({"a": {"x": [1, [2]]}, "b": [[], {}], "c": 3})");
    std::string keys;
    for (auto value = tree.root().first(); value; value = value.next()) {
        keys += value.key();
    }
    EXPECT_EQ(keys, "abc");
    EXPECT_FALSE(tree.root().next());
    EXPECT_EQ(tree.root().at("b.1").next().kind(), JsonKind::none);
    EXPECT_EQ(tree.root().at("a.x.1.0").text(), "2");
}

TEST(JsonValue, PathsPreferKeysWithDots) {
    const Tree tree(R"({"a.b": 1, "a": {"b": 2, "c.d": 3, "0": 4}, "k": 5, "k": 6})");
    EXPECT_EQ(tree.root().at("a.b").text(), "1");
    EXPECT_EQ(tree.root().at("a.c.d").text(), "3");
    EXPECT_EQ(tree.root().at("a.0").text(), "4");
    EXPECT_EQ(tree.root().at("k").text(), "6");  // the last
}

TEST(JsonValue, NumbersKeepTheirDigits) {
    const Tree tree("[123456789012345678901234567890, NaN, 7, -7, 7.0, 2147483648]");
    ASSERT_FALSE(tree.fault);
    EXPECT_EQ(tree.root().at("0").text(), "123456789012345678901234567890");
    EXPECT_TRUE(tree.root().at("1").is_number());
    EXPECT_EQ(tree.root().at("2").whole(10), 7);
    EXPECT_FALSE(tree.root().at("2").whole(6) || tree.root().at("3").whole(10) ||
                 tree.root().at("4").whole(10) || tree.root().at("5").whole(2147483647));
}

TEST(JsonValue, FaultsSayTheByte) {
    const auto byte = [](const std::string& text) {
        const Tree tree(text);
        return tree.fault ? static_cast<int>(tree.fault->byte) : -1;
    };
    EXPECT_EQ(byte("{\"a\":1}"), -1);
    EXPECT_EQ(byte("{\"a\":}"), 5);
    EXPECT_EQ(byte("[1 2]"), 3);
    EXPECT_EQ(byte(""), 0);
    EXPECT_GE(byte("\"a\nb\""), 0);
    EXPECT_GE(byte(R"("\ud800")"), 0);
    EXPECT_EQ(byte(std::string("{}\0{", 4)), 2);
    EXPECT_EQ(Tree("[1 2]").fault->what, "missing a comma or ']' after an array element");
}

TEST(JsonValue, DescribesItself) {
    const Tree tree(R"(["a", 7, true, null, [], {}])");
    EXPECT_EQ(tree.root().at("0").described(), "\"a\"");
    EXPECT_EQ(tree.root().at("1").described(), "7");
    EXPECT_EQ(tree.root().at("5").described(), "JSON of type object");
    EXPECT_EQ(tree.root().at("9").described(), "none");
}

}  // namespace
}  // namespace otherwise
