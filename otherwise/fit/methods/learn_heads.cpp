// ITI: the heads that tell the sets apart, and their shifts.
#include <fmt/core.h>

#include <algorithm>

#include "otherwise/fit/methods/heads.h"
#include "otherwise/fit/methods/learned.h"

namespace otherwise {
namespace {

constexpr int kOneIn = 20;  // heads shifted where none was asked for; the paper took 48 of 1,024

HeadStates head_states(const NodeStates& node, std::size_t set, int head, int head_width) {
    const auto rows = [&](const Eigen::MatrixXf& states) {
        return Eigen::MatrixXd(
            states.middleRows(Eigen::Index{head} * head_width, head_width).cast<double>());
    };
    const auto held_out = rows(node.held_out[set]);
    return {.fitted = rows(node.fitted[set]),
            .choosing = held_out(Eigen::all, half_of(held_out.cols(), Half::chooses)),
            .judging = held_out(Eigen::all, half_of(held_out.cols(), Half::judges))};
}

std::vector<HeadScore> score_heads(const Gathered& gathered, int n_head, int head_width) {
    std::vector<HeadScore> scores;
    for (std::size_t i = 0; i < gathered.layers.size(); ++i) {
        gathered.stop_if_cancelled();
        for (int head = 0; head < n_head; ++head) {
            scores.push_back(score_head(head_states(gathered.nodes[i], 0, head, head_width),
                                        head_states(gathered.nodes[i], 1, head, head_width)));
            scores.back().layer = gathered.layers[i];
            scores.back().head = head;
        }
    }
    sort_heads(scores);
    return scores;
}

void require_apart(const std::vector<HeadScore>& scores) {
    const bool apart = std::ranges::any_of(
        scores, [](const HeadScore& score) { return score.shift.squaredNorm() > 0.0; });
    if (!apart) {
        refuse_equal_states();
    }
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
    require_apart(scores);
    result.n_heads = gathered.request.heads > 0
                         ? gathered.request.heads
                         : std::max(1, static_cast<int>(scores.size()) / kOneIn);
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (static_cast<int>(i) < result.n_heads) {
            put_shift(file, scores[i]);
        }
        result.heads.push_back({.layer = scores[i].layer,
                                .head = scores[i].head,
                                .choosing = scores[i].choosing,
                                .accuracy = scores[i].accuracy,
                                .length = scores[i].shift.norm()});
    }
    const auto n_first = gathered.nodes.front().held_out[0].cols();
    const auto n_judges = static_cast<Eigen::Index>(half_of(n_first, Half::judges).size());
    const auto judged =
        together(std::span(scores).first(static_cast<std::size_t>(result.n_heads)), n_judges);
    result.findings.push_back(
        {.key = "heads",
         .text = fmt::format("{} of {} heads, chosen by {} held-out texts; on the others they are "
                             "right together {}",
                             result.n_heads, scores.size(), scores.front().choosing.n(),
                             describe(judged)),
         .value = judged.rate(),
         .accuracy = judged});
    return file;
}

}  // namespace otherwise
