#include "otherwise/serve/start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "otherwise/world/kinds.h"
#include "otherwise/world/spec.h"

namespace otherwise::serve {
namespace {

using Json = nlohmann::json;

Study study() {
    return {.model = "/models/m.gguf",
            .mechanism = {.temperature = 0.7F},
            .prompts = {"It's", "plain"},
            .seed = 9,
            .tokens = 48,
            .worlds = {parse_world("hot=temp:1.5"), parse_world("sub=prefix:\"Hm, \""),
                       parse_world("sad=steer:sad.gguf:1.5@layers=8-12;scope=written")}};
}

TEST(Start, SaysWhatAPageBeginsWith) {
    const Json json = Json::parse(start_json(study(), "/models/m.gguf"));
    EXPECT_EQ(json["model"], "m.gguf");
    EXPECT_EQ(json["prompts"], Json({"It's", "plain"}));
    const Json item = json["worlds"][1]["items"][0];
    EXPECT_EQ(item["kind"], "prefix");
    EXPECT_EQ(item["argument"], "Hm, ");
    EXPECT_EQ(item["literal"], true);
    EXPECT_EQ(json["worlds"][0]["name"], "hot");
    EXPECT_EQ(json["worlds"][0]["items"][0]["argument"], "1.5");
    const Json steer = json["worlds"][2]["items"][0];
    EXPECT_EQ(steer["scale"], "1.5");
    EXPECT_EQ(steer["options"], Json({{"layers", "8-12"}, {"scope", "written"}}));
    EXPECT_EQ(json["seed"], 9);
    EXPECT_EQ(json["tokens"], 48);
    EXPECT_EQ(json["temperature"].dump(), "0.7");
    EXPECT_EQ(json["kinds"].size(), kinds().size());
    for (const auto& kind : json["kinds"]) {
        EXPECT_TRUE(kind["summary"].is_string());
        if (kind["word"] == "steer") {
            EXPECT_EQ(kind["argument"], "file");
            EXPECT_EQ(kind["dose"], "scale");
        }
        if (kind["word"] == "temp") {
            EXPECT_EQ(kind["dose"], "setting");
        }
    }
}

TEST(Start, TheCommandForAShell) {
    EXPECT_EQ(command_line(study(), 2),
              "otherwise run -m /models/m.gguf -p 'It'\\''s' -p plain --world hot=temp:1.5 --world "
              "'sub=prefix:\"Hm, \"' --world 'sad=steer:sad.gguf:1.5@layers=8-12;scope=written' -n "
              "48 --seed 9 --samples 3 --temp 0.7");
    EXPECT_EQ(command_line({.prompts = {""}, .worlds = {parse_world("a=temp:0")}}, 0),
              "otherwise run -p '' --world a=temp:0");
    EXPECT_EQ(command_line({.strings = {{.id = "1", .prompt = "a", .text = " b"}}}, 0),
              "otherwise run study.toml");
}

TEST(Start, FilesOfNoFolder) { EXPECT_EQ(files_json(Folders({})), "[]"); }

}  // namespace
}  // namespace otherwise::serve
