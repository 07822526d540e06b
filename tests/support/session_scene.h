// Sessions on tiny models (tests/support/tiny.py), which take milliseconds.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/generate/session.h"
#include "tests/support/tiny_files.h"

namespace otherwise::test {

/// Plans on a.gguf, and the lines for people that a session says while it opens.
class SessionScene {
public:
    explicit SessionScene(const std::string& more = "")
        : files("tiny.write_model('a.gguf')" + (more.empty() ? "" : "; " + more)) {
        factual.model = files.path("a.gguf");
        options.memory = std::size_t{1} << 30U;
        options.null_strings = FloorStrings::none;
        options.tokens = 6;
    }

    WorldPlan world(const std::string& name, std::vector<Intervention> interventions) const {
        return with_interventions(factual,
                                  {.name = name, .interventions = std::move(interventions)});
    }
    /// Opened on `strings`.
    Session open(const std::vector<WorldPlan>& worlds) {
        said.clear();
        return {factual, worlds, strings, options,
                [this](const std::string& line) { said.push_back(line); }};
    }
    static std::vector<std::string> notes_of(const Session& session) {
        std::vector<std::string> notes;
        session.notes([&](const std::string& line) { notes.push_back(line); });
        return notes;
    }
    static InputString prompt(const std::string& id, const std::string& text) {
        return {.id = id, .prompt = text};
    }
    /// A prompt of so many tokens, observed ones after it where there are any.
    static InputString tokens(const std::string& id, int n, int observed = 0) {
        InputString string{.id = id, .prompt = std::nullopt, .prompt_tokens = Tokens()};
        for (int i = 0; i < n; ++i) {
            string.prompt_tokens->push_back(258 + (7 * i) % 40);
        }
        if (observed > 0) {
            string.tokens = Tokens(static_cast<std::size_t>(observed), 300);
        }
        return string;
    }

    TinyFiles files;
    WorldPlan factual;
    SessionOptions options;
    std::vector<InputString> strings = {prompt("x", "the house of the"),
                                        prompt("y", "in a winter")};
    std::vector<std::string> said;
};

}  // namespace otherwise::test
