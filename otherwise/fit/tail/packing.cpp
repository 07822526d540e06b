#include "otherwise/fit/tail/packing.h"

#include <algorithm>
#include <limits>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

void add_rows(const TailPrompt& prompt, int rows, PackedPrompts& all) {
    all.state.insert(all.state.end(), prompt.state.begin(), prompt.state.end());
    all.base.insert(all.base.end(), prompt.base.begin(), prompt.base.end());
    for (int row = 0; row < rows; ++row) {
        all.owner.push_back(prompt.fact);
        all.positions.push_back(row);
        all.takes.push_back(row == prompt.at ? 1.0F : 0.0F);
    }
}

}  // namespace

PackedPrompts packed(const std::vector<TailPrompt>& prompts, int width) {
    PackedPrompts all;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        const auto& prompt = prompts[i];
        const auto fact = static_cast<std::size_t>(prompt.fact);
        all.facts.resize(std::max(all.facts.size(), fact + 1));
        all.first.push_back(all.rows);
        for (const auto& [row, token] : prompt.targets) {
            all.facts[fact].targets.push_back(
                {.row = all.rows + row, .token = token, .prompt = static_cast<int>(i)});
        }
        if (prompt.keep >= 0) {
            all.facts[fact].kept.push_back(all.rows + prompt.keep);
        }
        const int rows = static_cast<int>(prompt.state.size()) / width;
        add_rows(prompt, rows, all);
        all.rows += rows;
    }
    for (const auto& fact : all.facts) {
        if (fact.targets.empty()) {
            misuse({.where = "TailGraph", .expected = "a target for each fact", .came = "none"});
        }
    }
    return all;
}

std::vector<float> PackedPrompts::mask(int window) const {
    const auto n = static_cast<std::size_t>(rows);
    std::vector<float> mask(n * n, -std::numeric_limits<float>::infinity());
    for (std::size_t i = 0; i < n; ++i) {
        const auto before = static_cast<std::size_t>(positions[i]);
        const auto seen =
            window > 0 ? std::min(before, static_cast<std::size_t>(window) - 1) : before;
        std::fill_n(mask.begin() + static_cast<std::ptrdiff_t>(i * n + i - seen), seen + 1, 0.0F);
    }
    return mask;
}

}  // namespace otherwise
