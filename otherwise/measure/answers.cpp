#include "otherwise/measure/answers.h"

#include <map>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/record_fields.h"
#include "otherwise/base/record_keys.h"
#include "otherwise/base/records.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

using Take = std::function<void(Answer&&)>;
using Key = std::pair<std::string, std::int64_t>;  ///< question, sample

std::string text_at(JsonValue record, const std::string& field, const RecordPlace& place) {
    auto text = text_field(record, field, place);
    if (!text) {
        place.refuse("a text as \"" + field + "\"", "none; there are " + keys_text(record));
    }
    return *std::move(text);
}

/// A text, or the texts of a list of parts or messages, a line each.
std::optional<std::string> texts_in(JsonValue value) {
    if (value.is_string()) {
        return std::string(value.text());
    }
    if (!value.is_array()) {
        return std::nullopt;
    }
    std::string all;
    for (auto item = value.first(); item; item = item.next()) {
        auto text = item.find("text");
        text = text ? text : item.find("content");
        const auto inner =
            text.is_string() ? std::optional(std::string(text.text())) : std::nullopt;
        all += inner ? (all.empty() ? "" : "\n") + *inner : "";
    }
    return all;
}

/// Of lm-eval, newer ({"gen_args_0": {"arg_0": prompt, …}}) or older ([[prompt, …]]).
std::optional<std::string> eval_prompt(JsonValue record) {
    const auto first = record.find("arguments").first().first();
    return first.is_string() ? std::optional(std::string(first.text())) : std::nullopt;
}

void read_eval_log(JsonValue record, const std::string& field, const RecordPlace& place, int number,
                   const Take& take) {
    Answer answer{.string = id_field(record, "doc_id", place, number),
                  .prompt = eval_prompt(record),
                  .text = {},
                  .line = place.line};
    if (!field.empty()) {
        answer.text.text = text_at(record, field, place);
        take(std::move(answer));
        return;
    }
    for (auto text = record.at("resps.0").first(); text || answer.sample == 0; text = text.next()) {
        if (!text.is_string()) {
            place.refuse("a text as \"resps.0." + std::to_string(answer.sample) + "\"",
                         text.described(),
                         "a task of likelihoods has no texts (generate_until has)");
        }
        answer.text.text = std::string(text.text());
        take(Answer(answer));
        ++answer.sample;
    }
}

void read_inspect_sample(JsonValue sample, const std::string& field, const RecordPlace& place,
                         int number, const Take& take) {
    Answer answer{.string = id_field(sample, "id", place, number),
                  .sample = whole_field(sample, "epoch", place).value_or(1) - 1,
                  .prompt = texts_in(sample.find("input")),
                  .text = {},
                  .line = place.line};
    auto text = texts_in(sample.at("output.completion"));
    if (!field.empty()) {
        text = text_at(sample, field, place);
    } else if (!text) {
        text = texts_in(sample.at("output.choices.0.message.content"));
    }
    if (!text) {
        place.refuse("a text as \"output.completion\" of sample '" + to_utf8(answer.string) + "'",
                     "none");
    }
    answer.text.text = *std::move(text);
    if (const auto reason = sample.at("output.choices.0.stop_reason"); reason.is_string()) {
        answer.text.ended = reason.text() == "stop";
    }
    take(std::move(answer));
}

void read_inspect_log(JsonValue record, const std::string& field, const RecordPlace& place,
                      const Take& take) {
    const auto samples = record.find("samples");
    if (!samples.first()) {
        place.refuse("\"samples\" in the log of Inspect", "none",
                     "a log of headers alone has no texts");
    }
    int number = 0;
    for (auto sample = samples.first(); sample; sample = sample.next()) {
        read_inspect_sample(sample, field, place, ++number, take);
    }
}

void read_object(JsonValue record, const std::string& field, const RecordPlace& place, int number,
                 const Take& take) {
    Answer answer{.string = id_field(record, "id", place, number),
                  .sample = whole_field(record, "sample", place).value_or(0),
                  .prompt = text_field(record, "prompt", place),
                  .text = {},
                  .line = place.line};
    if (!answer.prompt) {
        answer.prompt = text_field(record, "instruction", place);
    }
    if (!field.empty()) {
        answer.text.text = text_at(record, field, place);
        take(std::move(answer));
        return;
    }
    for (const char* key : {"text", "completion", "output"}) {
        if (auto text = text_field(record, key, place)) {
            answer.text.text = *std::move(text);
            take(std::move(answer));
            return;
        }
    }
    place.refuse(R"("text", "completion" or "output")", "none; there are " + keys_text(record),
                 "other names go with " + setting("factual_field") + " and " +
                     setting("counterfactual_field"));
}

