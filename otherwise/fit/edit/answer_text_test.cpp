#include "otherwise/fit/edit/answer_text.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

/// "prompt|answer"
std::string joined(const std::string& prompt, const std::string& answer) {
    const auto text = joined_text(prompt, answer);
    return text.prompt + "|" + text.answer;
}

TEST(JoinedText, PutsASpaceBetweenWords) {
    EXPECT_EQ(joined("It is in", "Rome"), "It is in| Rome");
    EXPECT_EQ(joined("Es ist in", "Österreich"), "Es ist in| Österreich");
    EXPECT_EQ(joined("한국의 수도는", "서울"), "한국의 수도는| 서울");  // Korean has spaces
    EXPECT_EQ(joined("made by", ".NET"), "made by| .NET");
    EXPECT_EQ(joined("made in (", "Rome"), "made in (|Rome");
    EXPECT_EQ(joined("He said: \"", "Rome"), "He said: \"|Rome");
    EXPECT_EQ(joined("The word \"red\"", "means"), "The word \"red\"| means");
}

TEST(JoinedText, SpaceAtThePromptsEndBelongsToTheAnswer) {
    EXPECT_EQ(joined("It is in ", "Rome"), "It is in| Rome");
    EXPECT_EQ(joined("It is in  ", " Rome"), "It is in| Rome");
    EXPECT_EQ(joined("首都是 ", "北京"), "首都是| 北京");
    EXPECT_EQ(joined("Answer:\n", "Rome"), "Answer:\n|Rome");
    EXPECT_EQ(joined("", "Rome"), "|Rome");
    EXPECT_EQ(joined(" ", "Rome"), " |Rome");
}

TEST(JoinedText, AnAnswerWithWhiteSpaceIsTakenAsItIs) {
    EXPECT_EQ(joined("首都是", " 北京"), "首都是| 北京");
    EXPECT_EQ(joined("It is in", "\nRome"), "It is in|\nRome");
}

TEST(JoinedText, ScriptsWithoutSpacesGetNone) {
    EXPECT_EQ(joined("法国的首都是", "北京"), "法国的首都是|北京");
    EXPECT_EQ(joined("フランスの首都は", "パリ"), "フランスの首都は|パリ");
    EXPECT_EQ(joined("เมืองหลวงคือ", "โรม"), "เมืองหลวงคือ|โรม");
    EXPECT_EQ(joined("ຄື", "ໂຣມ"), "ຄື|ໂຣມ");
    EXPECT_EQ(joined("គឺ", "រ៉ូម"), "គឺ|រ៉ូម");
    EXPECT_EQ(joined("သည်", "ရောမ"), "သည်|ရောမ");
    EXPECT_EQ(joined("総部は", "Cupertino"), "総部は|Cupertino");
    EXPECT_EQ(joined("The capital is", "北京"), "The capital is|北京");
    EXPECT_EQ(joined("首都：", "Rome"), "首都：|Rome");
    EXPECT_EQ(joined("It is 𠀀", "Rome"), "It is 𠀀|Rome");
}

TEST(JoinedText, ClosingPunctuationHasNoSpaceBefore) {
    EXPECT_EQ(joined("It is in Rome", "."), "It is in Rome|.");
    EXPECT_EQ(joined("It is in Rome", ", and"), "It is in Rome|, and");
    EXPECT_EQ(joined("(It is in Rome", ")."), "(It is in Rome|).");
    EXPECT_EQ(joined("Elle est «à Rome", "»"), "Elle est «à Rome|»");
}

TEST(SameAnswer, LooksPastTheSpaceAround) {
    EXPECT_EQ(whole_text("It is", "Rome"), whole_text("It is ", " Rome "));
    EXPECT_NE(whole_text("It is", "Rome"), whole_text("It is", "Rom"));
    EXPECT_NE(whole_text("\u9996\u90fd\u662f", "\u5317"),
              whole_text("\u9996\u90fd\u662f", " \u5317"));
}

TEST(PlacesOf, AreWholeWordsOrAny) {
    EXPECT_EQ(places_of("JavaScript, Java", "Java", false), std::vector<std::size_t>{12});
    EXPECT_EQ(places_of("JavaScript, Java", "Java", true), (std::vector<std::size_t>{0, 12}));
    EXPECT_EQ(places_of("éa a", "a", false), std::vector<std::size_t>{4});
    EXPECT_EQ(places_of("大阪と大阪城", "大阪", false), (std::vector<std::size_t>{0, 9}));
    EXPECT_EQ(places_of("“Java”", "Java", false), std::vector<std::size_t>{3});
    EXPECT_EQ(places_of("C++ and C", "C++", false), std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace otherwise
