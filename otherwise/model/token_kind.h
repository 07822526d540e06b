// What a vocabulary says that a token is.
#pragma once

namespace otherwise {

enum class TokenKind { normal, control, user_defined, unknown, unused, byte };

}  // namespace otherwise
