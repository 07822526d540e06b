// needs: llama
//
// Covers also: inspect_json.cpp.
#include "otherwise/api/inspect.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

const Work kOneThread{.threads = 1};

class InspectFiles : public testing::Test {
protected:
    test::TinyFiles files;
};

TEST_F(InspectFiles, InspectsEveryKindOfFile) {
    for (const char* name : {"a.gguf", "lora.gguf", "vector.gguf"}) {
        EXPECT_EQ(to_json(inspect(files.path(name), kOneThread)) + "\n",
                  files.command({"inspect", files.path(name), "--json", "-t", "1"}));
    }
    EXPECT_FALSE(inspect(files.path("lora.gguf")).model);
}

TEST_F(InspectFiles, TakesNamesThatAreNoUtf8) {
    const auto name = files.write("v\xFF.gguf", files.read("vector.gguf"));
    const auto json = nlohmann::json::parse(to_json(inspect(name, kOneThread)));
    EXPECT_EQ(json["path"], files.path("v\xEF\xBF\xBD.gguf"));
}

TEST_F(InspectFiles, SaysWhatAModelIsAndWhereItCanBeChanged) {
    const auto json = nlohmann::json::parse(to_json(inspect(files.path("a.gguf"), kOneThread)));
    const auto number = [&](const char* key) { return json.at(key).get<int>(); };
    EXPECT_EQ(json["kind"], "model");
    EXPECT_EQ(json["name"], "Tiny");
    EXPECT_EQ(json["architecture"], "llama");
    EXPECT_EQ(number("layers"), 2);
    EXPECT_EQ(number("width"), 64);
    EXPECT_EQ(number("heads"), 2);
    EXPECT_EQ(number("heads_kv"), 1);
    EXPECT_EQ(number("context"), 256);
    EXPECT_EQ(json["end_tokens"], std::vector{1});
    EXPECT_EQ(number("bos"), -1);
    EXPECT_TRUE(json["chat_works"]);
    EXPECT_EQ(json["chat"]["date"], "none");
    EXPECT_EQ(json["sites"][0]["layers"], (std::vector{0, 1}));
    EXPECT_EQ(json["sites"][0]["width"], 64);
    const auto vector = nlohmann::json::parse(to_json(inspect(files.path("vector.gguf"))));
    EXPECT_EQ(vector["tensors"][0]["name"], "direction.1");
    EXPECT_EQ(vector["tensors"][0]["shape"], std::vector{64});
}

}  // namespace
}  // namespace otherwise
