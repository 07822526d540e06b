// What the keys of a record say: which kind of record it is, and which keys were mistyped.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/json_value.h"
#include "otherwise/base/records.h"

namespace otherwise {

enum class RecordKind {
    unknown,
    string,      ///< a prompt, perhaps with what was observed after it
    text,        ///< a text alone
    chat,        ///< OpenAI's messages, ShareGPT's conversations
    example,     ///< instruction, input and output
    run_line,    ///< of `run --jsonl`: a string, and a pair
    pair,        ///< two texts
    fact,        ///< for `edit`
    law_line,    ///< of `law --jsonl`
    eval_log,    ///< a sample of lm-eval's --log_samples
    inspect_log  ///< a log of Inspect, whole
};

[[nodiscard]] RecordKind record_kind(JsonValue record);

/// "facts, for `otherwise edit`": what a file of such records is.
[[nodiscard]] std::string kind_text(RecordKind kind);

/// "there are "id" and "text"": the keys of a record, for complaints.
[[nodiscard]] std::string keys_text(JsonValue record);

/// Finds keys that look like known ones. A key is a mistyped one where the known one is missing
/// and, letters' cases apart, one edit (an exchange of two neighbors is one) leads to it from four
/// letters on, two from six on. A plural or another longer or shorter word with the same start is
/// none, nor is a name that is read.
///
/// Keys that a record may go without are `optional`: there other keys are likelier to be names of
/// their own, so two edits count from eight letters on, and the first letter is the same where a
/// letter is missing or too many.
class MistypedKeys {
public:
    /// `read` are further names that mean something to the reader.
    explicit MistypedKeys(std::vector<std::string> needed, std::vector<std::string> read = {},
                          bool optional = false)
        : needed_(std::move(needed)), read_(std::move(read)), optional_(optional) {}

    /// Throws Error that names the key and the known one, if there is such a key. Those that the
    /// record has no use for are `unwanted`.
    void refuse(JsonValue record, const RecordPlace& place,
                std::span<const std::string_view> unwanted = {});

private:
    [[nodiscard]] const std::string& near(std::string_view key);

    std::vector<std::string> needed_;
    std::vector<std::string> read_;
    bool optional_;
    std::map<std::string, std::string, std::less<>> near_;  ///< of keys seen, "" for none
};

}  // namespace otherwise
