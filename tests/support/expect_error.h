// EXPECT_ERROR(statement, "part"): the statement throws otherwise::Error whose one line holds
// `part`.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "otherwise/base/error.h"

namespace otherwise::test {

template <typename Body>
std::string error_of(const Body& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace otherwise::test

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define EXPECT_ERROR(statement, part)                                                          \
    do {                                                                                       \
        const auto message = otherwise::test::error_of([&] { static_cast<void>(statement); }); \
        EXPECT_THAT(message, testing::HasSubstr(part));                                        \
        EXPECT_THAT(message, testing::StartsWith("expected "));                                \
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;                           \
    } while (false)
