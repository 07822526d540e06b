#include "otherwise/generate/under_way.h"

#include <gtest/gtest.h>

#include <memory>

namespace otherwise {
namespace {

Finished sampled(int number, Token token) {
    Finished finished;
    finished.sample.number = number;
    finished.written.tokens = {token};
    return finished;
}

Finished led(int number) {
    Finished finished;
    finished.sample.number = number;
    finished.sample.world = 0;
    finished.sample.led = true;
    return finished;
}

TEST(UnderWay, LedSamplesWaitForTheFactualOnes) {
    UnderWay strings(2);
    strings.begin(0, 2);
    strings.lead(0, 2);
    EXPECT_FALSE(strings.take_led(led(1)));
    EXPECT_FALSE(strings.take(sampled(1, 11)));
    EXPECT_TRUE(strings.take(sampled(0, 10)));
    EXPECT_EQ(strings.samples(0)[0]->written->tokens, Tokens{10});
    EXPECT_EQ(strings.samples(0)[1]->written->tokens, Tokens{11});
    auto early = strings.early(0);
    ASSERT_EQ(early.size(), 1U);
    EXPECT_TRUE(strings.early(0).empty());
    const auto first = strings.take_led(early[0]);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->sample.factual->written->tokens, Tokens{11});
    strings.close(0);
    EXPECT_TRUE(strings.take_led(led(0)));  // one was missing, so it was not forgotten
    strings.close(0);
    EXPECT_FALSE(strings.take_led(led(0)));
}

TEST(UnderWay, ATextStandsForAllSamples) {
    UnderWay strings(3);
    strings.begin(0, 1);
    Finished read;
    const auto text = std::make_shared<FactualString>();
    read.sample.factual = text;
    EXPECT_TRUE(strings.take(read));
    EXPECT_EQ(strings.samples(0), UnderWay::Samples(3, text));
}

TEST(UnderWay, OfAStringThatIsLeftOutNothingComes) {
    UnderWay strings(1);
    strings.begin(0, 1);
    strings.lead(0, 1);
    strings.leave_out(0);
    EXPECT_FALSE(strings.take_led(led(0)));
}

}  // namespace
}  // namespace otherwise
