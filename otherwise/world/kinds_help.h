// The kinds of interventions as a page of help, made of their table (kinds.h).
#pragma once

#include <string>

namespace otherwise {

/// One line for each kind, the keys and what takes them, and how items are quoted; lines of at most
/// 80 columns, with an empty line at the end.
[[nodiscard]] std::string items_help();

}  // namespace otherwise
