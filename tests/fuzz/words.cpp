// What people write on one line: worlds and their items with lists of layers, lists of numbers,
// shards, days, facts.
#include "otherwise/base/csv_row.h"
#include "otherwise/base/date.h"
#include "otherwise/base/number_list.h"
#include "otherwise/fit/edit/facts.h"
#include "otherwise/world/spec.h"
#include "otherwise/world/syntax.h"
#include "tests/fuzz/fuzz.h"

namespace otherwise {
namespace {

void read_world(const std::string& text) {
    const std::string written = to_spec(parse_world(text));
    if (to_spec(parse_world(written)) != written) {
        std::abort();
    }
}

}  // namespace
}  // namespace otherwise

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace otherwise;  // NOLINT(google-build-using-namespace)
    const std::string text = fuzz::bytes_of(data, size);
    if (text.find("@/") == std::string::npos) {  // else it may name a file that is there
        fuzz::survive([&] { read_world(text); });
        fuzz::survive([&] { (void)parse_item(text); });
    }
    fuzz::survive([&] { (void)split_items(text); });
    fuzz::survive([&] { (void)read_number_ranges(text); });
    fuzz::survive([&] { require_date(text); });
    fuzz::survive([&] { (void)parse_fact(text); });
    return 0;
}
