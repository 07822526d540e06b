#include "otherwise/base/record_keys.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cctype>
#include <rapidfuzz/distance/OSA.hpp>
#include <utility>

#include "otherwise/base/marks.h"
#include "otherwise/base/setting.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr std::size_t kLettersForOne = 4;
constexpr std::size_t kLettersForTwo = 6;
constexpr std::size_t kLettersForTwoOptional = 8;
constexpr std::size_t kMostSeen = 4096;

/// Names of their own in common data sets, one edit from known ones.
constexpr std::array<std::string_view, 8> kOwnNames = {"test",    "next",  "token", "tent",
                                                       "message", "words", "word",  "needed"};

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

/// Whether one is the start of the other, as of a plural.
bool is_start(std::string_view a, std::string_view b) {
    return a.size() != b.size() && (a.starts_with(b) || b.starts_with(a));
}

std::size_t most_edits(std::string_view known, std::size_t letters_for_two) {
    if (known.size() >= letters_for_two) {
        return 2;
    }
    return known.size() >= kLettersForOne ? 1 : 0;
}

/// Keys that tell kinds of records apart.
constexpr std::array<std::string_view, 24> kTelling = {"requested_rewrite",
                                                       "subject",
                                                       "target_new",
                                                       "src",
                                                       "rephrase",
                                                       "factual",
                                                       "string",
                                                       "stay",
                                                       "original",
                                                       "counterfactual",
                                                       "survival",
                                                       "resps",
                                                       "doc_id",
                                                       "doc",
                                                       "eval",
                                                       "samples",
                                                       "plan",
                                                       "results",
                                                       "messages",
                                                       "conversations",
                                                       "prompt",
                                                       "prompt_tokens",
                                                       "instruction",
                                                       "text"};

constexpr std::size_t place_of(std::string_view key) {
    return static_cast<std::size_t>(std::ranges::find(kTelling, key) - kTelling.begin());
}

using TellingKeys = std::bitset<kTelling.size() + 1>;

/// Which of them a record has, null apart; one pass over its keys.
TellingKeys telling_keys(JsonValue record) {
    TellingKeys keys;
    for (auto value = record.first(); value; value = value.next()) {
        if (value.kind() != JsonKind::null) {
            keys.set(place_of(value.key()));
        }
    }
    return keys;
}

bool is_text_or_object(JsonValue value) { return value.is_string() || value.is_object(); }

/// What programs write: runs, laws, pairs and logs of evaluations.
RecordKind output_kind(JsonValue record, const TellingKeys& keys) {
    const auto has = [&](std::string_view key) { return keys[place_of(key)]; };
    if (has("stay") && (has("survival") || has("factual"))) {
        return RecordKind::law_line;
    }
    if (has("factual") && has("string") && record.find("factual").is_object()) {
        return RecordKind::run_line;
    }
    if (has("counterfactual") && (has("factual") || has("original")) &&
        is_text_or_object(record.find("counterfactual"))) {
        return RecordKind::pair;
    }
    if (has("resps") && (has("doc_id") || has("doc"))) {
        return RecordKind::eval_log;
    }
    const bool of_inspect = has("eval") && (has("samples") || has("plan") || has("results"));
    return of_inspect ? RecordKind::inspect_log : RecordKind::unknown;
}

}  // namespace

RecordKind record_kind(JsonValue record) {
    if (record.is_string()) {
        return RecordKind::text;
    }
    const auto keys = telling_keys(record);
    const auto has = [&](std::string_view key) { return keys[place_of(key)]; };
    if (has("requested_rewrite") ||
        (has("subject") && (has("target_new") || (has("src") && has("rephrase"))))) {
        return RecordKind::fact;
    }
    if (const auto kind = output_kind(record, keys); kind != RecordKind::unknown) {
        return kind;
    }
    if (has("messages") || has("conversations")) {
        return RecordKind::chat;
    }
    if (has("prompt") || has("prompt_tokens")) {
        return RecordKind::string;
    }
    if (has("instruction")) {
        return RecordKind::example;
    }
    return has("text") ? RecordKind::text : RecordKind::unknown;
}

std::string kind_text(RecordKind kind) {
    switch (kind) {
        case RecordKind::string:
            return "prompts, for " + our_command("run") + " and " + our_command("law");
        case RecordKind::text:
            return "texts, for " + our_command("fit");
        case RecordKind::chat:
            return "chats, for " + our_command("run") + " with " + setting("chat");
        case RecordKind::example:
            return "instructions and their outputs, for " + our_command("run");
        case RecordKind::run_line:
            return "the lines that " + our_command("run") + " writes";
        case RecordKind::pair:
            return "pairs, for " + our_command("score");
        case RecordKind::fact:
            return "facts, for " + our_command("edit");
        case RecordKind::law_line:
            return "the lines that " + our_command("law") + " writes";
        case RecordKind::eval_log:
            return "a log of lm-eval, for " + our_command("score");
        case RecordKind::inspect_log:
            return "a log of Inspect, for " + our_command("score");
        case RecordKind::unknown:
            break;
    }
    return "other records";
}

std::string keys_text(JsonValue record) {
    constexpr std::size_t kMost = 8;
    std::string text;
    std::size_t count = 0;
    for (auto value = record.first(); value; value = value.next()) {
        if (++count > kMost) {
            return text + ", …";
        }
        text += (count > 1 ? ", \"" : "\"") + to_utf8(value.key().substr(0, 40)) + "\"";
    }
    return text.empty() ? "no key" : text;
}

const std::string& MistypedKeys::near(std::string_view key) {
    if (const auto seen = near_.find(key); seen != near_.end()) {
        return seen->second;
    }
    if (near_.size() >= kMostSeen) {  // keys that are data
        near_.clear();
    }
    std::string best;
    std::size_t least = 3;  // more than any distance that counts
    const auto name = lower(key);
    const bool own = std::ranges::find(kOwnNames, key) != kOwnNames.end();
    for (const auto& known : needed_) {
        const bool other = own || name.empty() || name.size() > known.size() + 2 ||
                           is_start(name, known) ||
                           (optional_ && name.size() != known.size() && name[0] != known[0]);
        const auto distance = other ? least : rapidfuzz::osa_distance(name, known);
        if (distance < least &&
            distance <= most_edits(known, optional_ ? kLettersForTwoOptional : kLettersForTwo)) {
            least = distance;
            best = known;
        }
    }
    return near_.emplace(key, best).first->second;
}

void MistypedKeys::refuse(JsonValue record, const RecordPlace& place,
                          std::span<const std::string_view> unwanted) {
    for (auto value = record.first(); value; value = value.next()) {
        if (has(needed_, value.key()) || has(read_, value.key())) {
            continue;
        }
        const auto& known = near(value.key());
        if (!known.empty() && std::ranges::find(unwanted, known) == unwanted.end() &&
            !record.find(known)) {
            place.refuse("\"" + known + "\"",
                         "\"" + to_utf8(value.key()) + "\", which looks like it", "rename it");
        }
    }
}

}  // namespace otherwise
