// What chat templates can do.
#pragma once

namespace otherwise {

/// What a template makes use of.
struct ChatAbilities {
    bool system = false;     ///< a system message is written as one
    bool tools = false;      ///< descriptions of tools
    bool reasoning = false;  ///< thoughts before an answer, as a switch or a part of a message
};

}  // namespace otherwise
