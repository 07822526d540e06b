// The text form of a world: NAME=ITEM[,ITEM…], an ITEM is kind:argument[:scale][@key=value;…].
//
// The kinds are those of kinds.h. Items split like CSV with quotes ("…", doubled to write one); the
// last part is a scale only where the kind takes one and it is wholly a number; a text may be
// @FILE.
#pragma once

#include <string>
#include <string_view>

#include "otherwise/world/intervention.h"

namespace otherwise {

/// Parses "NAME=ITEM,…". Throws misuse with the part that is wrong and the nearest known word.
[[nodiscard]] World parse_world(std::string_view text);

/// Parses one ITEM.
[[nodiscard]] Intervention parse_item(std::string_view text);

/// The text that parse_world turns into this world again.
[[nodiscard]] std::string to_spec(const World& world);

/// Checks a name: [A-Za-z0-9_.-]+ and none of the reserved factual, null, nudge,
/// nudge-…, edited.
void check_world_name(std::string_view name);

}  // namespace otherwise
