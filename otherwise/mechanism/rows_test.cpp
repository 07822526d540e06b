// Each pass against the plain loop, on every instruction set of this machine and at lengths around
// those of a vector, two vectors and a block; what lies behind a row's end is never read as a part.
#include "otherwise/mechanism/rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>

#include "hwy/targets.h"

namespace otherwise {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

void on_every_target(const std::function<void()>& test) {
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        SCOPED_TRACE(hwy::TargetName(target));
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(target);
        test();
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
}

/// Logits in steps of 1/8, so that ties are common, some masked; behind them a larger one.
class Padded {
public:
    Padded(std::size_t n, std::mt19937_64& random) : all_(n + 64, 1000.0F), n_(n) {
        for (std::size_t k = 0; k < n; ++k) {
            all_[k] = random() % 5 == 0 ? -kInfinity : static_cast<float>(random() % 160) / 8 - 10;
        }
    }
    [[nodiscard]] std::span<float> row() { return std::span(all_).first(n_); }
    [[nodiscard]] std::size_t behind() const {
        return static_cast<std::size_t>(std::ranges::count(all_, 1000.0F));
    }

private:
    std::vector<float> all_;
    std::size_t n_;
};

/// Every length to 140 with a row of its own.
void at_every_length(const std::function<void(Padded& padded)>& test) {
    std::mt19937_64 random(11);
    for (std::size_t n = 0; n < 140; ++n) {
        SCOPED_TRACE(std::to_string(n) + " tokens");
        Padded padded(n, random);
        test(padded);
    }
}

TEST(Rows, PeakIsTheLargest) {
    on_every_target([] {
        at_every_length([](Padded& padded) {
            const auto row = padded.row();
            const auto peak = rows::peak(row);
            EXPECT_EQ(peak.value, row.empty() ? -kInfinity : std::ranges::max(row));
            EXPECT_TRUE(peak.sensible);
        });
    });
}

TEST(Rows, PeakSeesWhatIsNoLogitAtEveryPlace) {
    on_every_target([] {
        for (std::size_t at = 0; at < 70; ++at) {
            std::vector<float> row(70, 1.0F);
            row[at] = kNaN;
            EXPECT_FALSE(rows::peak(row).sensible) << at;
            row[at] = kInfinity;
            EXPECT_FALSE(rows::peak(row).sensible) << at;
            row[at] = -kInfinity;
            EXPECT_TRUE(rows::peak(row).sensible) << at;
        }
    });
}

TEST(Rows, ExponentialsAndTheirSum) {
    on_every_target([] {
        at_every_length([](Padded& padded) {
            const auto row = padded.row();
            std::vector<float> weights(row.size() + 1, -7.0F);
            double expected = 0.0;
            for (const float logit : row) {
                expected += std::exp(double{logit} - 10.0);
            }
            const double sum = rows::exponentials(row, 10.0F, std::span(weights).first(row.size()));
            EXPECT_NEAR(sum, expected, 1e-6 * expected);
            for (std::size_t k = 0; k < row.size(); ++k) {
                const double weight = std::exp(double{row[k]} - 10.0);
                EXPECT_NEAR(double{weights[k]}, weight, 1e-6 * weight);
            }
            EXPECT_EQ(weights.back(), -7.0F);
        });
    });
}

TEST(Rows, TheSumIsCompensated) {  // a plain float sum of these stops at 2^24 of the small ones
    std::vector<float> row(1U << 20U, -12.0F);
    row[0] = 0.0F;
    std::vector<float> weights(row.size());
    const double small = std::exp(-12.0);
    const double expected = 1.0 + small * static_cast<double>(row.size() - 1);
    on_every_target(
        [&] { EXPECT_NEAR(rows::exponentials(row, 0.0F, weights), expected, 2e-7 * expected); });
}

TEST(Rows, QuotientsAreThoseOfFloats) {
    on_every_target([] {
        at_every_length([](Padded& padded) {
            const auto row = padded.row();
            std::vector<float> out(row.size() + 1, -7.0F);
            rows::divide(row, 0.7F, std::span(out).first(row.size()));
            for (std::size_t k = 0; k < row.size(); ++k) {
                EXPECT_EQ(out[k], row[k] / 0.7F);
            }
            EXPECT_EQ(out.back(), -7.0F);
        });
    });
}

TEST(Rows, EachBlockHasItsMaximum) {
    on_every_target([] {
        std::vector<float> maxima = {5.0F, 6.0F};  // of another row
        at_every_length([&](Padded& padded) {
            const auto row = padded.row();
            rows::block_maxima(row, maxima);
            std::vector<float> expected;
            for (std::size_t first = 0; first < row.size(); first += 64) {
                const auto block =
                    row.subspan(first, std::min<std::size_t>(64, row.size() - first));
                expected.push_back(std::ranges::max(block));
            }
            EXPECT_EQ(maxima, expected);
        });
    });
}

TEST(Rows, GathersTheBoundItselfAndAboveInOrder) {
    on_every_target([] {
        std::vector<Candidate> kept = {{.logit = 1.0F, .token = 9}};  // of another row
        at_every_length([&](Padded& padded) {
            const auto row = padded.row();
            for (const float bound : {-kInfinity, -2.5F, 5.0F, 9.875F, 10.0F}) {
                rows::gather(row, bound, kept);
                std::size_t next = 0;
                for (std::size_t k = 0; k < row.size(); ++k) {
                    if (row[k] >= bound) {
                        ASSERT_LT(next, kept.size());
                        EXPECT_EQ(kept[next].token, static_cast<Token>(k));
                        EXPECT_EQ(kept[next].logit, row[k]);
                        ++next;
                    }
                }
                EXPECT_EQ(next, kept.size());
            }
            EXPECT_EQ(padded.behind(), 64U);
        });
    });
}

}  // namespace
}  // namespace otherwise
