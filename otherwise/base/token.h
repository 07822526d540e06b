// Tokens are the model's integers; text is only ever made from them, never made into them again.
#pragma once

#include <cstdint>
#include <vector>

namespace otherwise {

using Token = std::int32_t;
using Tokens = std::vector<Token>;

}  // namespace otherwise
