#include "otherwise/generate/jsonl.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "otherwise/base/text.h"
#include "otherwise/generate/chat_record.h"

namespace otherwise {
namespace {

/// An object in the making. Written by hand, since the library's own numbers are not always the
/// shortest.
class Object {
public:
    void add(std::string_view key, std::string_view value) {
        text_ += text_.empty() ? "{\"" : ", \"";
        text_.append(key).append("\": ").append(value);
    }
    [[nodiscard]] std::string close() && { return std::move(text_) + "}"; }

private:
    std::string text_;
};

std::string json_string(std::string_view text) { return nlohmann::json(to_utf8(text)).dump(); }

template <typename T>
std::string number(T value) {
    char digits[32];
    const auto result = std::to_chars(digits, digits + sizeof digits, value);
    return {digits, result.ptr};
}

/// Always a floating-point number, so that a column of them has one type.
std::string real_or_null(double value) {
    if (!std::isfinite(value)) {
        return "null";
    }
    const std::string text = number(value);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string list(std::span<const Token> tokens) {
    std::string text = "[";
    for (const Token token : tokens) {
        text += (text.size() == 1 ? "" : ", ") + number(token);
    }
    return text + "]";
}

std::string written(const Written& side, const PairContext& context) {
    Tokens shown;
    for (const Token token : side.tokens) {
        if (!context.ends(token)) {
            shown.push_back(token);
        }
    }
    Object object;
    object.add("text", json_string(context.text(shown)));
    object.add("tokens", list(side.tokens));
    object.add("end", side.ended ? "\"eog\"" : "\"limit\"");
    return std::move(object).close();
}

std::string divergence(const Divergence& at) {
    const auto token = [](Token value) { return value < 0 ? std::string("null") : number(value); };
    Object object;
    object.add("position", number(at.position));
    object.add("factual", token(at.factual));
    object.add("counterfactual", token(at.counterfactual));
    object.add("runner_up", token(at.runner_up));
    object.add("margin", real_or_null(at.margin));
    return std::move(object).close();
}

}  // namespace

std::string to_jsonl(const Pair& pair, const PairContext& context) {
    Object line;
    line.add("string", json_string(context.id));
    line.add("sample", number(pair.sample));
    line.add("world", json_string(context.world));
    line.add("prompt", json_string(context.prompt));
    if (context.prompt_tokens) {
        line.add("prompt_tokens", list(*context.prompt_tokens));
    }
    if (!context.messages.empty()) {
        line.add("messages", chat_text(context.messages));
    }
    if (!context.donor.empty()) {
        line.add("donor", json_string(context.donor));
    }
    line.add("factual", written(*pair.factual, context));
    line.add("counterfactual", written(pair.counterfactual, context));
    line.add("lcp", number(pair.lcp));
    line.add("margin", real_or_null(pair.margin));
    line.add("divergence", pair.divergence ? divergence(*pair.divergence) : "null");
    line.add("observed", pair.observed ? "true" : "false");
    if (pair.world_prompt) {
        const auto& prompt_text = context.prompt_text ? context.prompt_text : context.text;
        line.add("world_prompt", json_string(prompt_text(*pair.world_prompt)));
    }
    if (pair.independent) {
        line.add("independent", "true");
    }
    return std::move(line).close();
}

}  // namespace otherwise
