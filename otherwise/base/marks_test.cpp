#include "otherwise/base/marks.h"

#include <gtest/gtest.h>

#include "otherwise/base/setting.h"

namespace otherwise {
namespace {

TEST(Marks, AreWrittenAsOnACommandLineWhereNoFaceHasItsOwnWay) {
    EXPECT_EQ(plain_settings("use it with " + item_kind("steer")), "use it with steer:");
    EXPECT_EQ(plain_settings(item_kind("do", "3") + " is late"), "do:3 is late");
    EXPECT_EQ(plain_settings("give " + item_option("layers", "A-B")), "give @layers=A-B");
    EXPECT_EQ(plain_settings("see " + our_command("inspect", "FILE")),
              "see `otherwise inspect FILE`");
    EXPECT_EQ(plain_settings(item_world("model", "FILE")), "`world=NAME=model:FILE`");
}

TEST(Marks, AFaceSeesWhatAMarkIsOf) {
    const auto seen = [](std::string_view text) {
        return with_settings(text, [](std::string_view name, std::string_view value) {
            const auto mark = mark_of(name);
            const std::string of = !mark                           ? "setting "
                                   : mark->of == Mark::Of::command ? "command "
                                   : mark->of == Mark::Of::option  ? "option "
                                                                   : "item ";
            return of + std::string(mark ? mark->name : name) + " " + std::string(value);
        });
    };
    EXPECT_EQ(seen(item_kind("top-k", "5")), "item top-k 5");
    EXPECT_EQ(seen(item_option("scope", "written")), "option scope written");
    EXPECT_EQ(seen(our_command("run")), "command run ");
    EXPECT_EQ(seen(setting("held_out", "0.2")), "setting held_out 0.2");
}

}  // namespace
}  // namespace otherwise
