// What one rendering of a chat template may take: the template comes from a stranger's file.
//
// Everything that a template does is paid for before it is done, in units of work of at most some
// nanoseconds each, and a byte of memory is a unit at least:
//
//   a byte of a text that is made or read    1
//   a value that is made or walked over      250
//   a name, member, filter, test or call     1 000
//   a round of a loop, a call of a macro     2 000, and 100 for each name of the template
//
// A rendering has 10^8 units, and for long conversations 400 000 more for each message and 64 for
// each byte of them. That is about a second at most, and 100 MB.
//
// Values nest at most 100 deep, and calls up to 1 MiB of stack.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "jinja/runtime.h"

namespace otherwise {

/// What a rendering ends with that goes beyond, or that Jinja2 would do otherwise.
[[noreturn]] void refuse_jinja(const std::string& what);

inline constexpr std::size_t kWorkOfValue = 250;
inline constexpr std::size_t kWorkOfNode = 1000;
inline constexpr std::size_t kWorkOfRound = 2000;
inline constexpr std::size_t kWorkOfName = 100;

/// Throws std::runtime_error where too little is left.
void spend(std::size_t work);
/// a·b, where that may be more than a number holds.
void spend(std::size_t a, std::size_t b);

/// A value with all that it holds.
struct JinjaSize {
    std::size_t values = 0;
    std::size_t bytes = 0;  ///< of texts, with what the engine keeps for each part of them
    bool has_namespace = false;
};

/// Pays for the walk. Throws std::runtime_error: nested too deep; it holds `never`.
[[nodiscard]] JinjaSize size_of(const jinja::value& one, const jinja::value_t* never = nullptr);
[[nodiscard]] std::size_t bytes_of(const jinja::string& text);

/// Pays for finding all of `part` in `text` by looking wherever its first byte stands, as the
/// standard library does. How often it is there.
std::size_t spend_search(std::string_view text, std::string_view part);

/// Throws std::runtime_error where calls nest too deep.
void require_stack();

/// One rendering, in which macros see what is defined at the template's top.
class BoundedRendering {
public:
    BoundedRendering(jinja::context& root, std::size_t messages, std::size_t bytes);
    BoundedRendering(const BoundedRendering&) = delete;
    BoundedRendering& operator=(const BoundedRendering&) = delete;
    ~BoundedRendering();

    /// Of this thread.
    [[nodiscard]] static jinja::context& root();
    /// Whether a namespace() made the value, whose members may be set.
    static void add_namespace(const jinja::value& made);
    [[nodiscard]] static bool is_namespace(const jinja::value& one);
    /// A namespace holds another one from here on: chains of them are as deep as they are many.
    static void add_link();
};

}  // namespace otherwise
