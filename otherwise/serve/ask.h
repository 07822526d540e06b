// What the page asks, from the JSON of a request's body to a study:
//
//   {"session": "a1b2", "prompts": ["…"] | "strings": [{"id", "prompt", "text"}],
//    "worlds": [{"name": "sad", "items": "steer:sad.gguf:1.5"}], "null": true,
//    "seed": 0, "sample": 0, "tokens": 25, "temperature": 1, "top_k": 0, "top_p": 1, "min_p": 0,
//    "string": "1", "position": 3, "top": 20, "sweep": "sad.scale=0:2:0.25",
//    "threshold": "sad.scale=0:2", "targets": ["…"]}
//
// All but the strings may be left out. What else a study has (its model, chat, runtime) is the
// server's own. Files in items are those of the folders; a text cannot be @FILE.
#pragma once

#include <string>
#include <string_view>

#include "otherwise/serve/folders.h"
#include "otherwise/study/study.h"

namespace otherwise::serve {

struct Ask {
    std::string session;  ///< "" without: then no later request takes the place of this one
    Study study;
    int sample = 0;
    // Of single questions.
    std::string string;
    int position = 0;
    int top = 20;
    std::string sweep;
    std::string threshold;
};

/// `base` is the study that the server was started with, whose strings and worlds do not count.
/// Throws misuse in one sentence: no JSON, a key that is not known, a value of another type or
/// beyond its bound (limits.h), a world that makes no sense, a file outside the folders.
[[nodiscard]] Ask read_ask(const std::string& body, const Study& base, const Folders& folders);

/// The world of these items. Throws misuse as above.
[[nodiscard]] World read_world(const std::string& name, std::string_view items,
                               const Folders& folders);

}  // namespace otherwise::serve
