// Every reader of records: strings, facts, pairs, answers and texts, of lines, JSON and tables.
#include <sstream>

#include "otherwise/base/corpus_text.h"
#include "otherwise/fit/edit/facts.h"
#include "otherwise/generate/strings.h"
#include "otherwise/measure/answers.h"
#include "otherwise/measure/pairs.h"
#include "tests/fuzz/fuzz.h"

namespace otherwise {
namespace {

/// With the bytes as a stream.
template <typename Read>
void survive(const std::string& bytes, const Read& read) {
    fuzz::survive(
        [&] {
            std::istringstream in(bytes);
            read(in);
        },
        true);
}

void read_all(const std::string& bytes) {
    for (const bool chat : {false, true}) {
        survive(bytes, [&](auto& in) {
            (void)read_strings(in, "in",
                               {.limit = 0, .fields = {}, .chat = chat, .whole_texts = chat});
        });
    }
    survive(bytes, [](auto& in) {
        (void)read_strings(in, "in",
                           {.limit = 3, .fields = {.prompt = "a.0", .text = "b", .id = ""}});
    });
    survive(bytes, [](auto& in) { (void)read_facts(in, "in"); });
    survive(bytes, [](auto& in) { read_pairs(in, "in", {}, [](ReadPair&&) { return true; }); });
    survive(bytes, [&](auto& in) {
        std::istringstream other(bytes);
        (void)match_answers(in, "in", other, "other", {}, [](ReadPair&&) {});
    });
    survive(bytes, [](auto& in) { (void)read_corpus_text(in, "in", 1000); });
}

}  // namespace
}  // namespace otherwise

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    otherwise::read_all(otherwise::fuzz::bytes_of(data, size));
    return 0;
}
