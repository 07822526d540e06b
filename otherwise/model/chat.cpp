#include "otherwise/model/chat.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "llama.h"
#include "otherwise/base/date.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/model/gguf_file.h"

namespace otherwise {
namespace {

constexpr const char* kGivenName = "the template of --chat-template";
constexpr std::string_view kSystem = "system";
constexpr std::string_view kUser = "user";
constexpr std::string_view kAssistant = "assistant";

void require_message(const ChatMessage& message) {
    if (message.role != kSystem && message.role != kUser && message.role != kAssistant) {
        misuse({.where = "ChatReader",
                .expected = "messages with the role system, user or assistant",
                .came = "'" + to_utf8(message.role) + "'"});
    }
    if (message.content.find('\0') != std::string::npos) {
        misuse({.where = "ChatReader",
                .expected = "a message without NUL bytes",
                .came = "one with a NUL byte"});
    }
}

/// "bos_token" -> "<s>", for the tokens that the file itself says it has.
std::map<std::string, std::string> token_names(const Model& model) {
    static constexpr std::array<std::pair<const char*, const char*>, 6> kKeys{
        {{"bos_token", "bos"},
         {"eos_token", "eos"},
         {"unk_token", "unknown"},
         {"pad_token", "padding"},
         {"sep_token", "seperator"},  // as GGUF spells it
         {"mask_token", "mask"}}};
    std::map<std::string, std::string> names;
    for (const auto& [name, key] : kKeys) {
        const auto text =
            model.metadata("tokenizer.ggml." + std::string(key) + "_token_id").value_or("");
        Token token = -1;
        std::from_chars(text.data(), text.data() + text.size(), token);
        if (text.empty() && name == std::string_view("bos_token")) {
            token = model.bos();
        } else if (text.empty() && name == std::string_view("eos_token")) {
            token = model.eos();
        }
        if (token >= 0 && token < model.n_vocab()) {
            names[name] = model.token_name(token);
        }
    }
    return names;
}

/// What llama.cpp's tokenizer reads as one token only where it is told to.
std::vector<std::pair<std::string, Token>> special_tokens(const Model& model) {
    std::vector<std::pair<std::string, Token>> specials;
    for (Token token = 0; token < model.n_vocab(); ++token) {
        const auto attributes = static_cast<unsigned>(llama_vocab_get_attr(model.vocab(), token));
        constexpr auto kTold =
            static_cast<unsigned>(LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN);
        if ((attributes & kTold) != 0 && !model.token_name(token).empty()) {
            specials.emplace_back(model.token_name(token), token);
        }
    }
    std::ranges::stable_sort(specials, std::ranges::greater{},
                             [](const auto& special) { return special.first.size(); });
    return specials;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

using Origins = std::vector<bool>;  // for each byte whether it comes from a message

Origins origins_of(const ChatText& parts) {
    Origins origins;
    for (const auto& part : parts) {
        origins.insert(origins.end(), part.text.size(), part.from_message);
    }
    return origins;
}

ChatText parts_of(const std::string& text, const Origins& origins) {
    ChatText parts;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (parts.empty() || parts.back().from_message != origins[i]) {
            parts.push_back({.text = "", .from_message = origins[i]});
        }
        parts.back().text.push_back(text[i]);
    }
    return parts;
}

/// Characters for private use, U+E000 to U+F8FF, that are nowhere in a text.
class UnusedSigns {
public:
    explicit UnusedSigns(std::string text) : text_(std::move(text)) {}

