#include "otherwise/generate/factual.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "otherwise/mechanism/mechanism.h"
#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

std::vector<float> a_row(std::uint64_t key) {
    std::vector<float> row(test::kStubVocabulary);
    test::StubModel().logits({.tokens = key}, row);
    return row;
}

TEST(StoredLaw, OutlivesWhatItWasMadeFrom) {
    for (const Mechanism& mechanism : {Mechanism{}, Mechanism{.temperature = 0.7F, .top_k = 9},
                                       Mechanism{.temperature = 0.0F}}) {
        LawScratch scratch;
        auto row = a_row(1);
        const Law law = make_law(mechanism, row, scratch);
        std::vector<double> before;
        for (Token k = 0; k < test::kStubVocabulary; ++k) {
            before.push_back(law.log_prob(k));
        }
        const auto stored = std::make_unique<StoredLaw>(law);
        const StoredLaw copy = *stored;
        std::ranges::fill(row, 0.0F);
        (void)make_law({}, row, scratch);  // ends the first law
        for (Token k = 0; k < test::kStubVocabulary; ++k) {
            EXPECT_EQ(copy.view().log_prob(k), before[static_cast<std::size_t>(k)]);
        }
        EXPECT_EQ(copy.view().greedy, mechanism.greedy());
        EXPECT_EQ(copy.bytes(), test::kStubVocabulary * sizeof(float));
    }
}

TEST(Fingerprint, SeesEveryBitAndEveryPlace) {
    auto row = a_row(2);
    std::set<std::uint64_t> seen{fingerprint(row)};
    EXPECT_EQ(fingerprint(std::vector(row)), *seen.begin());
    for (float& logit : row) {
        const float before = logit;
        logit = std::nextafter(logit, 100.0F);
        EXPECT_TRUE(seen.insert(fingerprint(row)).second);
        logit = before;
    }
    std::swap(row[3], row[4]);
    EXPECT_TRUE(seen.insert(fingerprint(row)).second);
    row.pop_back();
    EXPECT_TRUE(seen.insert(fingerprint(row)).second);
    EXPECT_NE(fingerprint(std::vector{0.0F}), fingerprint(std::vector{-0.0F}));
}

}  // namespace
}  // namespace otherwise
