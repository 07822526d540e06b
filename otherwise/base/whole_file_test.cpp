#include "otherwise/base/whole_file.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

std::string refusal_of(const std::string& path) {
    try {
        (void)whole_file(path, "a file of words");
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(WholeFile, HasAllBytes) {
    const auto path = (std::filesystem::temp_directory_path() / "whole_file_test").string();
    const std::string bytes = std::string(100'000, 'a') + '\0' + "\r\n";
    std::FILE* file = std::fopen(path.c_str(), "wb");
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(std::fwrite(bytes.data(), 1, bytes.size(), file), bytes.size());
    EXPECT_EQ(std::fclose(file), 0);
    EXPECT_EQ(whole_file(path, "a file"), bytes);
    std::filesystem::remove(path);
    EXPECT_EQ(refusal_of(path), "expected a file of words, got no such file, '" + path + "'");
}

TEST(WholeFile, WhatCannotBeReadIsNoEmptyText) {
    EXPECT_EQ(refusal_of("/tmp"), "expected a file of words, got a folder, '/tmp'");
    // The pages of a process that nothing is mapped at: opened, and no byte of it can be read.
    const auto said = refusal_of("/proc/self/mem");
    EXPECT_NE(
        said.find("one that cannot be read to its end, '/proc/self/mem' (Input/output error)"),
        std::string::npos)
        << said;
}

}  // namespace
}  // namespace otherwise
