#include "otherwise/generate/string_record.h"

#include <string_view>
#include <utility>

#include "otherwise/base/record_fields.h"
#include "otherwise/base/setting.h"
#include "otherwise/base/text.h"
#include "otherwise/generate/chat_record.h"

namespace otherwise {
namespace {

std::string quoted(std::string_view key) { return "\"" + std::string(key) + "\""; }

/// Whether the observed continuation has ended by itself.
void read_ended(JsonValue record, const RecordPlace& place, bool is_observed, InputString& string) {
    string.ended = bool_field(record, "ended", place).value_or(false);
    if (string.ended && !is_observed) {
        place.refuse(R"("text" or "tokens" beside "ended")", "neither");
    }
}

/// The observed continuation of a record that is not a run's.
void read_observed(JsonValue record, const RecordPlace& place, InputString& string) {
    std::string given;
    const auto once = [&](const char* key, bool is_there) {
        if (is_there && !given.empty()) {
            place.refuse(R"("text", "tokens" or "completion")",
                         "both " + given + " and " + quoted(key));
        }
        given = is_there ? quoted(key) : given;
    };
    once("text", string.text.has_value());
    if (auto completion = text_field(record, "completion", place)) {
        once("completion", true);
        string.text = std::move(completion);
    }
    string.tokens = tokens_field(record, "tokens", place);
    once("tokens", string.tokens.has_value());
    read_ended(record, place, !given.empty(), string);
}

/// The factual string of a line of `run --jsonl`.
void read_factual(JsonValue record, const RecordPlace& place, StringRecord& result) {
    const auto factual = record.find("factual");
    result.of_run = true;
    result.sampled = !bool_field(record, "observed", place).value_or(false);
    result.string.tokens = tokens_field(factual, "tokens", place);
    if (!result.string.tokens) {
        place.refuse(R"("tokens" in "factual")", "none");
    }
    result.string.ended = end_field(record, "factual.end", place).value_or(false);
    result.sample = whole_field(record, "sample", place).value_or(0);
}

/// An instruction, its input on a line below it, and what was answered; a text beside them is the
/// whole, as rendered for training.
void read_example(JsonValue record, const RecordPlace& place, bool with_output,
                  InputString& string) {
    string.prompt = text_field(record, "instruction", place);
    const auto input = text_field(record, "input", place);
    if (input && !input->empty()) {
        *string.prompt += "\n" + *input;
    }
    if (with_output) {
        if (auto output = text_field(record, "output", place)) {
            string.text = std::move(output);
        }
    }
}

/// What is read elsewhere is no string, whatever else it holds.
void refuse_other_kinds(JsonValue record, RecordKind kind, const RecordPlace& place) {
    std::string advice;
    switch (kind) {
        case RecordKind::eval_log:
            advice = "its texts: " +
                     setting("prompt_field", record.at("arguments.gen_args_0")
                                                 ? "arguments.gen_args_0.arg_0"
                                                 : "arguments.0.0") +
                     " " + setting("text_field", "resps.0.0");
            break;
        case RecordKind::fact:
            advice = "a fact's own prompts go into a file of prompts";
            break;
        case RecordKind::pair:
        case RecordKind::law_line:
        case RecordKind::inspect_log:
            break;
        default:
            return;
    }
    place.refuse("prompts", kind_text(kind), advice);
}

/// Fields that were asked for have to be there.
void require_field(JsonValue record, const std::string& path, const RecordPlace& place) {
    if (!record.at(path)) {
        place.refuse("the field " + quoted(path), "none; there are " + keys_text(record));
    }
}

std::optional<std::string> needed_field(JsonValue record, const std::string& path,
                                        const RecordPlace& place) {
    require_field(record, path, place);
    return text_field(record, path, place);
}

bool has_any_prompt(const InputString& string) {
    return string.prompt || string.prompt_tokens || !string.messages.empty();
}

}  // namespace

StringRecords::StringRecords(ReadOptions options)
    : options_(std::move(options)),
      mistyped_({"prompt", "prompt_tokens", "instruction", "messages", "conversations"},
                {"text", "tokens", "ended", "completion", "input", "output"}),
      optional_(
          {"prompt_tokens", "text", "tokens", "completion", "ended", "input", "output", "donor"},
          {"prompt", "instruction", "messages", "conversations", "id"}, true) {}

bool StringRecords::has_fields() const {
    return !options_.fields.prompt.empty() || !options_.fields.text.empty();
}

StringRecord StringRecords::read(JsonValue record, const RecordPlace& place, int number) {
    StringRecord result;
    result.string.line = place.line;
    if (record.is_object()) {
        read_object(record, place, number, result);
    } else {
        result.string.id = std::to_string(number);
        result.string.prompt = std::string(record.text());
    }
    return result;
}

void StringRecords::read_object(JsonValue record, const RecordPlace& place, int number,
                                StringRecord& result) {
    InputString& string = result.string;
    const auto kind = record_kind(record);
    const bool is_run_line = kind == RecordKind::run_line && !has_fields();
    string.id = id_of(record, is_run_line ? "string" : "id", place, number);
    if (!is_run_line) {
        read_given(record, kind, place, string);
    } else if (record.find("messages")) {
        string.messages = rendered_chat(record, place);
    } else {
        string.prompt = text_field(record, "prompt", place);
    }
    if (is_run_line) {
        string.prompt_tokens = tokens_field(record, "prompt_tokens", place);
        read_factual(record, place, result);
    }
    string.donor = text_field(record, "donor", place).value_or("");
    if (!has_any_prompt(string)) {
        refuse_no_prompt(record, place);
    }
}

/// A record that no run wrote. Fields that were asked for stand in for all known names of theirs.
void StringRecords::read_given(JsonValue record, RecordKind kind, const RecordPlace& place,
                               InputString& string) {
    const auto& fields = options_.fields;
    if (!has_fields()) {
        refuse_other_kinds(record, kind, place);
    }
    const bool is_chat =
        kind == RecordKind::chat && fields.prompt.empty() && (options_.chat || !has_prompt(record));
    if (!is_chat) {
        read_prompt(record, place, string);
    }
    string.text = fields.text.empty() ? text_field(record, "text", place)
                                      : needed_field(record, fields.text, place);
    if (is_chat) {
        read_chat(record, place, string);
    } else if (kind == RecordKind::example && fields.prompt.empty()) {
        read_example(record, place, fields.text.empty(), string);
    }
    if (options_.whole_texts && string.text && !has_any_prompt(string)) {
        string.prompt = std::exchange(string.text, std::nullopt);
    }
    if (fields.text.empty()) {
        read_observed(record, place, string);
    } else {
        read_ended(record, place, string.text.has_value(), string);
    }
    if (!has_fields() && has_any_prompt(string)) {
        refuse_mistyped(record, kind, place, string.text || string.tokens);
    }
}

/// Of a record that has what it needs.
void StringRecords::refuse_mistyped(JsonValue record, RecordKind kind, const RecordPlace& place,
                                    bool is_observed) {
    std::vector<std::string_view> unwanted;
    if (is_observed || options_.whole_texts) {
        unwanted = {"text", "tokens", "completion"};
    }
    if (kind != RecordKind::example) {
        unwanted.insert(unwanted.end(), {"input", "output"});
    }
    optional_.refuse(record, place, unwanted);
}

/// Whether a chat's record has a prompt as well, which is taken unless chats are asked for.
bool StringRecords::has_prompt(JsonValue record) const {
    return record.find("prompt") || record.find("prompt_tokens") ||
           (options_.whole_texts && record.find("text"));
}

void StringRecords::refuse_no_prompt(JsonValue record, const RecordPlace& place) {
    if (!has_fields()) {
        mistyped_.refuse(record, place);
    }
    std::string advice;
    if (record.find("text")) {
        advice = setting("prompt_words", "N") + " or " + setting("prompt_tokens", "N") +
                 " splits whole texts";
    }
    for (auto value = record.first(); value && advice.empty(); value = value.next()) {
        if (value.is_string() && value.key() != "id") {
            advice = "if that is the prompt, " + setting("prompt_field", to_utf8(value.key()));
        }
    }
    place.refuse(R"("prompt" or "prompt_tokens")", "neither; there are " + keys_text(record),
                 advice);
}

void StringRecords::read_prompt(JsonValue record, const RecordPlace& place,
                                InputString& string) const {
    if (!options_.fields.prompt.empty()) {
        string.prompt = needed_field(record, options_.fields.prompt, place);
        return;
    }
    string.prompt = text_field(record, "prompt", place);
    string.prompt_tokens = tokens_field(record, "prompt_tokens", place);
}

std::string StringRecords::id_of(JsonValue record, const char* known, const RecordPlace& place,
                                 int number) const {
    const auto& field = options_.fields.id;
    if (field.empty()) {
        return id_field(record, known, place, number);
    }
    require_field(record, field, place);
    return id_field(record, field, place, number);
}

std::vector<ChatMessage> StringRecords::rendered_chat(JsonValue record,
                                                      const RecordPlace& place) const {
    if (!options_.chat) {
        place.refuse("prompts", R"(a chat ("messages" or "conversations"))",
                     setting("chat") + " renders it with the model's template");
    }
    return chat_messages(record, place);
}

void StringRecords::read_chat(JsonValue record, const RecordPlace& place,
                              InputString& string) const {
    string.messages = rendered_chat(record, place);
    if (string.messages.back().role == "assistant") {
        if (string.text) {
            place.refuse(R"("text" or an assistant's turn at the end)", "both");
        }
        string.text = std::move(string.messages.back().content);
        string.messages.pop_back();
    }
    if (string.messages.empty()) {
        place.refuse("a turn before the assistant's", "none");
    }
}

}  // namespace otherwise
