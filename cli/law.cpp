// otherwise law: what would have stayed, exactly and without sampling.
#include <fmt/core.h>

#include <iostream>
#include <memory>

#include "cli/dry_run.h"
#include "cli/law_command.h"
#include "cli/output.h"
#include "otherwise/console/laws.h"
#include "otherwise/console/rounding.h"

namespace otherwise::cli {
namespace {

/// Takes the laws of a run in order: writes them, shows them.
class LawReporter {
public:
    LawReporter(const OpenedLaw& opened, const LawArguments& arguments)
        : opened_(opened),
          arguments_(arguments),
          style_(output_style()),
          show_(arguments.tokens && arguments.run.jsonl != "-") {
        if (!arguments.run.jsonl.empty()) {
            jsonl_ = std::make_unique<Output>(arguments.run.jsonl);
        }
    }

    void take(const StringLaw& law) {
        if (jsonl_ && is_written(opened_.study(), law.role)) {
            jsonl_->write(opened_.line(law) + "\n");
        }
        if (show_ && law.role == WorldRole::change) {
            show(law);
        }
    }

    void print(const LawTable& table) {
        if (arguments_.run.json) {
            out_.write(to_json(table) + "\n");
        } else if (arguments_.run.jsonl != "-") {
            std::vector<RoundingRow> rounding;
            for (const auto& world : table.worlds) {
                if (world.rounding) {
                    rounding.push_back(*world.rounding);
                }
            }
            out_.show((shown_ > 0 ? "\n" : "") +
                      console::render_law(table.worlds,
                                          console::render_rounding(rounding, table.smooth, style_),
                                          style_));
        }
    }

private:
    void show(const StringLaw& law) {
        const Session& session = opened_.session();
        const bool new_string = law.string != shown_string_ || law.sample != shown_sample_;
        if (new_string && arguments_.run.shown >= 0 && shown_ >= arguments_.run.shown) {
            show_ = false;
            return;
        }
        if (new_string) {
            ++shown_;
            shown_string_ = law.string;
            shown_sample_ = law.sample;
            const Subject& subject = session.subjects()[static_cast<std::size_t>(law.string)];
            const std::string sample = law.sample == 0 ? "" : fmt::format("#{}", law.sample);
            out_.show(console::hang(
                console::cells_of("▌ " + subject.id + sample + "  ", console::Ink::accent),
                console::cells_of(subject.prompt, console::Ink::strong), style_));
        }
        std::vector<console::TokenView> views;
        views.reserve(law.stay.size());
        for (std::size_t t = 0; t < law.stay.size(); ++t) {
            views.push_back(
                {.text = session.model().piece(law.written->tokens[t], true), .stay = law.stay[t]});
        }
        const auto& world = session.world_names()[static_cast<std::size_t>(law.world)];
        out_.show(console::render_tokens(fmt::format("  {} {:.2f}  ", world, law.prefix.unchanged),
                                         views, style_));
    }

    const OpenedLaw& opened_;
    const LawArguments& arguments_;
    console::Style style_;
    Output out_{"-"};
    std::unique_ptr<Output> jsonl_;
    bool show_;
    int shown_ = 0;
    int shown_string_ = -1;
    int shown_sample_ = -1;
};

int print_table(const LawArguments& arguments, OpenedLaw& opened) {
    LawReporter reporter(opened, arguments);
    Progress progress(static_cast<long>(opened.session().subjects().size()), stderr,
                      progress_options(arguments, "strings"));
    const LawTable table =
        law_table(opened, events_of(progress, [&](const auto& law) { reporter.take(law); }));
    progress.clear();
    reporter.print(table);
    for (const auto& line : doubts(table, arguments.run.quiet)) {
        say("otherwise: " + line);
    }
    if (!arguments.run.quiet && table.factual_target) {
        say(fmt::format("P(target) in the factual world: {}",
                        console::measured_text(*table.factual_target, 4)));
    }
    return closing_lines(arguments, opened, table.report);
}

/// The session of what is asked, its notes printed, interrupts caught.
OpenedLaw open_quietly(const LawArguments& arguments) {
    const RunArguments& run = arguments.run;
    const auto plans = plans_of(run.study, run.work);
    check_output(run, plans.all(),
                 arguments.settings.corpus.empty() ? std::vector<std::string>{}
                                                   : std::vector{arguments.settings.corpus});
    Output("-").require();
    (void)start_kernels({.cpu_variant = run.work.cpu_variant});
    const auto note = [quiet = run.quiet](const std::string& line) {
        if (!quiet) {
            say(line);
        }
    };
    auto opened = open_law(run.study, arguments.settings, run.work, note, &std::cin);
    if (!run.dry_run) {
        opened.session().notes(note);
        if (!run.quiet) {
            note_repacking({.no_repack = run.study.no_repack}, plans.models());
        }
        catch_interrupts();
    }
    return opened;
}

int law_command(LawArguments& arguments) {
    check_law_options(arguments);
    arguments.run.study = study_of(arguments.run);
    auto opened = open_quietly(arguments);
    if (arguments.run.dry_run) {
        print_dry_run(opened.session(), opened.study().worlds);
        return 0;
    }
    if (!arguments.settings.law_at.empty()) {
        return print_token(arguments, opened);
    }
    if (!arguments.settings.sweep.empty()) {
        return print_sweep(arguments, opened);
    }
    return arguments.settings.threshold.empty() ? print_table(arguments, opened)
                                                : print_threshold(arguments, opened);
}

}  // namespace

void add_law(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand(
        "law",
        "what would have stayed, exactly and without sampling\n"
        "Usage: otherwise law [-m FILE] (-p TEXT | -f FILE | --corpus FILE) --world NAME=ITEM ...");
    const auto arguments = std::make_shared<LawArguments>();
    add_law_options(*command, *arguments);
    command->callback(
        [arguments, &action] { action = [arguments] { return law_command(*arguments); }; });
}

}  // namespace otherwise::cli