void read_record(JsonValue record, const std::string& field, const RecordPlace& place, int number,
                 const Take& take) {
    const auto kind = record_kind(record);
    switch (kind) {
        case RecordKind::eval_log:
            read_eval_log(record, field, place, number, take);
            return;
        case RecordKind::inspect_log:
            read_inspect_log(record, field, place, take);
            return;
        case RecordKind::pair:
        case RecordKind::run_line:
            place.refuse("one text for each question with " + setting("against"), kind_text(kind),
                         "pairs in one file need no " + setting("against"));
        case RecordKind::fact:
        case RecordKind::law_line:
            place.refuse("texts", kind_text(kind));
        default:
            break;
    }
    if (record.is_string()) {
        take({.string = std::to_string(number),
              .prompt = std::nullopt,
              .text = {.text = std::string(record.text()), .tokens = {}, .ended = {}},
              .line = place.line});
        return;
    }
    read_object(record, field, place, number, take);
}

/// What was read for each question and sample.
class Answers {
public:
    explicit Answers(const std::string& source) : source_(&source) {}

    /// False where it repeats one that is there: lm-eval logs a text once for each filter. Throws
    /// Error where it is another text.
    bool add(const Answer& answer) {
        const auto [known, is_new] = answers_.try_emplace({answer.string, answer.sample}, answer);
        const Answer& first = known->second;
        if (!is_new && (first.prompt != answer.prompt || first.text.text != answer.text.text)) {
            RecordPlace{.source = *source_, .line = answer.line}.refuse(
                "one text for each id and sample",
                "\"" + to_utf8(answer.string) +
                    "\" again, with another text or prompt than in line " +
                    std::to_string(first.line),
                "logs of several tasks go into files of their own");
        }
        return is_new;
    }

    [[nodiscard]] const Answer* find(const Answer& other) const {
        const auto found = answers_.find({other.string, other.sample});
        return found == answers_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] long size() const { return static_cast<long>(answers_.size()); }

private:
    const std::string* source_;
    std::map<Key, Answer> answers_;
};

}  // namespace

void read_answers(std::istream& in, const std::string& source, const std::string& field,
                  const std::function<void(Answer&&)>& take) {
    RecordRequest request{.what = "texts", .columns = {}};
    if (!field.empty()) {
        request.columns.push_back(field);
    }
    Records records(in, source, std::move(request));
    bool any = false;
    while (records.next()) {
        any = true;
        read_record(records.value(), field, records.place(), records.number(), take);
    }
    if (!any) {
        fail({.where = "read_answers",
              .expected = "at least one text in " + source,
              .came = "none"});
    }
}

Matches match_answers(std::istream& factual, const std::string& factual_source,
                      std::istream& counterfactual, const std::string& counterfactual_source,
                      const PairFields& fields, const std::function<void(ReadPair&&)>& take) {
    Answers others(counterfactual_source);
    read_answers(counterfactual, counterfactual_source, fields.counterfactual,
                 [&](const Answer& answer) { (void)others.add(answer); });
    Matches matches;
    Answers met(factual_source);
    read_answers(factual, factual_source, fields.factual, [&](Answer&& given) {
        Answer answer = std::move(given);
        if (!met.add(answer)) {
            return;
        }
        const Answer* other = others.find(answer);
        if (other == nullptr) {
            ++matches.only_factual;
            return;
        }
        if (answer.prompt && other->prompt && *answer.prompt != *other->prompt) {
            RecordPlace{.source = factual_source, .line = answer.line}.refuse(
                "one prompt for both texts of \"" + to_utf8(answer.string) + "\"",
                "another in " + counterfactual_source + ", line " + std::to_string(other->line),
                "only texts after the same prompt make a pair");
        }
        ++matches.pairs;
        take({.string = std::move(answer.string),
              .sample = answer.sample,
              .world = {},
              .prompt = answer.prompt.value_or(""),
              .prompt_tokens = std::nullopt,
              .factual = std::move(answer.text),
              .counterfactual = other->text,
              .line = answer.line});
    });
    matches.only_counterfactual = others.size() - matches.pairs;
    if (matches.pairs == 0) {
        fail({.where = "match_answers",
              .expected =
                  "texts with the same ids in " + factual_source + " and " + counterfactual_source,
              .came = "none"});
    }
    return matches;
}

}  // namespace otherwise
