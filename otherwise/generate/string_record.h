// One record of a file of strings, understood.
#pragma once

#include <cstdint>

#include "otherwise/base/json_value.h"
#include "otherwise/base/record_keys.h"
#include "otherwise/base/records.h"
#include "otherwise/generate/strings.h"

namespace otherwise {

/// A string and what decides whether a record with the same id may be the same string.
struct StringRecord {
    InputString string;
    bool of_run = false;   ///< written by `run --jsonl`
    bool sampled = false;  ///< of a run that sampled its factual strings
    std::int64_t sample = 0;
};

/// Reads records as read_strings describes them.
class StringRecords {
public:
    explicit StringRecords(ReadOptions options);

    /// `number` is the id of a record without one.
    [[nodiscard]] StringRecord read(JsonValue record, const RecordPlace& place, int number);

private:
    void read_object(JsonValue record, const RecordPlace& place, int number, StringRecord& result);
    void read_given(JsonValue record, RecordKind kind, const RecordPlace& place,
                    InputString& string);
    void read_prompt(JsonValue record, const RecordPlace& place, InputString& string) const;
    [[nodiscard]] std::string id_of(JsonValue record, const char* known, const RecordPlace& place,
                                    int number) const;
    [[nodiscard]] bool has_prompt(JsonValue record) const;
    [[nodiscard]] std::vector<ChatMessage> rendered_chat(JsonValue record,
                                                         const RecordPlace& place) const;
    void read_chat(JsonValue record, const RecordPlace& place, InputString& string) const;
    [[nodiscard]] bool has_fields() const;
    [[noreturn]] void refuse_no_prompt(JsonValue record, const RecordPlace& place);

    ReadOptions options_;
    void refuse_mistyped(JsonValue record, RecordKind kind, const RecordPlace& place,
                         bool is_observed);

    MistypedKeys mistyped_;
    MistypedKeys optional_;
};

}  // namespace otherwise
