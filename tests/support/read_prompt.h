// A prompt as a run reads it, call by call.
#pragma once

#include <algorithm>

#include "otherwise/model/context.h"

namespace otherwise::test {

/// All rows but the last in calls of at most `rows`, the last beside another; logits of the last
/// are row 0 of the context then.
inline void read_prompt(Context& context, const Tokens& tokens, int rows) {
    const int head = static_cast<int>(tokens.size()) - 1;
    const auto decode = [&](int first, int n, bool wanted) {
        Call call{.n_streams = 1, .n_rows = n, .positions = {first}};
        for (int i = first; i < first + n; ++i) {
            call.tokens.push_back(tokens[static_cast<std::size_t>(std::min(i, head))]);
        }
        call.wanted.assign(call.tokens.size(), wanted ? 1 : 0);
        call.written.assign(call.tokens.size(), 0);
        context.decode(call);
    };
    for (int at = 0; at < head; at += rows) {
        decode(at, std::min(rows, head - at), false);
    }
    decode(head, 2, true);
}

}  // namespace otherwise::test
