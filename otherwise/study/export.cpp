#include "otherwise/study/export.h"

#include <cmath>
#include <initializer_list>
#include <string_view>

#include "otherwise/base/text.h"
#include "otherwise/measure/law_jsonl.h"
#include "otherwise/study/stored_run.h"
#include "otherwise/world/syntax.h"

namespace otherwise {
namespace {

void each_result(const StoredRun& run, const std::function<void(const Pair&)>& take) {
    run.each_pair([&](const Pair& pair) {
        const RunHead& head = run.head();
        if (pair.role == WorldRole::change ||
            (pair.role == WorldRole::null ? head.all_null : head.all_nudge)) {
            take(pair);
        }
    });
}

/// A field, in quotes where it needs them.
std::string field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(text);
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted.append(c == '"' ? 2 : 1, c);
    }
    return quoted + "\"";
}

std::string line(std::initializer_list<std::string> fields) {
    std::string text;
    for (const auto& each : fields) {
        text += (&each == fields.begin() ? "" : ",") + field(each);
    }
    return text + "\r\n";
}

std::string end_of(const Written& written) { return written.ended ? "eog" : "limit"; }

}  // namespace

void export_jsonl(const StoredRun& run, const WriteLines& write) {
    each_result(run, [&](const Pair& pair) { write(to_jsonl(pair, run.context(pair)) + "\n"); });
}

void export_csv(const StoredRun& run, const WriteLines& write) {
    write(line({"string", "sample", "world", "independent", "observed", "prompt", "factual",
                "factual_end", "counterfactual", "counterfactual_end", "factual_tokens", "lcp",
                "unchanged", "margin"}));
    each_result(run, [&](const Pair& pair) {
        const auto& head = run.head();
        const auto& subject = head.strings[static_cast<std::size_t>(pair.string)].subject;
        const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
        write(line({to_utf8(subject.id), write_number(pair.sample),
                    head.worlds[static_cast<std::size_t>(pair.world)].name, flag(pair.independent),
                    flag(pair.observed), to_utf8(subject.prompt), to_utf8(run.text(*pair.factual)),
                    end_of(*pair.factual), to_utf8(run.text(pair.counterfactual)),
                    end_of(pair.counterfactual), write_number(pair.factual->tokens.size()),
                    write_number(pair.lcp), flag(pair.unchanged()),
                    std::isfinite(pair.margin) ? write_number(pair.margin) : ""}));
    });
}

void export_laws(const StoredRun& run, const WriteLines& write) {
    run.each_law([&](const StringLaw& law) {
        const auto& head = run.head();
        const LawContext context{
            .id = head.strings[static_cast<std::size_t>(law.string)].subject.id,
            .world = head.worlds[static_cast<std::size_t>(law.world)].name,
            .piece = [&](Token token) { return run.piece(token).special; }};
        write(to_jsonl(law, context) + "\n");
    });
}

}  // namespace otherwise
