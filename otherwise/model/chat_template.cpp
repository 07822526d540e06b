#include "otherwise/model/chat_template.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <utility>

#include "otherwise/base/date.h"
#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#ifdef OTHERWISE_JINJA
#include "jinja/lexer.h"
#include "jinja/parser.h"
#include "jinja/runtime.h"
#include "jinja/value.h"
#include "otherwise/model/jinja_budget.h"
#include "otherwise/model/jinja_errors.h"
#include "otherwise/model/jinja_tokens.h"
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

/// Description of a tool, as transformers makes them.
jinja::value tool_list(const std::string& name) {
    const auto object = [](std::initializer_list<std::pair<std::string, jinja::value>> entries) {
        auto made = jinja::mk_val<jinja::value_object>();
        for (const auto& [key, entry] : entries) {
            made->insert(key, entry);
        }
        return made;
    };
    auto required = jinja::mk_val<jinja::value_array>();
    required->push_back(text_value("arg"));
    const auto argument =
        object({{"type", text_value("string")}, {"description", text_value("What it is")}});
    const auto parameters = object({{"type", text_value("object")},
                                    {"properties", object({{"arg", argument}})},
                                    {"required", required}});
    const auto function = object({{"name", text_value(name)},
                                  {"description", text_value("What it does")},
                                  {"parameters", parameters}});
    auto tools = jinja::mk_val<jinja::value_array>();
    tools->push_back(object({{"type", text_value("function")}, {"function", function}}));
    return tools;
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
        const std::string settled = values.clock.empty() ? today() : values.clock;
        const std::string date = values.date.empty() ? settled : values.date;
        context.set_val("messages", message_list(values.messages));
        context.set_val("tools", jinja::mk_val<jinja::value_none>());
        context.set_val("documents", jinja::mk_val<jinja::value_none>());
        context.set_val("add_generation_prompt",
                        jinja::mk_val<jinja::value_bool>(values.add_generation_prompt));
        for (const auto& [key, text] : values.tokens) {
            context.set_val(key, text_value(text));
        }
        context.set_val("strftime_now", clock(date));
        if (!values.date.empty() && !has("strftime_now")) {
            context.set_val("date_string", text_value(date_text(date, "%d %b %Y")));
        }
    }

    /// Whether a tool that it is given is in the text.
    [[nodiscard]] bool writes_tools() const {
        const std::string tool = "xtoolx";
        const std::array<ChatMessage, 1> asked{{{.role = "user", .content = "Hello"}}};
        jinja::context context(tokens.source);
        fill(context, {.messages = asked, .tokens = {}});
        context.set_val("tools", tool_list(tool));
        try {
            return text_of(execute(context, asked)).find(tool) != std::string::npos;
        } catch (const Error&) {
            return false;
        }
    }

    [[nodiscard]] static std::string text_of(const jinja::value& results) {
        return jinja::runtime::gather_string_parts(results)->val_str.str();
    }

    [[nodiscard]] jinja::value execute(jinja::context& context,
                                       std::span<const ChatMessage> messages) const {
        std::size_t bytes = 0;
        for (const auto& message : messages) {
            bytes += message.content.size();
        }
        const BoundedRendering bounded(context, messages.size(), bytes);
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
    const auto parts =
        jinja::runtime::gather_string_parts(compiled_->execute(context, values.messages));
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
    abilities.tools = compiled_->writes_tools();
    static constexpr std::array kReasoning{
        "enable_thinking",   "reasoning_content", "thinking",
        "preserve_thinking", "clear_thinking",    "truncate_history_thinking",
        "drop_thinking",     "reasoning_effort",  "reasoning_strength"};
    abilities.reasoning =
        std::ranges::any_of(kReasoning, [&](const char* word) { return compiled_->has(word); });
    return abilities;
}

bool ChatTemplate::reads_clock() const { return compiled_->has("strftime_now"); }
bool ChatTemplate::takes_date() const { return compiled_->has("date_string"); }
const std::string& ChatTemplate::source() const { return compiled_->source; }
const std::string& ChatTemplate::name() const { return compiled_->name; }
const std::string& ChatTemplate::hash() const { return compiled_->hash; }

bool chat_templates_work() { return true; }

#else

// The declarations are the engine's.
// NOLINTBEGIN(readability-convert-member-functions-to-static,performance-unnecessary-value-param)
struct ChatTemplate::Compiled {
    std::string text;
};

ChatTemplate::ChatTemplate(std::string /*source*/, std::string name) {
    fail({.where = "ChatTemplate",
          .expected = "a build with llama.cpp's source, whose Jinja engine renders chat templates",
          .came = "one on an installed llama.cpp, asked for " + name,
          .advice = "format the prompts beforehand and leave " + setting("chat") +
                    " out, or run `make setup` and " + "build again"});
}

ChatText ChatTemplate::render(const ChatValues& /*values*/) const { return {}; }
ChatAbilities ChatTemplate::abilities() const { return {}; }
bool ChatTemplate::reads_clock() const { return false; }
bool ChatTemplate::takes_date() const { return false; }
const std::string& ChatTemplate::source() const { return compiled_->text; }
const std::string& ChatTemplate::name() const { return compiled_->text; }
const std::string& ChatTemplate::hash() const { return compiled_->text; }

// NOLINTEND(readability-convert-member-functions-to-static,performance-unnecessary-value-param)

bool chat_templates_work() { return false; }

std::span<const ShippedTemplate> shipped_templates() { return {}; }

#endif

ChatTemplate::~ChatTemplate() = default;

}  // namespace otherwise
