#include "otherwise/generate/record.h"

namespace otherwise {
namespace {

Token token_at(const Written& written, int position) {
    const auto t = static_cast<std::size_t>(position);
    return t < written.tokens.size() ? written.tokens[t] : -1;
}

}  // namespace

Divergence divergence_of(const Pair& pair, Divergence decided) {
    decided.position = pair.lcp;
    decided.factual = token_at(*pair.factual, pair.lcp);
    decided.counterfactual = token_at(pair.counterfactual, pair.lcp);
    return decided;
}

}  // namespace otherwise