    /// Another one each time; "" where none is left.
    [[nodiscard]] std::string next() {
        constexpr unsigned kLast = 0xF8FF;
        while (code_ <= kLast) {
            const std::string sign = {static_cast<char>(0xE0U | (code_ >> 12U)),
                                      static_cast<char>(0x80U | ((code_ >> 6U) & 0x3FU)),
                                      static_cast<char>(0x80U | (code_ & 0x3FU))};
            ++code_;
            if (text_.find(sign) == std::string::npos) {
                return sign;
            }
        }
        return "";
    }

private:
    std::string text_;
    unsigned code_ = 0xE000;
};

/// The text of a special token under another name.
struct Disguise {
    std::string name;
    std::string spelled;  ///< as long, where that can be: templates may count
};

/// A run of the sign, filled up.
std::string spelled_with(const std::string& sign, std::size_t size) {
    std::string spelled = sign;
    while (spelled.size() + sign.size() <= size) {
        spelled += sign;
    }
    return spelled + std::string(size - std::min(size, spelled.size()), 'x');
}

/// The text with each disguise undone, and where these were.
std::pair<std::string, Origins> undone(const std::string& text,
                                       std::span<const Disguise> disguises) {
    std::pair<std::string, Origins> plain;
    for (std::size_t at = 0; at < text.size();) {
        const auto here = std::ranges::find_if(disguises, [&](const Disguise& disguise) {
            return text.compare(at, disguise.spelled.size(), disguise.spelled) == 0;
        });
        const bool found = here != disguises.end();
        plain.first += found ? here->name : std::string(1, text[at]);
        plain.second.resize(plain.first.size(), found);
        at += found ? here->spelled.size() : 1;
    }
    return plain;
}

bool says(std::span<const ChatMessage> messages, const std::string& text) {
    return std::ranges::any_of(messages, [&](const ChatMessage& message) {
        return message.content.find(text) != std::string::npos;
    });
}

/// The messages with every text of a special token replaced.
std::vector<ChatMessage> with_disguises(std::span<const ChatMessage> messages,
                                        std::span<const Disguise> disguises) {
    std::vector<ChatMessage> disguised(messages.begin(), messages.end());
    for (auto& message : disguised) {
        for (const auto& one : disguises) {
            message.content = replaced(message.content, one.name, one.spelled);
        }
    }
    return disguised;
}

/// How often the text has `name` where no byte of it is a message's.
std::size_t count_own(const std::string& text, const Origins& origins, const std::string& name) {
    std::size_t count = 0;
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
        const auto begin = origins.begin() + static_cast<std::ptrdiff_t>(at);
        const auto end = begin + static_cast<std::ptrdiff_t>(name.size());
        count += std::find(begin, end, true) == end ? 1 : 0;
    }
    return count;
}

/// Small letters and digits that no message has, with nothing that a filter would change.
std::string unused_word(std::span<const ChatMessage> messages) {
    std::string word = "qkeptq";
    while (says(messages, word)) {
        word += "zq";
    }
    return word;
}

std::string lower(std::string text) {
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

/// A special token that the template wrote.
struct Marker {
    std::size_t at = 0;
    std::size_t size = 0;
    Token token = -1;
};

}  // namespace

std::vector<ChatMessage> with_system(std::vector<ChatMessage> messages, const std::string& system) {
    if (messages.empty() || messages.front().role != kSystem) {
        messages.insert(messages.begin(), ChatMessage{.role = std::string(kSystem), .content = ""});
    }
    messages.front().content = system;
    return messages;
}

std::pair<std::string, std::string> chat_source(const Model& model, const std::string& given) {
    if (!given.empty()) {
        return {given, kGivenName};
    }
    const auto own = model.chat_template();
    if (!own) {
        fail({.where = "ChatReader",
              .expected = "a model with a chat template",
              .came = "none in '" + model.path().string() + "'",
              .advice = "pass --chat-template, or the prompt already formatted without --chat"});
    }
    return {*own, "the template of '" + model.path().string() + "'"};
}

ChatReader::ChatReader(const Model& model, const ChatOptions& options)
    : model_(model),
      date_(options.date),
      clock_(options.clock),
      form_(chat_source(model, options.chat_template).first,
            chat_source(model, options.chat_template).second),
      names_(token_names(model)),
      specials_(special_tokens(model)) {
    for (const auto& day : {date_, clock_}) {
        if (!day.empty()) {
            require_date(day);
        }
    }
}

ChatText ChatReader::render(std::span<const ChatMessage> messages, bool answer_follows) const {
    return form_.render({.messages = messages,
                         .add_generation_prompt = answer_follows,
                         .date = date_,
                         .clock = clock_,
                         .tokens = names_});
}

/// The engine loses sight of where a text comes from when the template splits or joins it. So the
/// special tokens of messages are followed under other names, as far as these change nothing else.
/// Where they do, the template must not write more of them than without the message's.
ChatText ChatReader::traced(const ChatText& parts, std::span<const ChatMessage> messages,
                            bool answer_follows) const {
    const std::string plain = whole_text(parts);
    std::string all = plain;
    for (const auto& message : messages) {
        all += message.content;
    }
    UnusedSigns signs(std::move(all));
    Origins origins = origins_of(parts);
    std::vector<Disguise> disguises;
    std::vector<Disguise> neutral;
    std::vector<std::string> lost;
    for (const auto& [name, token] : specials_) {
        if (!says(messages, name)) {
            continue;
        }
        neutral.push_back({.name = name, .spelled = std::string(name.size(), 'x')});
        const std::string sign = signs.next();
        std::pair<std::string, Origins> found;
        if (!sign.empty()) {
            disguises.push_back({.name = name, .spelled = spelled_with(sign, name.size())});
            try {
                const auto text =
                    whole_text(render(with_disguises(messages, disguises), answer_follows));
                found = undone(text, disguises);
            } catch (const Error&) {
                found = {};
            }
            if (found.first != plain) {  // the template looks for it
                disguises.pop_back();
            }
        }
        if (sign.empty() || found.first != plain) {
            lost.push_back(name);
            continue;
        }
        for (std::size_t i = 0; i < origins.size(); ++i) {
            origins[i] = origins[i] || found.second[i];
        }
    }
    require_own(plain, origins, lost, with_disguises(messages, neutral), answer_follows);
    return parts_of(plain, origins);
}

/// Throws Error where the text has more of `names` than the template writes by itself.
void ChatReader::require_own(const std::string& text, const Origins& origins,
                             std::span<const std::string> names,
                             std::span<const ChatMessage> neutral, bool answer_follows) const {
    for (const auto& name : names) {
        const auto count = count_own(text, origins, name);
        std::size_t own = 0;
        if (count > 0) {
            try {
                const auto parts = render(neutral, answer_follows);
                own = count_own(whole_text(parts), origins_of(parts), name);
            } catch (const Error&) {
                own = 0;
            }
        }
        if (count > own) {
            fail({.where = "ChatReader",
                  .expected = "messages whose special tokens can be told from the template's",
                  .came =
                      "'" + to_utf8(name) + "' in a message that " + form_.name() + " takes apart",
                  .advice = "leave it out of the message, or pass another --chat-template"});
        }
    }
}

/// Templates that have no place for a message should say so, and some only leave it out. A word
/// around each message shows it: what the message itself says may be trimmed, quoted or rewritten.
void ChatReader::require_kept(std::span<const ChatMessage> messages, bool answer_follows) const {
    const std::string word = unused_word(messages);
    const auto mark = [&](std::size_t i) { return word + std::to_string(i) + "q"; };
    std::vector<ChatMessage> marked(messages.begin(), messages.end());
    for (std::size_t i = 0; i < marked.size(); ++i) {
        if (marked[i].role != kAssistant) {
            marked[i].content.insert(0, mark(i)).append(mark(i));
        }
    }
    std::string text;
    try {
        text = lower(whole_text(render(marked, answer_follows)));
    } catch (const Error&) {
        return;  // it minds the word, so it reads the messages
    }
    for (std::size_t i = 0; i < marked.size(); ++i) {
        if (marked[i].role != kAssistant && text.find(mark(i)) == std::string::npos) {
            fail({.where = "ChatReader",
                  .expected = "a chat template that keeps every message",
                  .came = form_.name() + ", which drops the " + marked[i].role + " message",
                  .advice = "pass the prompt already formatted, or another --chat-template"});
        }
    }
}

ChatText ChatReader::text(std::span<const ChatMessage> messages, bool answer_follows) const {
    std::ranges::for_each(messages, require_message);
    ChatText parts = render(messages, answer_follows);
    require_kept(messages, answer_follows);
    const bool special =
        std::ranges::any_of(specials_, [&](const auto& one) { return says(messages, one.first); });
    return special ? traced(parts, messages, answer_follows) : parts;
}

Tokens ChatReader::tokens(const ChatText& parts) const {
    const std::string text = whole_text(parts);
    Origins taken = origins_of(parts);  // by a message, or by a longer marker
    std::vector<Marker> markers;
    bool told = false;  // a message has the text of a special token
    for (const auto& [name, token] : specials_) {
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
            const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(at);
            const auto end = begin + static_cast<std::ptrdiff_t>(name.size());
            if (std::find(begin, end, true) == end) {
                markers.push_back({.at = at, .size = name.size(), .token = token});
                std::fill(begin, end, true);
            } else {
                told = true;
            }
        }
    }
    if (!told) {
        return model_.tokenize(text, true, true);
    }
    std::ranges::sort(markers, {}, &Marker::at);
    markers.push_back({.at = text.size()});
    Tokens tokens;
    std::size_t from = 0;
    for (const auto& [at, size, token] : markers) {
        const auto attributes =
            token < 0 ? 0U : static_cast<unsigned>(llama_vocab_get_attr(model_.vocab(), token));
        std::string_view between = std::string_view(text).substr(from, at - from);
        if ((attributes & LLAMA_TOKEN_ATTR_LSTRIP) != 0) {
            between = between.substr(0, between.find_last_not_of(" \t\r\n\v\f") + 1);
        }
        if (!between.empty()) {
            const Tokens more = model_.tokenize(between, false, false);
            tokens.insert(tokens.end(), more.begin(), more.end());
        }
        from = at + size;
        if (token >= 0) {
            tokens.push_back(token);
        }
        if ((attributes & LLAMA_TOKEN_ATTR_RSTRIP) != 0) {
            from = std::min(text.find_first_not_of(" \t\r\n\v\f", from), text.size());
        }
    }
    if (const Token start = model_.bos(); start >= 0) {
        const auto first = std::ranges::find_if(tokens, [&](Token one) { return one != start; });
        tokens.erase(tokens.begin(), first);
        tokens.insert(tokens.begin(), start);
    }
    return tokens;
}

