// Which states of a text are taken.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace otherwise {

/// That of its last token, their mean, or each.
enum class Pooling { last, mean, every };

/// "last", "mean", "every"
[[nodiscard]] std::string_view pooling_name(Pooling pooling);
[[nodiscard]] std::vector<std::string> pooling_names();
/// Throws misuse for another name.
[[nodiscard]] Pooling pooling_of(std::string_view name);

}  // namespace otherwise
