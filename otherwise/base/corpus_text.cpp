#include "otherwise/base/corpus_text.h"

#include "otherwise/base/record_fields.h"
#include "otherwise/base/record_keys.h"
#include "otherwise/base/records.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr std::string_view kBetween = "\n\n";

/// The end of the last whole character: the cut may go through one.
std::size_t utf8_end(std::string_view text) {
    constexpr std::size_t kLongest = 4;
    const auto good = utf8_prefix(text);
    return text.size() - good < kLongest ? good : text.size();
}

CorpusText text_itself(Records& records, const std::string& source, std::size_t most) {
    CorpusText corpus{.text = records.take_text(most)};
    corpus.is_whole = corpus.text.size() < most;
    if (!corpus.is_whole) {
        const auto space = corpus.text.find_last_of(" \t\r\n");
        corpus.text.resize(space == std::string::npos ? utf8_end(corpus.text) : space);
    }
    require_utf8(corpus.text, {.source = source, .line = 1});
    return corpus;
}

std::string text_of(JsonValue record, const RecordPlace& place) {
    if (record.is_string()) {
        return std::string(record.text());
    }
    for (const char* key : {"text", "prompt"}) {
        if (auto text = text_field(record, key, place)) {
            return *text;
        }
    }
    place.refuse(R"("text" (or "prompt"))", "neither; there are " + keys_text(record));
}

}  // namespace

CorpusText read_corpus_text(std::istream& in, const std::string& source, std::size_t most) {
    Records records(in, source, {.what = "a corpus", .columns = {}, .or_text = true});
    if (records.form() == InputForm::text) {
        return text_itself(records, source, most);
    }
    CorpusText corpus;
    while (corpus.text.size() < most) {
        if (!records.next()) {
            corpus.is_whole = true;
            break;
        }
        corpus.text += corpus.text.empty() ? "" : kBetween;
        corpus.text += text_of(records.value(), records.place());
    }
    return corpus;
}

}  // namespace otherwise
