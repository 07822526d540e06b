#include "otherwise/fit/states/pooling.h"

#include "otherwise/base/word_table.h"

namespace otherwise {
namespace {

constexpr WordTable<Pooling, 3> kPooling{
    {{{"last", Pooling::last}, {"mean", Pooling::mean}, {"every", Pooling::every}}}};

}  // namespace

std::string_view pooling_name(Pooling pooling) { return kPooling.word(pooling); }
std::vector<std::string> pooling_names() { return kPooling.all(); }
Pooling pooling_of(std::string_view name) { return kPooling.value(name, "a pooling"); }

}  // namespace otherwise
