#include "otherwise/measure/law_jsonl.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace otherwise {
namespace {

TEST(LawJsonl, HasOneEntryATokenAndNullWithoutLaw) {
    StringLaw law;
    law.sample = 2;
    law.observed = true;
    law.written = std::make_shared<const Written>(Written{.tokens = {5, 6, 7}});
    law.stay = {0.5, 1.0, 0.0};
    law.prefix = prefix_law(law.stay);
    law.scored = {0};
    law.at = {{.stay = 0.5,
               .kl = std::numeric_limits<double>::infinity(),
               .same_draw = 0.1,
               .log_p = std::log(0.25),
               .log_q = std::log(0.125),
               .top_p = 1,
               .top_q = 1}};
    law.agreement = {0.75};
    law.bounds = {.low = 0.0, .high = 0.5};
    const auto line =
        to_jsonl(law, {.id = "a\xff", .world = "w", .piece = [](Token token) {
                           return token == 6 ? std::string("\xc3") : std::to_string(token);
                       }});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["string"], "a\xef\xbf\xbd");
    EXPECT_EQ(json["sample"], 2);
    EXPECT_EQ(json["world"], "w");
    EXPECT_EQ(json["tokens"], (std::vector<int>{5, 6, 7}));
    EXPECT_EQ(json["pieces"][0], "5");
    EXPECT_EQ(json["pieces"][1], "\xef\xbf\xbd");
    EXPECT_EQ(json["stay"], (std::vector<double>{0.5, 1.0, 0.0}));
    EXPECT_EQ(json["survival"], (std::vector<double>{0.5, 0.5, 0.0}));
    EXPECT_EQ(json["expected_lcp"], 1.0);
    EXPECT_EQ(json["unchanged"], 0.0);
    EXPECT_TRUE(json["kl"][0].is_null());
    EXPECT_TRUE(json["kl"][1].is_null());
    EXPECT_NEAR(json["p"][0].get<double>(), 0.25, 1e-12);
    EXPECT_TRUE(json["q"][2].is_null());
    EXPECT_EQ(json["agreement"][0], 0.75);
    EXPECT_EQ(json["bounds"], (std::vector<double>{0.0, 0.5}));
    EXPECT_EQ(json["observed"], true);
}

}  // namespace
}  // namespace otherwise
