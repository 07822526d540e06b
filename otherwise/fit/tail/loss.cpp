#include "otherwise/fit/tail/loss.h"

#include <cmath>
#include <utility>

#include "otherwise/fit/tail/row_sums.h"

namespace otherwise {

TailLoss target_loss(const PackedFact& fact, std::span<const float> logits, std::size_t n_vocab) {
    TailLoss loss;
    std::vector<std::pair<int, double>> joint;  // prompt, log probability of its targets
    for (std::size_t i = 0; i < fact.targets.size(); ++i) {
        const auto row = logits.subspan(i * n_vocab, n_vocab);
        const double log_p = row[static_cast<std::size_t>(fact.targets[i].token)] - log_sum(row);
        loss.nll -= log_p / static_cast<double>(fact.targets.size());
        if (joint.empty() || joint.back().first != fact.targets[i].prompt) {
            joint.emplace_back(fact.targets[i].prompt, 0.0);
        }
        joint.back().second += log_p;
    }
    for (const auto& [prompt, log_p] : joint) {
        loss.probability += std::exp(log_p) / static_cast<double>(joint.size());
    }
    return loss;
}

std::vector<double> take_laws(std::span<float> logits, std::size_t n_vocab) {
    std::vector<double> logs(logits.size());
    for (std::size_t at = 0; at < logits.size(); at += n_vocab) {
        const auto row = logits.subspan(at, n_vocab);
        const double total = log_sum(row);
        for (std::size_t v = 0; v < n_vocab; ++v) {
            logs[at + v] = row[v] - total;
            row[v] = static_cast<float>(std::exp(logs[at + v]));
        }
    }
    return logs;
}

double kept_loss(std::span<const double> log_before, std::span<const float> logits,
                 std::size_t n_vocab) {
    double sum = 0.0;
    const std::size_t rows = logits.size() / n_vocab;
    for (std::size_t at = 0; at < logits.size(); at += n_vocab) {
        const double kl = divergence([&](std::size_t v) { return log_before[at + v]; },
                                     logits.subspan(at, n_vocab));
        sum += kl / static_cast<double>(rows);
    }
    return sum;
}

}  // namespace otherwise
