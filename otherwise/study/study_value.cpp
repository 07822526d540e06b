#include "otherwise/study/study_value.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>

#include "otherwise/base/date.h"
#include "otherwise/base/error.h"
#include "otherwise/base/strict_stream.h"
#include "otherwise/study/study_items.h"
#include "otherwise/world/syntax.h"

namespace otherwise {

void StudyValue::refuse(const std::string& expected, const std::string& came) const {
    misuse({.where = "parse_study",
            .expected = key_ + ": " + expected,
            .came = (came.empty() ? "'" + shown() + "'" : came) + place(*source_, *node_)});
}

std::int64_t StudyValue::whole(std::int64_t low, std::int64_t high) const {
    const auto value = node_->value_exact<std::int64_t>();
    if (!value || *value < low || *value > high) {
        refuse("a whole number from " + std::to_string(low) +
               (high == kMost ? "" : " to " + std::to_string(high)));
    }
    return *value;
}

int StudyValue::count(std::int64_t low, std::int64_t high) const {
    return static_cast<int>(whole(low, high));
}

float StudyValue::real(double low, double high) const {
    const auto value = node_->value<double>();
    const double most = std::numeric_limits<float>::max();
    const bool within = value && *value >= low && *value <= std::min(high, most);
    if (!node_->is_number() || !within) {
        const bool beyond = value && *value > most;
        const bool open = std::isinf(high) && !beyond;
        refuse("a number from " + write_number(low) +
               (open ? "" : " to " + write_number(std::min(high, most))));
    }
    return static_cast<float>(*value);
}

bool StudyValue::flag() const {
    const auto value = node_->value_exact<bool>();
    if (!value) {
        refuse("true or false");
    }
    return *value;
}

std::string StudyValue::text() const {
    auto value = node_->value_exact<std::string>();
    if (!value) {
        refuse("a text in quotes");
    }
    return *std::move(value);
}

std::string StudyValue::day() const {
    std::string text = node_->value<std::string>().value_or("");
    if (const auto date = node_->value_exact<toml::date>()) {
        auto written = strict(std::ostringstream());
        written << *date;
        text = written.str();
    }
    if (!is_date(text)) {
        refuse("a day as \"YYYY-MM-DD\"");
    }
    return text;
}

std::string StudyValue::word(const std::vector<std::string>& words) const {
    const auto* value = node_->as_string();
    if (value == nullptr || std::ranges::find(words, value->get()) == words.end()) {
        std::string list;
        for (const auto& word : words) {
            list += (list.empty() ? "" : "|") + word;
        }
        refuse(list);
    }
    return value->get();
}

std::vector<std::string> StudyValue::texts() const {
    std::vector<std::string> all;
    for (const auto& value : elements()) {
        all.push_back(value.text());
    }
    return all;
}

std::vector<StudyValue> StudyValue::elements() const {
    const auto* array = node_->as_array();
    if (array == nullptr) {
        return {*this};
    }
    std::vector<StudyValue> values;
    for (const auto& node : *array) {
        values.emplace_back(key_, node, *source_);
    }
    return values;
}

Tokens StudyValue::tokens() const {
    Tokens tokens;
    for (const auto& value : elements()) {
        tokens.push_back(static_cast<Token>(value.whole(0)));
    }
    return tokens;
}

std::uint64_t StudyValue::seed() const {
    if (const auto value = node_->value_exact<std::int64_t>(); value && *value >= 0) {
        return static_cast<std::uint64_t>(*value);
    }
    const auto* text = node_->as_string();  // TOML's numbers end at 2^63 - 1
    const auto value = text == nullptr ? std::nullopt : read_number<std::uint64_t>(text->get());
    if (!value) {
        refuse("a whole number from 0 to 2^64 - 1, beyond 2^63 - 1 in quotes");
    }
    return *value;
}

std::vector<Intervention> StudyValue::items() const { return read_items(key_, *node_, *source_); }

std::string StudyValue::shown() const {
    auto text = strict(std::ostringstream());
    node_->visit([&](const auto& node) { text << node; });
    auto line = text.str();
    std::ranges::replace(line, '\n', ' ');
    return line;
}

}  // namespace otherwise
