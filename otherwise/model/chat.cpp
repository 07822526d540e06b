#include "otherwise/model/chat.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "llama.h"
#include "otherwise/base/date.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/model/chat_origins.h"
#include "otherwise/model/gguf_file.h"

namespace otherwise {
namespace {

constexpr const char* kGivenName = "the given chat template";
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
              .advice = "pass " + setting("chat_template") +
                        ", or the prompt already formatted without " + setting("chat")});
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
        return form_.name() + " shows the day: " + day() + " (" + setting("chat_date") + ")";
    }
    if (form_.takes_date()) {
        return form_.name() + " shows " +
               (date_.empty() ? "a day of its own (" + setting("chat_date") + " sets it)"
                              : "the day: " + date_);
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