Token ChatReader::turn_end() const {
    const std::string answer = "x-answer-x";
    const std::array<ChatMessage, 2> turn{{{.role = std::string(kUser), .content = "x"},
                                           {.role = std::string(kAssistant), .content = answer}}};
    std::string text;
    try {
        text = whole_text(render(turn, false));
    } catch (const Error&) {
        text.clear();  // a template of questions alone
    }
    const auto at = text.rfind(answer);
    if (at != std::string::npos) {
        for (const Token token : model_.continuation(text.substr(at + answer.size()), true)) {
            if (model_.ends(token)) {
                return token;
            }
        }
    }
    const Token turn_token = llama_vocab_eot(model_.vocab());
    return model_.ends(turn_token) ? turn_token : model_.eos();
}

std::string ChatReader::day() const {
    if (form_.reads_clock()) {
        const std::string settled = clock_.empty() ? today() : clock_;
        return date_.empty() ? settled : date_;
    }
    return form_.takes_date() ? date_ : "";
}

std::string ChatReader::date_note() const {
    if (form_.reads_clock()) {
        return form_.name() + " shows the day: " + day() + " (--chat-date)";
    }
    if (form_.takes_date()) {
        return form_.name() + " shows " +
               (date_.empty() ? "a day of its own (--chat-date sets it)" : "the day: " + date_);
    }
    return "";
}

bool shows_today(const std::filesystem::path& model, const std::string& chat_template) {
    const auto own = GgufFile::open(model).text("tokenizer.chat_template");
    if (chat_template.empty() && !own) {
        return false;
    }
    return chat_template.empty()
               ? ChatTemplate(*own, "the template of '" + model.string() + "'").reads_clock()
               : ChatTemplate(chat_template, kGivenName).reads_clock();
}

Token turn_end(const Model& model, const ChatOptions& options) {
    return ChatReader(model, options).turn_end();
}

}  // namespace otherwise
