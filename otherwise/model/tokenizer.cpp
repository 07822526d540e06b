#include "otherwise/model/tokenizer.h"

#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include "llama.h"
#include "otherwise/base/error.h"
#include "otherwise/base/free_memory.h"
#include "otherwise/base/no_memory.h"

namespace otherwise {
namespace {

// Measured: at most 512 bytes (libstdc++ 12, -O0 and -O2, five kinds of pattern). A match may go
// from one run into the next. Sanitizers put guards around all that is on a stack.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStackOfCharacter = 16384;
#else
constexpr std::size_t kStackOfCharacter = 1280;
#endif
constexpr std::size_t kSmallStack = std::size_t{1} << 20U;
constexpr std::size_t kShortRun = 200;  // fits any thread's own stack

enum class Sign { blank, other, any };

/// Of the character that starts the text, and its length in bytes. Patterns do not agree on which
/// signs beyond ASCII are blanks.
std::pair<Sign, std::size_t> sign_of(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x80) {
        return {byte(0) == ' ' || (byte(0) >= '\t' && byte(0) <= '\r') ? Sign::blank : Sign::other,
                1};
    }
    std::size_t length = 1;
    while (length < text.size() && (byte(length) & 0xC0U) == 0x80U) {
        ++length;
    }
    constexpr std::string_view kBlanks[] = {"\u0085", "\u00A0", "\u1680", "\u2028",
                                            "\u2029", "\u202F", "\u205F", "\u3000"};
    const auto sign = text.substr(0, length);
    const bool perhaps = std::ranges::find(kBlanks, sign) != std::end(kBlanks) ||
                         (sign >= "\u2000" && sign <= "\u200B");
    return {perhaps ? Sign::any : Sign::other, length};
}

Tokens split_here(const llama_vocab* vocab, const std::string& text, bool add_special,
                  bool parse_special) {
    const auto length = static_cast<std::int32_t>(text.size());
    Tokens tokens(text.size() + 2);
    const auto fill = [&] {
        return llama_tokenize(vocab, text.data(), length, tokens.data(),
                              static_cast<std::int32_t>(tokens.size()), add_special, parse_special);
    };
    std::int32_t count = fill();
    if (count < 0 && count != std::numeric_limits<std::int32_t>::min()) {
        tokens.resize(static_cast<std::size_t>(-count));
        count = fill();
    }
    if (count < 0) {
        misuse({.where = "split_text", .expected = "a text of less than 2 GB", .came = "more"});
    }
    tokens.resize(static_cast<std::size_t>(count));
    return tokens;
}

/// A call that another thread makes; what it throws is thrown here.
struct Errand {
    std::function<Tokens()> work;
    Tokens tokens;
    std::exception_ptr failure;

    static void* run(void* errand) {
        auto& self = *static_cast<Errand*>(errand);
        try {
            self.tokens = self.work();
        } catch (...) {
            self.failure = std::current_exception();
        }
        return nullptr;
    }
};

/// Whether a thread with such a stack could be started; it is done when this returns.
bool run_on_stack(std::size_t bytes, Errand& errand) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_t thread{};
    const bool started = pthread_attr_setstacksize(&attributes, bytes) == 0 &&
                         pthread_create(&thread, &attributes, &Errand::run, &errand) == 0;
    pthread_attr_destroy(&attributes);
    if (started) {
        pthread_join(thread, nullptr);
    }
    return started;
}

Tokens split_deep(const LongestRun& run, std::function<Tokens()> work) {
    Errand errand{.work = std::move(work), .tokens = {}, .failure = {}};
    const std::size_t stack = kSmallStack + run.length * kStackOfCharacter;
    const std::size_t free = free_memory();
    if ((free > 0 && stack > free) || !run_on_stack(stack, errand)) {
        fail({.where = "split_text",
              .expected = "texts whose words, or blanks in a row, the tokenizer's stack holds",
              .came = std::to_string(run.length) + " characters without a border, from byte " +
                      std::to_string(run.at),
              .advice = "break that run, or let the process have more memory"});
    }
    if (errand.failure) {
        std::rethrow_exception(errand.failure);
    }
    return std::move(errand.tokens);
}

}  // namespace

LongestRun longest_run(std::string_view text) {
    LongestRun longest;
    LongestRun run;
    Sign kind = Sign::any;
    for (std::size_t at = 0; at < text.size();) {
        const auto [sign, bytes] = sign_of(text.substr(at));
        if (sign != Sign::any && kind != Sign::any && sign != kind) {
            run = {.at = at, .length = 0};
        }
        kind = sign == Sign::any ? kind : sign;
        ++run.length;
        longest = run.length > longest.length ? run : longest;
        at += bytes;
    }
    return longest;
}

Tokens split_text(const llama_vocab* vocab, const std::string& text, bool add_special,
                  bool parse_special) {
    const auto work = [&] { return split_here(vocab, text, add_special, parse_special); };
    try {
        const bool by_regex = llama_vocab_type(vocab) == LLAMA_VOCAB_TYPE_BPE;
        const LongestRun run = by_regex ? longest_run(text) : LongestRun{};
        return run.length <= kShortRun ? work() : split_deep(run, work);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        rethrow_no_memory(error);
        fail({.where = "split_text",
              .expected = "a text that the model's vocabulary can write",
              .came = error.what()});
    }
}

}  // namespace otherwise
