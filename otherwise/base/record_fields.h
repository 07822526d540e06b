// Values of a record's fields, checked. A path is a dotted one (JsonValue::at); a field that is
// missing or null has no value; of another type it is an Error that names the place and the field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "otherwise/base/json_value.h"
#include "otherwise/base/records.h"
#include "otherwise/base/token.h"

namespace otherwise {

[[nodiscard]] std::optional<std::string> text_field(JsonValue record, std::string_view path,
                                                    const RecordPlace& place);

/// A list of token numbers from 0.
[[nodiscard]] std::optional<Tokens> tokens_field(JsonValue record, std::string_view path,
                                                 const RecordPlace& place);

/// true or false; in a table, where all is text, the words.
[[nodiscard]] std::optional<bool> bool_field(JsonValue record, std::string_view path,
                                             const RecordPlace& place);

/// An integer from 0; in a table its digits.
[[nodiscard]] std::optional<std::int64_t> whole_field(JsonValue record, std::string_view path,
                                                      const RecordPlace& place);

/// A text that is not empty or an integer; `number` where it is missing.
[[nodiscard]] std::string id_field(JsonValue record, std::string_view path,
                                   const RecordPlace& place, int number);

/// "eog" (true) or "limit".
[[nodiscard]] std::optional<bool> end_field(JsonValue record, std::string_view path,
                                            const RecordPlace& place);

}  // namespace otherwise
