#include "otherwise/model/chat_template.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <utility>

#include "otherwise/base/date.h"
#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#ifdef OTHERWISE_JINJA
#include "jinja/caps.h"
#include "jinja/lexer.h"
#include "jinja/parser.h"
#include "jinja/runtime.h"
#include "jinja/value.h"
#include "otherwise/model/jinja_errors.h"
#else
#include "otherwise/model/shipped_templates.h"
#endif

namespace otherwise {

std::string whole_text(const ChatText& parts) {
    std::string text;
    for (const auto& part : parts) {
        text += part.text;
    }
    return text;
}

#ifdef OTHERWISE_JINJA

namespace {

constexpr std::int64_t kLongestRange = 100000;  // as Jinja's sandbox

jinja::value text_value(const std::string& text, bool from_message = false) {
    auto value = jinja::mk_val<jinja::value_string>(text);
    if (from_message) {
        value->mark_input();
    }
    return value;
}

jinja::value message_list(std::span<const ChatMessage> messages) {
    auto list = jinja::mk_val<jinja::value_array>();
    for (const auto& message : messages) {
        auto entry = jinja::mk_val<jinja::value_object>();
        entry->insert("role", text_value(message.role));
        entry->insert("content", text_value(message.content, true));
        list->push_back(entry);
    }
    return list;
}

jinja::value clock(const std::string& date) {
    return jinja::mk_val<jinja::value_func>("strftime_now", [date](const jinja::func_args& args) {
        args.ensure_vals<jinja::value_string>();
        return text_value(date_text(date, args.get_pos(0)->as_string().str()));
    });
}

/// The engine's own range(), which would fill the memory.
jinja::value bounded_range() {
    const auto plain = jinja::global_builtins().at("range");
    return jinja::mk_val<jinja::value_func>("range", [plain](const jinja::func_args& args) {
        for (const auto& number : args.get_args()) {
            if (jinja::is_val<jinja::value_int>(number) &&
                std::abs(number->as_int()) > kLongestRange) {
                throw jinja::raised_exception("range() beyond " + std::to_string(kLongestRange));
            }
        }
        return plain(args);
    });
}

}  // namespace

struct ChatTemplate::Compiled {
    std::string source;
    std::string name;
    std::string hash;
    jinja::lexer_result tokens;
    mutable jinja::program program;  // the engine executes it without a change
    std::set<std::string> names;     ///< identifiers and strings

    [[nodiscard]] bool has(const char* word) const { return names.contains(word); }

    void fill(jinja::context& context, const ChatValues& values) const {
        const std::string date = values.date.empty() ? today() : values.date;
        context.set_val("messages", message_list(values.messages));
        context.set_val("tools", jinja::mk_val<jinja::value_none>());
        context.set_val("documents", jinja::mk_val<jinja::value_none>());
        context.set_val("add_generation_prompt",
                        jinja::mk_val<jinja::value_bool>(values.add_generation_prompt));
        for (const auto& [key, text] : values.tokens) {
            context.set_val(key, text_value(text));
        }
        context.set_val("strftime_now", clock(date));
        context.set_val("range", bounded_range());
        if (!values.date.empty() && !has("strftime_now")) {
            context.set_val("date_string", text_value(date_text(date, "%d %b %Y")));
        }
    }

    [[nodiscard]] jinja::value execute(jinja::context& context) const {
        auto results = jinja::mk_val<jinja::value_array>();
        for (const auto& statement : program.body) {
            try {
                results->push_back(statement->execute(context));
            } catch (const std::exception& error) {
                refuse_rendering(name, tokens, statement->pos, error);
            }
        }
        return results;
    }
};

ChatTemplate::ChatTemplate(std::string source, std::string name) {
    auto compiled = std::make_unique<Compiled>();
    compiled->source = std::move(source);
    compiled->name = std::move(name);
    compiled->hash = sha256_text(compiled->source);
    compiled->tokens = jinja_tokens(compiled->name, compiled->source);
    compiled->program = jinja_program(compiled->name, compiled->tokens);
    for (const auto& token : compiled->tokens.tokens) {
        if (token.t == jinja::token::identifier || token.t == jinja::token::string_literal) {
            compiled->names.insert(token.value);
        }
    }
    compiled_ = std::move(compiled);
}

ChatText ChatTemplate::render(const ChatValues& values) const {
    jinja::context context(compiled_->tokens.source);
    compiled_->fill(context, values);
    const auto parts = jinja::runtime::gather_string_parts(compiled_->execute(context));
    ChatText text;
    for (const auto& part : parts->val_str.parts) {
        if (!part.val.empty()) {
            text.push_back({.text = part.val, .from_message = part.is_input});
        }
    }
    return text;
}

ChatAbilities ChatTemplate::abilities() const {
    ChatAbilities abilities;
    const std::array<ChatMessage, 2> asked{
        {{.role = "system", .content = "Be-brief"}, {.role = "user", .content = "Hello"}}};
    try {
        const auto text = whole_text(render({.messages = asked, .tokens = {}}));
        abilities.system = text.find(asked[0].content) != std::string::npos;
    } catch (const Error&) {
        abilities.system = false;
    }
    const auto caps = jinja::caps_get(compiled_->program);
    abilities.tools = caps.supports_tools;
    abilities.reasoning = caps.supports_preserve_reasoning || caps.supports_reasoning_effort ||
                          compiled_->has("enable_thinking") ||
                          compiled_->has("reasoning_content") || compiled_->has("thinking");
    return abilities;
}

bool ChatTemplate::reads_clock() const { return compiled_->has("strftime_now"); }
bool ChatTemplate::takes_date() const { return compiled_->has("date_string"); }
const std::string& ChatTemplate::source() const { return compiled_->source; }
const std::string& ChatTemplate::name() const { return compiled_->name; }
const std::string& ChatTemplate::hash() const { return compiled_->hash; }

bool chat_templates_work() { return true; }

#else

struct ChatTemplate::Compiled {
    std::string text;
};

ChatTemplate::ChatTemplate(std::string /*source*/, std::string name) {
    fail({.where = "ChatTemplate",
          .expected = "a build with llama.cpp's source, whose Jinja engine renders chat templates",
          .came = "one on an installed llama.cpp, asked for " + name,
          .advice = "format the prompts beforehand and leave --chat out, or run `make setup` and "
                    "build again"});
}

ChatText ChatTemplate::render(const ChatValues& /*values*/) const { return {}; }
ChatAbilities ChatTemplate::abilities() const { return {}; }
bool ChatTemplate::reads_clock() const { return false; }
bool ChatTemplate::takes_date() const { return false; }
const std::string& ChatTemplate::source() const { return compiled_->text; }
const std::string& ChatTemplate::name() const { return compiled_->text; }
const std::string& ChatTemplate::hash() const { return compiled_->text; }

bool chat_templates_work() { return false; }

std::span<const ShippedTemplate> shipped_templates() { return {}; }

#endif

ChatTemplate::~ChatTemplate() = default;

}  // namespace otherwise
