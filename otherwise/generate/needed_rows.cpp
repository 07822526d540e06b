#include "otherwise/generate/needed_rows.h"

#include <algorithm>
#include <span>

#include "otherwise/model/blocks.h"

namespace otherwise {
namespace {

int common_start(std::span<const Token> a, std::span<const Token> b) {
    return static_cast<int>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

long needed_prompt_rows(const std::vector<const Tokens*>& prompts, const Shape& shape) {
    long rows = 0;
    std::vector<std::span<const Token>> heads;
    for (const auto* prompt : prompts) {
        const int head = tiled_head(static_cast<int>(prompt->size()), shape);
        rows += static_cast<long>(prompt->size()) - head;
        if (head > 0) {
            heads.push_back(std::span(*prompt).first(static_cast<std::size_t>(head)));
        }
    }
    std::ranges::sort(heads,
                      [](auto a, auto b) { return std::ranges::lexicographical_compare(a, b); });
    std::span<const Token> before;
    for (const auto head : heads) {
        rows += static_cast<long>(head.size()) - common_start(head, before);
        before = head;
    }
    return rows;
}

NeededRows needed_written_rows(std::vector<Strand> samples) {
    std::ranges::sort(samples, [](const Strand& a, const Strand& b) {
        return a.tokens != b.tokens ? a.tokens < b.tokens : a.common > b.common;
    });
    NeededRows needed;
    std::span<const Token> before;
    for (const auto& sample : samples) {
        if (sample.tokens.empty()) {
            continue;
        }
        const auto fed = std::span(sample.tokens).first(sample.tokens.size() - 1);
        const int from = common_start(fed, before);
        const int rows = static_cast<int>(fed.size());
        const int verified = std::clamp(sample.common, from, rows) - from;
        needed.verified += verified;
        needed.written += rows - from - verified;
        before = fed;
    }
    return needed;
}

}  // namespace otherwise
