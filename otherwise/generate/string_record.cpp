#include "otherwise/generate/string_record.h"

#include <string_view>
#include <utility>

#include "otherwise/base/record_fields.h"
#include "otherwise/base/text.h"
#include "otherwise/generate/chat_record.h"

namespace otherwise {
namespace {

std::string quoted(std::string_view key) { return "\"" + std::string(key) + "\""; }

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
    string.ended = bool_field(record, "ended", place).value_or(false);
    if (string.ended && given.empty()) {
        place.refuse(R"("text" or "tokens" beside "ended")", "neither");
    }
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

/// An instruction, its input on a line below it, and what was answered.
void read_example(JsonValue record, const RecordPlace& place, InputString& string) {
    string.prompt = text_field(record, "instruction", place);
    const auto input = text_field(record, "input", place);
    if (input && !input->empty()) {
        *string.prompt += "\n" + *input;
    }
    auto output = text_field(record, "output", place);
    if (output && string.text) {
        place.refuse(R"("text" or "output")", "both");
    }
    if (output) {
        string.text = std::move(output);
    }
}

/// What is read elsewhere is no string, whatever else it holds.
void refuse_other_kinds(RecordKind kind, const RecordPlace& place) {
    std::string advice;
    switch (kind) {
        case RecordKind::eval_log:
            advice = "its texts: --prompt-field arguments.0.0 --text-field resps.0.0";
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

}  // namespace

StringRecords::StringRecords(ReadOptions options)
    : options_(std::move(options)),
      mistyped_({"prompt", "prompt_tokens", "instruction", "messages", "conversations"},
                {"text", "tokens", "ended", "completion", "input", "output"}) {}

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
    string.prompt_tokens = tokens_field(record, "prompt_tokens", place);
    const auto& fields = options_.fields;
    if (kind == RecordKind::run_line && !has_fields()) {
        string.id = id_field(record, "string", place, number);
        if (record.find("messages")) {
            string.messages = rendered_chat(record, place);
        } else {
            string.prompt = text_field(record, "prompt", place);
        }
        read_factual(record, place, result);
    } else {
        string.id = id_field(record, fields.id.empty() ? "id" : fields.id, place, number);
        if (has_fields()) {
            read_fields(record, place, string);
        } else {
            refuse_other_kinds(kind, place);
            string.prompt = text_field(record, "prompt", place);
            string.text = text_field(record, "text", place);
        }
        if (kind == RecordKind::chat && fields.prompt.empty()) {
            read_chat(record, place, string);
        } else if (kind == RecordKind::example && fields.prompt.empty()) {
            read_example(record, place, string);
        }
        if (options_.whole_texts && string.text && !string.prompt && !string.prompt_tokens) {
            string.prompt = std::exchange(string.text, std::nullopt);
        }
        read_observed(record, place, string);
    }
    if (!string.prompt && !string.prompt_tokens && string.messages.empty()) {
        refuse_no_prompt(record, place);
    }
}

void StringRecords::refuse_no_prompt(JsonValue record, const RecordPlace& place) {
    if (!has_fields()) {
        mistyped_.refuse(record, place);
    }
    std::string advice;
    if (record.find("text")) {
        advice = "--prompt-words N or --prompt-tokens N splits whole texts";
    }
    for (auto value = record.first(); value && advice.empty(); value = value.next()) {
        if (value.is_string() && value.key() != "id") {
            advice = "if that is the prompt, --prompt-field " + to_utf8(value.key());
        }
    }
    place.refuse(R"("prompt" or "prompt_tokens")", "neither; there are " + keys_text(record),
                 advice);
}

/// Fields that were asked for have to be there.
void StringRecords::read_fields(JsonValue record, const RecordPlace& place,
                                InputString& string) const {
    const auto need = [&](const std::string& path) {
        auto text = text_field(record, path, place);
        if (!text) {
            place.refuse("the field " + quoted(path), "none; there are " + keys_text(record));
        }
        return text;
    };
    const auto& fields = options_.fields;
    string.prompt =
        fields.prompt.empty() ? text_field(record, "prompt", place) : need(fields.prompt);
    string.text = fields.text.empty() ? text_field(record, "text", place) : need(fields.text);
}

std::vector<ChatMessage> StringRecords::rendered_chat(JsonValue record,
                                                      const RecordPlace& place) const {
    if (!options_.chat) {
        place.refuse("prompts", R"(a chat ("messages" or "conversations"))",
                     "--chat renders it with the model's template");
    }
    return chat_messages(record, place);
}

void StringRecords::read_chat(JsonValue record, const RecordPlace& place,
                              InputString& string) const {
    auto messages = rendered_chat(record, place);
    if (string.prompt || string.prompt_tokens) {
        place.refuse("a prompt or a chat", "both");
    }
    string.messages = std::move(messages);
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
