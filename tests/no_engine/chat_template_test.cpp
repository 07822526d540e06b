// A build on an installed llama.cpp, which has no Jinja engine: chat templates as it compiles them.
#include "otherwise/model/chat_template.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

#ifdef OTHERWISE_JINJA
#error "this is for builds without the engine"
#endif

namespace otherwise {
namespace {

TEST(NoEngine, SaysSoInOneLine) {
    EXPECT_FALSE(chat_templates_work());
    EXPECT_ERROR(ChatTemplate("{{ 1 }}", "the template of 'm.gguf'"),
                 "a build with llama.cpp's source, whose Jinja engine renders chat templates, got "
                 "one on an installed llama.cpp, asked for the template of 'm.gguf'; format the "
                 "prompts beforehand");
}

TEST(NoEngine, ShipsNoTemplates) {
    EXPECT_FALSE(is_shipped_template("Qwen-Qwen3-0.6B"));
    EXPECT_ERROR(read_chat_template("Qwen-Qwen3-0.6B"), "an installed llama.cpp has no templates");
}

}  // namespace
}  // namespace otherwise
