#include "otherwise/base/input_bytes.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "tests/support/expect_error.h"
#include "tests/support/gzip.h"

namespace otherwise {
namespace {

using test::gzip;

std::string read_all(const std::string& file, std::size_t size = 7) {
    std::istringstream in(file);
    InputBytes bytes(in, "in");
    std::string all;
    std::string piece(size, '\0');
    while (const auto got = bytes.read(piece.data(), size)) {
        EXPECT_LE(got, size);
        all.append(piece, 0, got);
    }
    EXPECT_EQ(bytes.read(piece.data(), size), 0U);  // the end stays the end
    return all;
}

const std::string kLong = [] {  // longer than any block
    std::string text;
    for (int i = 0; i < 100000; ++i) {
        text += std::to_string(i);
    }
    return text;
}();

TEST(InputBytes, PlainOnesComeAsTheyAre) {
    for (const std::string& text : {std::string(), std::string("a"), std::string("a\0b", 3),
                                    std::string("\x1F"), std::string("\x1Fzip"), kLong}) {
        for (const std::size_t size : {1U, 7U, 1000000U}) {
            EXPECT_EQ(read_all(text, size), text);
        }
    }
}

TEST(InputBytes, GzipIsUnzipped) {
    for (const std::string& text : {std::string(), std::string("a"), kLong}) {
        for (const std::size_t size : {1U, 7U, 1000000U}) {
            EXPECT_EQ(read_all(gzip(text), size), text);
        }
    }
}

TEST(InputBytes, SeveralMembersAreOneText) {
    EXPECT_EQ(read_all(gzip("ab") + gzip("") + gzip("cd")), "abcd");
    EXPECT_EQ(read_all(gzip("ab") + std::string(600, '\0') + gzip("cd")), "abcd");  // padded
    EXPECT_EQ(read_all(gzip("ab") + std::string(600, '\0')), "ab");
}

TEST(InputBytes, GzipThatIsNotWholeIsRefused) {
    const auto whole = gzip("a text of some length, a text of some length");
    for (std::size_t size = 2; size < whole.size(); ++size) {
        EXPECT_ERROR(read_all(whole.substr(0, size)), "whole gzip in in, got gzip that breaks off");
    }
    auto damaged = whole;
    damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 0x55);
    EXPECT_ERROR(read_all(damaged), "whole gzip in in, got");
    EXPECT_ERROR(read_all(gzip("ab") + "more"), "damage");
}

/// A pipe that holds some bytes and then waits.
class Waiting : public std::streambuf {
public:
    explicit Waiting(std::string text) : text_(std::move(text)) {
        setg(text_.data(), text_.data(), text_.data() + text_.size());
    }

protected:
    int_type underflow() override {
        ADD_FAILURE() << "it would wait";
        return traits_type::eof();
    }

private:
    std::string text_;
};

TEST(InputBytes, WhatIsThereIsNotWaitedFor) {
    Waiting buffer("two lines\n");
    std::istream in(&buffer);
    InputBytes bytes(in, "in");
    std::string piece(100, '\0');
    EXPECT_EQ(bytes.read(piece.data(), 3), 3U);
    EXPECT_EQ(bytes.read(piece.data(), 100), 7U);
}

TEST(InputBytes, AStreamThatBreaksOffIsAnError) {
    std::istringstream in("a");
    in.setstate(std::ios::badbit);
    InputBytes bytes(in, "in");
    char c = 0;
    EXPECT_ERROR((void)bytes.read(&c, 1), "to read in, got an error");
}

}  // namespace
}  // namespace otherwise
