#include "otherwise/base/mechanism.h"

#include <limits>
#include <string>

#include "otherwise/base/error.h"

namespace otherwise {

void check(const Mechanism& mechanism) {
    // Each condition is false for NaN.
    const auto require = [](bool holds, const char* expected, const std::string& came) {
        if (!holds) {
            misuse({.where = "check(Mechanism)", .expected = expected, .came = came});
        }
    };
    const auto& [temperature, top_k, top_p, min_p, biases] = mechanism;
    require(temperature >= 0.0F && temperature <= std::numeric_limits<float>::max(),
            "a temperature of 0 or more", std::to_string(temperature));
    require(top_k >= 0, "top-k of 0 (off) or more", std::to_string(top_k));
    require(top_p > 0.0F && top_p <= 1.0F, "top-p above 0 and at most 1 (off)",
            std::to_string(top_p));
    require(min_p >= 0.0F && min_p <= 1.0F, "min-p from 0 (off) to 1", std::to_string(min_p));
    for (const TokenBias& bias : biases) {
        require(bias.nats <= std::numeric_limits<float>::max(), "a bias of finite nats, or −inf",
                std::to_string(bias.nats));
    }
}

}  // namespace otherwise
