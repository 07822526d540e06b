// kinds.h and its parts (kind_parts.h); spec_test.cpp reads and writes every form of them.
#include "otherwise/world/kinds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace otherwise {
namespace {

TEST(Kinds, AreARowForEachAlternative) {
    ASSERT_EQ(kinds().size(), std::variant_size_v<Intervention>);
    std::set<std::string_view> words;
    for (const Kind& kind : kinds()) {
        words.insert(kind.words.word);
        EXPECT_EQ(find_kind(kind.words.word), &kind);
        EXPECT_EQ(kind.form.kind, kind.words.word);
        EXPECT_FALSE(kind.words.usage.empty() || kind.words.summary.empty());
    }
    EXPECT_EQ(words.size(), kinds().size());
    EXPECT_EQ(find_kind("steers"), nullptr);
}

TEST(Kinds, SayInHelpWhatTheirFormIs) {
    for (const Kind& kind : kinds()) {
        const auto usage = kind.words.usage;
        SCOPED_TRACE(kind.words.word);
        EXPECT_EQ(usage.starts_with("FILE"), kind.form.argument == Argument::file);
        EXPECT_EQ(usage.find("TEXT") != usage.npos, kind.form.takes_text());
        EXPECT_EQ(usage.starts_with("T:"), kind.form.placed);
        EXPECT_EQ(usage.ends_with("[:SCALE]") || usage == "TOKEN:X", kind.form.scaled);
    }
}

TEST(Kinds, KnowTheirFileAndNumber) {
    Intervention steer = Steer{.path = "v.gguf", .scale = 2.0F};
    EXPECT_EQ(*file_of(steer), "v.gguf");
    *file_of(steer) = "w.gguf";
    *kind_of(steer).number(steer) = 3.0F;
    EXPECT_EQ(item_text(steer), "steer:w.gguf:3");
    Intervention top_k = SetTopK{5};
    EXPECT_EQ(file_of(top_k), nullptr);
    EXPECT_EQ(kind_of(top_k).number(top_k), nullptr);
    for (const Kind& kind : kinds()) {
        const bool file = kind.form.argument == Argument::file;
        EXPECT_EQ(kind.file != nullptr, file) << kind.words.word;
    }
}

TEST(Kinds, OfWhichNumbersCanBeVaried) {
    std::string scales;
    std::string settings;
    for (const Kind& kind : kinds()) {
        scales += kind.dose == Dose::scale ? std::string(kind.words.word) + " " : "";
        settings += kind.dose == Dose::setting ? std::string(kind.words.word) + " " : "";
    }
    EXPECT_EQ(scales, "lora steer ablate affine heads nudge bias ");
    EXPECT_EQ(settings, "temp top-p min-p ");
}

}  // namespace
}  // namespace otherwise
