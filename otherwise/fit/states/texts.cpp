#include "otherwise/fit/states/texts.h"

#include <fstream>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/base/record_fields.h"
#include "otherwise/base/record_keys.h"
#include "otherwise/base/records.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

void refuse_other_kinds(JsonValue record, const RecordPlace& place) {
    const auto kind = record_kind(record);
    switch (kind) {
        case RecordKind::fact:
        case RecordKind::pair:
        case RecordKind::run_line:
        case RecordKind::law_line:
            place.refuse("texts", kind_text(kind),
                         setting("text_field", "PATH") + " names a text in them");
        case RecordKind::eval_log:
            place.refuse("texts", kind_text(kind),
                         "its answers: " + setting("text_field", "resps.0.0"));
        case RecordKind::inspect_log:
            place.refuse("texts", kind_text(kind));
        case RecordKind::chat:
            place.refuse("texts", kind_text(kind),
                         "one turn: " + setting("text_field", "messages.0.content"));
        default:
            break;
    }
}

std::string text_of(JsonValue record, const std::string& field, const RecordPlace& place,
                    MistypedKeys& mistyped) {
    if (record.is_string()) {
        return std::string(record.text());
    }
    if (!field.empty()) {
        if (auto text = text_field(record, field, place)) {
            return *text;
        }
        place.refuse("the field \"" + field + "\"", "none; there are " + keys_text(record));
    }
    const bool is_chat = record_kind(record) == RecordKind::chat;  // which may have a text, too
    if (!is_chat) {
        refuse_other_kinds(record, place);
    }
    for (const char* key : {"text", "prompt", "instruction"}) {
        if (auto text = text_field(record, key, place)) {
            return *text;
        }
    }
    refuse_other_kinds(record, place);
    mistyped.refuse(record, place);
    place.refuse(R"("text" (or "prompt"))", "neither; there are " + keys_text(record),
                 "another one: " + setting("text_field", "PATH"));
}

}  // namespace

TextSet read_texts(const std::filesystem::path& path, const TextOptions& options) {
    TextSet set{.path = path.string(), .sha256 = sha256_file(path), .texts = {}};
    std::ifstream file(path, std::ios::binary);
    RecordRequest request{.what = "texts", .columns = {}};
    if (!options.field.empty()) {
        request.columns.push_back(options.field);
    }
    Records records(file, set.path, request);
    MistypedKeys mistyped({"text", "prompt", "instruction"});
    while ((options.limit == 0 || static_cast<int>(set.texts.size()) < options.limit) &&
           records.next()) {
        set.texts.push_back(text_of(records.value(), options.field, records.place(), mistyped));
    }
    if (set.texts.empty()) {
        fail({.where = "read_texts",
              .expected = "a file with one text a line",
              .came = "no text in '" + set.path + "'"});
    }
    return set;
}

}  // namespace otherwise
