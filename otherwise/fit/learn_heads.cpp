// ITI: the heads that tell the sets apart, and their shifts.
#include <fmt/core.h>

#include <algorithm>

#include "otherwise/fit/heads.h"
#include "otherwise/fit/learned.h"

namespace otherwise {
namespace {

constexpr int kOneIn = 20;  // heads shifted where none was asked for; the paper took 48 of 1,024

HeadStates head_states(const NodeStates& node, int head, int head_width) {
    const auto rows = [&](const Eigen::MatrixXf& states) {
        return Eigen::MatrixXd(
            states.middleRows(Eigen::Index{head} * head_width, head_width).cast<double>());
    };
    return {.first = rows(node.fitted[0]),
            .second = rows(node.fitted[1]),
            .held_out_first = rows(node.held_out[0]),
            .held_out_second = rows(node.held_out[1])};
}

std::vector<HeadScore> score_heads(const Gathered& gathered, int n_head, int head_width) {
    std::vector<HeadScore> scores;
    for (std::size_t i = 0; i < gathered.layers.size(); ++i) {
        for (int head = 0; head < n_head; ++head) {
            scores.push_back(score_head(head_states(gathered.nodes[i], head, head_width)));
            scores.back().layer = gathered.layers[i];
            scores.back().head = head;
        }
    }
    sort_heads(scores);
    return scores;
}

void put_shift(HeadsFile& file, const HeadScore& score) {
    auto& shift = file.shifts[score.layer];
    shift.resize(static_cast<std::size_t>(file.width()), 0.0F);
    const auto start = static_cast<std::ptrdiff_t>(score.head) * file.head_width;
    std::ranges::copy(to_floats(score.shift), shift.begin() + start);
}

}  // namespace

LearnedFile learn_heads(const Gathered& gathered, int n_head, FitResult& result) {
    HeadsFile file{.n_head = n_head, .head_width = gathered.width / n_head};
    const auto scores = score_heads(gathered, n_head, file.head_width);
    const int wanted = gathered.request.heads > 0
                           ? gathered.request.heads
                           : std::max(1, static_cast<int>(scores.size()) / kOneIn);
    result.n_heads = std::min(wanted, static_cast<int>(scores.size()));
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (static_cast<int>(i) < result.n_heads) {
            put_shift(file, scores[i]);
        }
        result.heads.push_back({.layer = scores[i].layer,
                                .head = scores[i].head,
                                .accuracy = scores[i].accuracy,
                                .length = scores[i].shift.norm()});
    }
    const auto& last = scores[static_cast<std::size_t>(result.n_heads - 1)].accuracy;
    result.findings.push_back(
        {.key = "heads",
         .text = fmt::format("{} of {} heads, held-out accuracy {:.3f} to {}", result.n_heads,
                             scores.size(), last.rate(), describe(scores.front().accuracy)),
         .value = scores.front().accuracy.rate(),
         .accuracy = scores.front().accuracy});
    return file;
}

}  // namespace otherwise
