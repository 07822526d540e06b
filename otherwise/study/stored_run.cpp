#include "otherwise/study/stored_run.h"

#include <algorithm>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr std::size_t kNamed = 8;  ///< missing shards that are named

}  // namespace

void StoredRun::require_results() const {
    if (pair_count() == 0) {
        fail({.where = "RunReader",
              .expected = "a run with results",
              .came = "'" + path().string() + "' without any",
              .advice = "go on with it by `otherwise run --resume`"});
    }
}

std::string StoredRun::text(std::span<const Token> tokens, bool special) const {
    std::string all;
    for (const Token token : tokens) {
        const Piece& one = piece(token);
        all += special ? one.special : one.bytes;
    }
    return all;
}

std::string StoredRun::text(const Written& written) const {
    std::string all;
    for (const Token token : written.tokens) {
        const Piece& one = piece(token);
        all += one.ends ? "" : one.bytes;
    }
    return all;
}

PairContext StoredRun::context(const Pair& pair) const {
    const Subject& subject = head().strings.at(static_cast<std::size_t>(pair.string)).subject;
    PairContext context;
    context.id = subject.id;
    context.world = head().worlds.at(static_cast<std::size_t>(pair.world)).name;
    context.prompt = subject.prompt;
    if (subject.from_tokens) {
        context.prompt_tokens = subject.prompt_tokens;
    }
    context.messages = subject.messages;
    context.donor = subject.donor;
    context.text = [this](std::span<const Token> tokens) { return text(tokens); };
    context.ends = [this](Token token) { return piece(token).ends; };
    context.prompt_text = [this](std::span<const Token> tokens) { return text(tokens, true); };
    return context;
}

std::string missing_text(const StoredRun& run) {
    const auto missing = run.missing_shards();
    if (missing.empty()) {
        return "";
    }
    std::string text = missing.size() == 1 ? "; shard " : "; shards ";
    const std::size_t named = std::min(missing.size(), kNamed);
    for (std::size_t i = 0; i < named; ++i) {
        if (i > 0) {
            text += i + 1 == missing.size() ? " and " : ", ";
        }
        text += std::to_string(missing[i]);
    }
    if (named < missing.size()) {
        text += " and " + std::to_string(missing.size() - named) + " more";
    }
    return text + (missing.size() == 1 ? " is missing" : " are missing");
}

}  // namespace otherwise
