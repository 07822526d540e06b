// Feeds bytes to every reader of records: they may refuse them, and do nothing else. Built apart,
// with the options of libFuzzer, and run with a folder of examples, of which it makes others:
//
//   clang++ -std=c++20 -g -O1 -I. -fsanitize=fuzzer,address,undefined
//     -fno-sanitize=pointer-overflow tests/support/records_fuzz.cpp -lz
//     otherwise/base/{input_*,json_*,csv_row,record*,corpus_text,text,error}.cpp
//     otherwise/generate/{strings,string_record,chat_record}.cpp
//     otherwise/measure/{pairs,answers}.cpp otherwise/fit/edit/{facts,answer_text}.cpp
//
// (without the tests beside them; RapidJSON adds an offset to a null pointer, which does no harm).
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "otherwise/base/corpus_text.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/fit/edit/facts.h"
#include "otherwise/generate/strings.h"
#include "otherwise/measure/answers.h"
#include "otherwise/measure/pairs.h"

namespace otherwise {
namespace {

/// A complaint is one line of UTF-8.
template <typename Read>
void survive(const std::string& bytes, const Read& read) {
    std::istringstream in(bytes);
    try {
        read(in);
    } catch (const Error& error) {
        const std::string line = error.what();
        if (!is_utf8(line) || line.find('\n') != std::string::npos) {
            std::abort();
        }
    }
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

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    otherwise::read_all(std::string(reinterpret_cast<const char*>(data), size));
    return 0;
}
