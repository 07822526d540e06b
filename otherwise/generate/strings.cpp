#include "otherwise/generate/strings.h"

#include <algorithm>
#include <istream>
#include <unordered_map>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/free_memory.h"
#include "otherwise/base/id_index.h"
#include "otherwise/generate/run_memory.h"
#include "otherwise/generate/string_record.h"

namespace otherwise {
namespace {

bool same_content(const InputString& a, const InputString& b) {
    return a.prompt == b.prompt && a.prompt_tokens == b.prompt_tokens && a.messages == b.messages &&
           a.donor == b.donor && a.text == b.text && a.tokens == b.tokens && a.ended == b.ended;
}

/// The strings so far, and the rule for records that repeat an id.
class Collection {
public:
    [[nodiscard]] int size() const { return static_cast<int>(strings_.size()); }
    [[nodiscard]] std::vector<InputString> take() { return std::move(strings_); }

    /// `number` is what the id is without one, and larger for each record.
    void add(StringRecord record, const RecordPlace& place, int number) {
        if (ids_are_numbers_ && !record.of_run && record.string.id == std::to_string(number)) {
            strings_.push_back(std::move(record.string));
            return;
        }
        index_numbers();
        if (record.of_run && is_known_sample(record)) {
            return;
        }
        if (record.of_run) {
            of_run_[record.string.id].push_back(strings_.size());
        }
        if (record.of_run && record.sampled && record.sample > 0) {
            record.string.id += "#" + std::to_string(record.sample);
        }
        if (const auto known = index(record.string.id)) {
            refuse_repeated(record, strings_[*known].line, place);
        }
        strings_.push_back(std::move(record.string));
    }

private:
    [[nodiscard]] std::optional<std::size_t> index(std::string_view id) {
        return ids_.add(id, [&](std::size_t i) -> std::string_view { return strings_[i].id; });
    }

    /// From the first id that is no number of its record on, all of them are in the index.
    void index_numbers() {
        for (std::size_t i = 0; ids_are_numbers_ && i < strings_.size(); ++i) {
            (void)index(strings_[i].id);
        }
        ids_are_numbers_ = false;
    }

    /// Whether a run's line repeats a string that is here already, from another world or sample.
    [[nodiscard]] bool is_known_sample(const StringRecord& record) const {
        const auto known = of_run_.find(record.string.id);
        if (known == of_run_.end()) {
            return false;
        }
        return std::any_of(known->second.begin(), known->second.end(), [&](std::size_t index) {
            return same_content(strings_[index], record.string);
        });
    }

    [[noreturn]] static void refuse_repeated(const StringRecord& record, int before,
                                             const RecordPlace& place) {
        place.refuse(
            record.of_run ? "one factual string for each id and sample" : "an id of its own",
            "\"" + record.string.id + "\" again, first in line " + std::to_string(before),
            record.of_run ? "the lines of one run agree on it" : "");
    }

    std::vector<InputString> strings_;
    bool ids_are_numbers_ = true;
    IdIndex ids_;
    std::unordered_map<std::string, std::vector<std::size_t>> of_run_;  ///< by the id without #
};

std::vector<std::string> columns_of(const StringFields& fields) {
    std::vector<std::string> columns;
    for (const auto& field : {fields.prompt, fields.text, fields.id}) {
        if (!field.empty()) {
            columns.push_back(field);
        }
    }
    return columns;
}

/// Of all that is read of a string.
std::size_t letters_of(const InputString& string) {
    std::size_t letters = string.id.size() + string.donor.size();
    letters += string.prompt ? string.prompt->size() : 0;
    letters += string.text ? string.text->size() : 0;
    for (const auto& message : string.messages) {
        letters += message.content.size();
    }
    return letters;
}

}  // namespace

std::vector<InputString> read_strings(std::istream& in, const std::string& source,
                                      const ReadOptions& options) {
    Records records(in, source, {.what = "prompts", .columns = columns_of(options.fields)});
    StringRecords reader(options);
    Collection strings;
    const std::size_t free = free_memory();
    std::size_t bytes = 0;
    while ((options.limit == 0 || strings.size() < options.limit) && records.next()) {
        const auto place = records.place();
        auto record = reader.read(records.value(), place, records.number());
        bytes += string_bytes(letters_of(record.string));
        require_string_memory(static_cast<std::size_t>(strings.size()) + 1, bytes, free);
        strings.add(std::move(record), place, records.number());
    }
    if (strings.size() == 0) {
        fail({.where = "read_strings",
              .expected = "at least one prompt in " + source,
              .came = "none",
              .advice = "one prompt a line, or JSON lines with \"prompt\""});
    }
    return strings.take();
}

}  // namespace otherwise
