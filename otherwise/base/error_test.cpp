#include "otherwise/base/error.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

TEST(Error, IsOneSentence) {
    const Error error(Fault::failed, {.where = "f", .expected = "a file", .came = "none"});
    EXPECT_STREQ(error.what(), "expected a file, got none");
    const Error advised(Fault::failed,
                        {.where = "f", .expected = "a file", .came = "none", .advice = "make one"});
    EXPECT_STREQ(advised.what(), "expected a file, got none; make one");
    EXPECT_EQ(advised.complaint().where, "f");
}

TEST(Error, SaysWhoseFaultItIs) {
    const auto fault = [](void (*raise)(Complaint)) {
        try {
            raise({.where = "", .expected = "x", .came = "y"});
        } catch (const Error& error) {
            return static_cast<int>(error.fault());
        }
        return 0;
    };
    EXPECT_EQ(fault([](Complaint c) { fail(std::move(c)); }), 1);
    EXPECT_EQ(fault([](Complaint c) { misuse(std::move(c)); }), 2);
}

TEST(Error, IsUtf8WhateverCame) {
    try {
        misuse({.where = "f", .expected = setting("shard", "I/N"), .came = "'\xd0/4'"});
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "expected `shard=I/N`, got '\xef\xbf\xbd/4'");
        EXPECT_EQ(error.text([](auto, auto) { return "--shard"; }),
                  "expected --shard, got '\xef\xbf\xbd/4'");
    }
}

}  // namespace
}  // namespace otherwise
