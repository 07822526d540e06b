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

}  // namespace
}  // namespace otherwise
