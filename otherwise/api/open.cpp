#include "otherwise/api/open.h"

#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include "otherwise/api/compose.h"
#include "otherwise/base/error.h"
#include "otherwise/generate/session.h"
#include "otherwise/model/backends.h"
#include "otherwise/study/new_run.h"
#include "otherwise/study/run_reader.h"

namespace otherwise {
namespace {

/// Throws Error that says how to go on where a file of the stored study is gone.
void require_files(const Study& study, const std::string& run_file) {
    (void)with_files(study, [&](const std::string& file) {
        std::error_code ignored;
        if (!file.empty() && !std::filesystem::exists(file, ignored)) {
            fail({.where = "open",
                  .expected = "the files of '" + run_file + "'",
                  .came = "no such file, '" + file + "'",
                  .advice = "if it lies elsewhere now: " + setting("moved", "'" + file + "=NEW'")});
        }
        return file;
    });
}

}  // namespace

OpenedStudy::OpenedStudy(Study study, Work work, std::unique_ptr<Session> session)
    : study_(std::move(study)), work_(std::move(work)), session_(std::move(session)) {}
OpenedStudy::~OpenedStudy() = default;
OpenedStudy::OpenedStudy(OpenedStudy&& other) noexcept = default;
OpenedStudy& OpenedStudy::operator=(OpenedStudy&& other) noexcept = default;

PairTexts OpenedStudy::texts(const Pair& pair) const {
    const auto text = [&](const Written& written) {
        std::span<const Token> tokens = written.tokens;
        if (written.ended && !tokens.empty()) {
            tokens = tokens.first(tokens.size() - 1);
        }
        return session_->model().text(tokens);
    };
    return {.factual = text(*pair.factual),
            .counterfactual = text(pair.counterfactual),
            .prompt = session_->subjects()[static_cast<std::size_t>(pair.string)].prompt,
            .prompt_tokens = session_->prompt_length(pair.string, -1)};
}

PairContext OpenedStudy::context(const Pair& pair) const {
    const Subject& subject = session_->subjects()[static_cast<std::size_t>(pair.string)];
    const Model& model = session_->model();
    PairContext context;
    context.id = subject.id;
    context.world = session_->world_names()[static_cast<std::size_t>(pair.world)];
    context.prompt = subject.prompt;
    if (subject.from_tokens) {
        context.prompt_tokens = subject.prompt_tokens;
    }
    context.messages = subject.messages;
    context.donor = subject.donor;
    context.text = [&model](std::span<const Token> tokens) { return model.text(tokens); };
    context.ends = [&model](Token token) { return model.ends(token); };
    context.prompt_text = [&model](std::span<const Token> tokens) {
        return model.text(tokens, true);
    };
    return context;
}

OpenedStudy open(const Study& study, const Work& work, const Note& note, const Purpose& purpose) {
    const Study dated = with_clock(study, plans_of(study, work));
    const auto plans = plans_of(dated, work);
    if (!purpose.run_file.empty()) {
        require_files(dated, purpose.run_file);
    }
    start_backend({.cpu_variant = work.cpu_variant});
    SessionOptions options = session_options(dated, work);
    options.read_only = purpose.laws;
    options.extra_tokens = purpose.extra_tokens;
    options.all_costs = purpose.all_costs;
    if (!purpose.run_file.empty()) {
        const RunHead head = RunReader(purpose.run_file).head();
        options.known = known_probes(head, dated);
        options.tiled = head.tiled;
        options.tiled_texts = head.tiled_texts;
    }
    const Note quiet = [](const std::string&) {};
    auto session =
        std::make_unique<Session>(plans.factual, plans.worlds, strings_of(dated, purpose.input),
                                  std::move(options), note ? note : quiet);
    return {dated, work, std::move(session)};
}

}  // namespace otherwise
