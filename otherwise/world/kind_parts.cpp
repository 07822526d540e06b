// The parts that no template makes: what a do forces, where a patch's states are from, what a bias
// adds.
#include "otherwise/world/kind_parts.h"

#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace otherwise {
namespace {

constexpr std::string_view kOff = "off";
constexpr float kForbidden = -std::numeric_limits<float>::infinity();

}  // namespace

void parts::Forced::read(const ItemParts& parts, Force& item) {
    const auto position = read_count(parts.place);
    if (!position) {
        refuse_item("do:T:TEXT, T a position from 0", parts.place);
    }
    item.position = *position;
    item.text = read_some_text(parts);
    if (const std::string* as = find_option(parts, "as")) {
        (void)known_word(*as, {"tokens"}, "as=tokens");
        item.tokens = read_tokens(std::exchange(item.text, {}));
        if (item.tokens.empty()) {
            refuse_item("at least one token number", parts.argument);
        }
    }
}

void parts::Forced::write(const Force& item, ItemText& text) {
    text.place = write_number(item.position);
    text.argument = item.tokens.empty() ? argument_text(item.text) : tokens_text(item.tokens);
    text.options.emplace_back("as", item.tokens.empty() ? "" : "tokens");
}

void parts::Forced::show(const Force& item, std::string& line) {
    line += " at " + write_number(item.position) + ": " +
            (item.tokens.empty() ? shown_text(item.text) : "tokens " + tokens_text(item.tokens));
}

void parts::Donor::read(const ItemParts& parts, Patch& item) {
    item.donor = read_text(parts);
    if (item.donor.empty() && !parts.argument.empty()) {
        refuse_item("a text that is not empty after patch:", parts.argument);
    }
}

void parts::Donor::write(const Patch& item, ItemText& text) {
    text.argument = item.donor.empty() ? "" : argument_text(item.donor);
}

void parts::Donor::show(const Patch& item, std::string& line) {
    line += item.donor.empty() ? " of each string's donor" : " of " + shown_text(item.donor);
}

void parts::Biased::declare(Kind& kind) {
    kind.form.argument = Argument::token;
    kind.form.scaled = true;
    kind.form.scale_word = kOff;
    kind.dose = Dose::scale;
    kind.number = [](Intervention& item) { return &std::get<Bias>(item).value; };
}

void parts::Biased::read(const ItemParts& parts, Bias& item) {
    const auto number = parts.literal ? std::nullopt : read_count(parts.argument);
    item.token = number.value_or(-1);
    item.text = number ? "" : parts.argument;
    if (parts.argument.empty() || !parts.scale) {
        refuse_item("bias:TOKEN:X, X in nats or off", parts.argument);
    }
    const auto value = read_number<float>(*parts.scale);
    item.value = parts.scale == kOff ? kForbidden : value.value_or(NAN);
    if (std::isnan(item.value) || item.value == -kForbidden) {
        refuse_item("a bias in nats, -inf or off", *parts.scale);
    }
}

void parts::Biased::write(const Bias& item, ItemText& text) {
    const bool number = item.token < 0 && read_count(item.text);
    text.argument = number ? quote(item.text) : argument_text(item.text);
    text.argument = item.token < 0 ? text.argument : write_number(item.token);
    text.scale = ":" + (item.value == kForbidden ? std::string(kOff) : write_number(item.value));
}

void parts::Biased::show(const Bias& item, std::string& line) {
    line += " " + (item.token < 0 ? shown_text(item.text) : "token " + write_number(item.token));
    line += item.value == kForbidden
                ? " off"
                : (item.value < 0.0F ? " − " : " + ") + write_number(std::abs(item.value));
}

}  // namespace otherwise
